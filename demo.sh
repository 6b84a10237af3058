#!/usr/bin/env bash
# Shows the main job on a machine with no container engine: what appears on the host is in the running container, and leaves it again.
# Every "seen inside" is really looked at from inside the container; the first that is not seen ends the demo with exit code 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case ${1-} in
    '') ;;
    -h | --help) echo 'Usage: ./demo.sh     (as root; builds first, then takes less than a minute)'; exit 0 ;;
    *) echo "demo.sh: unknown option: $1" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'demo.sh: please run it as root: it mounts' >&2; exit 1; }

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; [ ! -s "$work/server.log" ] || { echo '--- server log'; tail -n 20 "$work/server.log"; } >&2; exit 1; }

missing=()
command -v Xvfb >/dev/null || missing+=(xvfb)
command -v xdpyinfo >/dev/null || missing+=(x11-utils)
command -v python3 >/dev/null || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
    say "Installing ${missing[*]} (an X server to show)"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -qq "${missing[@]}" >/dev/null
fi

say 'Building (out/bin)'
./build.sh

bin=$PWD/out/bin
work=$(mktemp -d /tmp/container-manager-demo.XXXXXX)
export CONTAINER_MANAGER_SOCKET=$work/control.sock
name=demo-$$
display=$((RANDOM % 1000 + 1000))
pids=()
cleanup() {
    set +e
    [ -z "${server-}" ] || "$bin/container-util" stop "$name" >/dev/null 2>&1
    for pid in "${pids[@]}" ${server-}; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    rm -rf "$work" "/tmp/.X11-unix/X$display" "/tmp/.X$display-lock"
}
trap cleanup EXIT

# What a process in the container sees: its root is where /proc/PID/root leads.
inside() { nsenter --target "$container" --mount --net --pid --root --wd -- "$@"; }
# Waits for a condition, 5 s at most.
until_seen() {
    local what=$1 deadline=$((SECONDS + 5))
    shift
    until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $deadline ] || fail "not seen inside: $what"; done
    printf '  seen inside: %s\n' "$what"
}
gone() { ! inside test -e "$1"; }

mkdir "$work/inbox"
cat >"$work/container-manager.conf" <<EOF
{
  "containerConfigs": {
    // Every socket of every X server, and whatever is put into the inbox, is inside at once.
    "$name": {
      "_automount": { "$work/letter": "Absolute" },
      "_inotify_watch": {
        "$work/inbox": { "target": "/inbox", "readOnly": true },
        "/tmp/.X11-unix": "Absolute",
      },
    }
  },
  "settings": { "stateDirectory": "$work/state" }
}
EOF

say 'The configuration'
cat "$work/container-manager.conf"

say 'The server starts'
"$bin/server" --config "$work/container-manager.conf" --socket "$CONTAINER_MANAGER_SOCKET" >"$work/server.log" 2>&1 &
server=$!
deadline=$((SECONDS + 10))
until "$bin/container-util" status >/dev/null 2>&1; do
    kill -0 $server 2>/dev/null && [ $SECONDS -lt $deadline ] || fail 'the server did not start'
done

say "A light container starts: its own process, mount and network namespace, the host's /usr read-only"
"$bin/container-util" spawn "$name" --host-usr --net private -- sleep infinity
container=$("$bin/container-util" --json status "$name" | python3 -c 'import json,sys; print(json.load(sys.stdin)["containers"][0]["processId"])')
printf '  its first process is %s on the host\n' "$container"
"$bin/container-util" status "$name"

say 'A file appears, is replaced (by rename, as editors and package managers do), and goes'
echo 'first' >"$work/letter"
until_seen 'the letter says "first"' inside grep -qx first "$work/letter"
echo 'second' >"$work/letter.new" && mv "$work/letter.new" "$work/letter"
until_seen 'the letter says "second"' inside grep -qx second "$work/letter"
rm "$work/letter"
until_seen 'the letter is gone' gone "$work/letter"

say 'A socket appears in a watched directory, its server dies, and a new one takes its place'
listener='import socket,sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
while True: c, _ = s.accept(); c.sendall(sys.argv[2].encode()); c.close()'
caller='import socket,sys
s = socket.socket(socket.AF_UNIX); s.connect("/inbox/service.sock"); sys.exit(s.recv(99).decode() != sys.argv[1])'
python3 -c "$listener" "$work/inbox/service.sock" one & pids+=($!)
until_seen 'the service answers "one"' inside python3 -c "$caller" one
kill "${pids[-1]}" && rm "$work/inbox/service.sock"
until_seen 'the socket is gone' gone /inbox/service.sock
python3 -c "$listener" "$work/inbox/service.sock" two & pids+=($!)
until_seen 'the new service answers "two"' inside python3 -c "$caller" two

say 'An X server starts after the container, as at login; the container has no network, only the socket'
until_seen "no display :$display yet" gone "/tmp/.X11-unix/X$display"
Xvfb ":$display" -screen 0 640x480x24 -nolisten tcp -ac >/dev/null 2>&1 & xserver=$!; pids+=($xserver)
until_seen "xdpyinfo talks to display :$display" inside env "DISPLAY=:$display" xdpyinfo
"$bin/container-util" status "$name"
kill $xserver && wait $xserver 2>/dev/null || true
until_seen 'the display is gone' gone "/tmp/.X11-unix/X$display"
Xvfb ":$display" -screen 0 640x480x24 -nolisten tcp -ac >/dev/null 2>&1 & pids+=($!)
until_seen 'the X server was started again and answers again' inside env "DISPLAY=:$display" xdpyinfo

say 'A bind by hand, into the running container'
mkdir "$work/data" && echo 'hello' >"$work/data/hello"
"$bin/container-util" -c "$name" bind "$work/data" --to /data --read-only
until_seen '/data/hello says hello' inside grep -qx hello /data/hello
"$bin/container-util" -c "$name" unbind /data
until_seen '/data is gone' gone /data

say 'The container stops; nothing is left'
"$bin/container-util" stop "$name"
[ ! -e "/proc/$container" ] || ! grep -qs '^State:.[^Z]' "/proc/$container/status" || fail 'the container still runs'
echo '  its processes and mounts are gone'

say 'All of it was seen.'
