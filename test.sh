#!/usr/bin/env bash
# Builds everything and runs every test. The last line says how many passed and failed; the exit code is 0 only when none failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'EOF'
Usage: ./test.sh [SUITE [RUNNER-OPTION]...]

Runs the tests: all of them, or one suite.

  unit            no root, no engine, milliseconds
  architecture    who may enter whom
  integration     the real kernel and real engines; as root
  install         no test: only installs what the integration tests, and the benchmarks, need

RUNNER-OPTION goes to the suite's xunit runner as it is, for example
  ./test.sh integration -class '*KernelAbi*'
  ./test.sh unit -method '*Planner*'

A skipped test is a failed test.
EOF
}

fail() {
    printf 'test.sh: %s\n' "$*" >&2
    finish 1
}

passed=0
failed=0

# finish [FAILURES]: the last line, and the exit code.
finish() {
    failed=$((failed + ${1:-0}))
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ] && exit 0
    exit 1
}

# A runner that hangs is stopped. The whole run is to take less than 20 minutes on two cores; a slow machine is no failure.
runner_limit=2400
configuration=Release
logs=out/logs
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDTERMINALLOGGER=off
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

# What the tests run, by Debian package; libc6-dev and linux-libc-dev for the headers that KernelAbi compares with.
packages_of() {
    case $1 in
        Integration)
            echo docker.io podman runc crun udev conmon uidmap slirp4netns lxc rsync systemd systemd-container dbus busybox-static iproute2 iptables util-linux \
                xvfb x11-utils desktop-file-utils libglib2.0-bin procps fuse3 python3-pyudev gcc musl-tools libc6-dev linux-libc-dev curl jq ;;
        Benchmarks) echo lxd ;;
        *) ;;
    esac
}

install_for() {
    local package missing=()
    for package in $(packages_of "$1"); do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || fail "the $1 tests need these packages; as root: apt-get install ${missing[*]}"
    echo "Installing ${missing[*]}"
    install_quietly "${missing[@]}" >$logs/install.log 2>&1 </dev/null || {
        tail -n 20 $logs/install.log
        fail "could not install ${missing[*]} (the whole log: $PWD/$logs/install.log)"
    }
}

# The tests start their own engines: no service is to be started by an installation.
install_quietly() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
)

# One build for all, so that it uses all processors; for Integration also the plugins that the server is tested with, into out/test-plugins.
build_tests() {
    local log=$logs/build-tests.log names="$*"
    printf '%-36s' "tests ${names// /, }"
    SECONDS=0
    if dotnet msbuild tests/Tests.proj -m -v:quiet -nologo -warnaserror -p:Suites="$names" >"$log" 2>&1 </dev/null; then
        echo "done ($SECONDS s)"
    else
        printf 'FAILED\n\n'
        grep -E '(error|warning) [A-Za-z]+[0-9]+' "$log" | sort -u | head -n 40 || tail -n 40 "$log"
        fail "the tests do not build (the whole log: $PWD/$log)"
    fi
}

runner_of() {
    local project
    project=$(basename "$(echo tests/"$1"/*.csproj)" .csproj)
    find "out/build/bin/$project" -maxdepth 2 -path "*/${configuration,,}*/$project" -type f -perm -u+x -print -quit
}

# number NAME: what the runner's last summary line says of it; 0 when there is none.
number() {
    sed -nE "s/^ .* (Total: [0-9]+.*)$/ \1/p" "$log" | tail -n 1 | sed -nE "s/.*[ ,]$1: ([0-9]+).*/\1/p" | grep . || echo 0
}

run_suite() {
    local suite=$1 log=$logs/test-$1.log runner status total bad parallel=(-parallelMode none)
    shift
    printf '\n== %s\n' "$suite"
    runner=$(runner_of "$suite")
    [ -n "$runner" ] || fail "the runner of the $suite tests was not built"
    # Three classes at a time, for most of what a test does is to wait; those that measure run alone.
    [ "$suite" != Integration ] || parallel=(-parallelMode collections -maxThreads 3)
    set +e
    timeout --foreground -k 10 $runner_limit "$runner" -noLogo -noColor -noAutoReporters -failSkips "${parallel[@]}" "$@" </dev/null 2>&1 |
        tee "$log" | grep --line-buffered -vE '^  (Discovering|Discovered|Starting|Finished): |^=== TEST EXECUTION'
    status=${PIPESTATUS[0]}
    set -e

    total=$(($(number Total) - $(number 'Not Run')))
    bad=$(number Failed)
    passed=$((passed + total - bad))
    # Errors are failures outside a test: a fixture that does not clean up, say.
    bad=$((bad + $(number Errors)))
    case $status in
        0) [ $total -gt 0 ] || suite_failed "ran no test" ;;
        1) [ $bad -gt 0 ] || suite_failed "ended with status 1" ;;
        124 | 137) suite_failed "was not done within $runner_limit s" ;;
        *) suite_failed "ended with status $status" ;;
    esac
    failed=$((failed + bad))
}

# Something is wrong with a runner as a whole: counts as one failure more.
suite_failed() {
    echo "FAILED: the $suite runner $1"
    bad=$((bad + 1))
}

suites=()
case ${1-} in
    -h | --help) usage; exit 0 ;;
    unit) suites=(Unit); shift ;;
    architecture) suites=(Architecture); shift ;;
    integration) suites=(Integration); shift ;;
    install) ;;
    '') suites=(Unit Architecture Integration) ;;
    *) usage >&2; fail "unknown suite: $1" ;;
esac

mkdir -p $logs
. src/one-compiler.sh
if [ "${1-}" = install ]; then
    install_for Integration
    install_for Benchmarks
    exit 0
fi
for suite in "${suites[@]}"; do
    if [ "$suite" = Integration ] && [ "$(id -u)" != 0 ]; then
        fail 'the integration tests need root'
    fi
    install_for "$suite"
done
./build.sh || fail 'the build failed'
build_tests "${suites[@]}"
end_compiler
for suite in "${suites[@]}"; do
    run_suite "$suite" "$@"
done
echo
finish
