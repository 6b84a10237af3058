#!/usr/bin/env bash
# Installs what ./build.sh has built, or takes it away again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'EOF'
Usage: ./install.sh [--prefix DIR] [--uninstall]

Installs out/bin (built if it is not there): the programs into DIR/lib/container-manager, container-util into DIR/bin,
man pages, completions for bash, zsh and fish, and, where systemd runs, the service, which is started.

  --prefix DIR     where to [default: /usr/local]
  --uninstall      stop the service and remove all of it; the configuration and the state stay, and so does what is mounted
  --destdir DIR    write beneath DIR instead of / and start nothing: for packages

A configuration that is there already is left alone.
EOF
}

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

prefix=/usr/local
destdir=
uninstall=no
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --prefix) [ $# -gt 1 ] || fail '--prefix needs a directory'; prefix=${2%/}; shift ;;
        --prefix=*) prefix=${1#*=}; prefix=${prefix%/} ;;
        --destdir) [ $# -gt 1 ] || fail '--destdir needs a directory'; destdir=${2%/}; shift ;;
        --destdir=*) destdir=${1#*=}; destdir=${destdir%/} ;;
        --uninstall) uninstall=yes ;;
        *) usage >&2; fail "unknown option: $1" ;;
    esac
    shift
done
case $prefix in /*) ;; *) fail "--prefix must be an absolute path, not '$prefix'" ;; esac
[ -n "$destdir" ] || [ "$(id -u)" = 0 ] || fail 'please run it as root'

lib=$prefix/lib/container-manager
share=$prefix/share
case $prefix in /usr) units=/lib/systemd/system ;; *) units=/etc/systemd/system ;; esac
unit=container-manager.service

# What is installed beside lib: each a file or link of ours.
files=(
    "$prefix/bin/container-util"
    "$share/man/man1/container-util.1"
    "$share/man/man5/container-manager.conf.5"
    "$share/man/man8/container-manager.8"
    "$share/bash-completion/completions/container-util"
    "$share/zsh/site-functions/_container-util"
    "$share/fish/vendor_completions.d/container-util.fish"
    "$share/container-manager/configuration.schema.json"
    "$units/$unit"
)

systemd_runs() { [ -z "$destdir" ] && [ -d /run/systemd/system ]; }

remove() {
    if systemd_runs && [ -e "$units/$unit" ]; then
        systemctl disable --now --quiet $unit || true
    fi
    rm -rf "$destdir${lib:?}"
    for file in "${files[@]}"; do rm -f "$destdir$file"; done
    rmdir "$destdir$share/container-manager" 2>/dev/null || true
    if systemd_runs; then systemctl daemon-reload; fi
    echo "Removed. /etc/container-manager.conf and /var/lib/container-manager stay, and so does what is mounted."
}

put() { install -D -m "$1" "$2" "$destdir$3"; }

filled() { sed -e "s|@LIB@|$lib|g" -e "s|@SHARE@|$share|g" "$1"; }

# Into a folder beside, and then in its place: a server that runs goes on with its own files.
install_all() {
    [ -x out/bin/server ] || ./build.sh
    local fresh=$destdir$lib.new work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN
    rm -rf "$fresh"
    mkdir -p "$fresh" "$destdir$prefix/bin"
    cp -r out/bin/. "$fresh/"
    chown -R 0:0 "$fresh" 2>/dev/null || true
    chmod -R u=rwX,go=rX "$fresh"
    rm -rf "$destdir${lib:?}.old"
    [ ! -e "$destdir$lib" ] || mv "$destdir$lib" "$destdir$lib.old"
    mv "$fresh" "$destdir$lib"
    rm -rf "$destdir${lib:?}.old"
    ln -sfn ../lib/container-manager/container-util "$destdir$prefix/bin/container-util"

    out/bin/container-util manual >"$work/manual"
    put 644 "$work/manual" "$share/man/man1/container-util.1"
    put 644 packaging/man/container-manager.conf.5 "$share/man/man5/container-manager.conf.5"
    put 644 packaging/man/container-manager.8 "$share/man/man8/container-manager.8"
    put 644 src/Host/Configuration/configuration.schema.json "$share/container-manager/configuration.schema.json"
    out/bin/container-util completion bash >"$work/bash"
    out/bin/container-util completion zsh >"$work/zsh"
    out/bin/container-util completion fish >"$work/fish"
    put 644 "$work/bash" "$share/bash-completion/completions/container-util"
    put 644 "$work/zsh" "$share/zsh/site-functions/_container-util"
    put 644 "$work/fish" "$share/fish/vendor_completions.d/container-util.fish"
    filled packaging/container-manager.service >"$work/unit"
    put 644 "$work/unit" "$units/$unit"
    if [ ! -e "$destdir/etc/container-manager.conf" ]; then
        filled packaging/container-manager.conf >"$work/conf"
        put 644 "$work/conf" /etc/container-manager.conf
    fi
}

if [ $uninstall = yes ]; then
    remove
    exit 0
fi

install_all
[ -z "$destdir" ] || exit 0
if systemd_runs; then
    systemctl daemon-reload
    systemctl enable --quiet $unit
    systemctl restart $unit
    echo "Installed into $prefix; the service runs. Next: edit /etc/container-manager.conf, look at 'container-util status' and 'container-util doctor'."
else
    echo "Installed into $prefix. There is no systemd here: start $lib/server as root. Then edit /etc/container-manager.conf, and look at 'container-util status'."
fi
