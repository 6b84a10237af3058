#!/usr/bin/env bash
# Builds Container Manager into out/bin: server, client, container-util, plugins/NAME/NAME.dll, presets. The folder can be moved as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'EOF'
Usage: ./build.sh [OPTION]...

Builds server, client, container-util and the plugins into out/bin. What has not changed since the last time is not built again.

  -r, --runtime RID   build for linux-x64 or linux-arm64 (default: this machine's)
      --clean         remove out/ first
      --deb           also make a Debian package: out/container-manager_VERSION_ARCHITECTURE.deb
  -h, --help          show this text

With CI=true the packages must be exactly those of the lock files.
EOF
}

fail() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

machine_rid() {
    case $(uname -m) in
        x86_64) echo linux-x64 ;;
        aarch64) echo linux-arm64 ;;
        *) fail "no build for a machine of kind $(uname -m): use an x86_64 or aarch64 one" ;;
    esac
}

rid=$(machine_rid)
clean=no
deb=no
while [ $# -gt 0 ]; do
    case $1 in
        -r | --runtime) rid=${2-}; shift ;;
        --clean) clean=yes ;;
        --deb) deb=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option: $1" ;;
    esac
    shift
done
case $rid in
    linux-x64 | linux-arm64) ;;
    *) fail "--runtime must be linux-x64 or linux-arm64, not '$rid'" ;;
esac

bin=out/bin
logs=out/logs
stamps=out/stamps
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDTERMINALLOGGER=off
# Nothing that we start outlives us.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
. src/one-compiler.sh

# step NAME COMMAND...: one line; the command's output goes to a log, which is shown when it fails.
step() {
    local name=$1 log started=$SECONDS
    shift
    log=$logs/${name//[^A-Za-z0-9.]/-}.log
    printf '%-36s' "$name"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf 'done (%d s)\n' $((SECONDS - started))
    else
        printf 'FAILED\n\n'
        # Errors come twice in a build's output: as they happen and in its summary.
        grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 40 || tail -n 40 "$log"
        printf '\nThe whole log: %s\n' "$PWD/$log" >&2
        exit 1
    fi
}

require_sdk() {
    command -v dotnet >/dev/null ||
        fail 'the .NET SDK is missing. Install the .NET 10 SDK: packages.microsoft.com (dotnet-sdk-10.0) or https://dot.net/download'
    dotnet --version >/dev/null 2>&1 || {
        dotnet --version >&2 || true
        fail "global.json asks for a .NET SDK that is not installed; get it from https://dot.net/download"
    }
}

# NativeAOT links with clang and lld, against zlib.
require_packages() {
    local missing=()
    command -v clang >/dev/null || missing+=(clang)
    command -v ld.lld >/dev/null || missing+=(lld)
    [ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
    [ "$(id -u)" = 0 ] || fail "please install, as root: apt-get install ${missing[*]}"
    step "install ${missing[*]}" install_packages "${missing[@]}"
}

install_packages() {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# fingerprint DIRECTORY: changes when anything that goes into a program of that directory does.
fingerprint() {
    {
        echo "$rid $(dotnet --version)"
        find "$1" src/Abstractions src/Linux src/Protocol src/EngineApi -type f -print0 | sort -zu | xargs -0 sha256sum
        find . plugins -maxdepth 1 -type f \( -name 'Directory.*' -o -name global.json -o -name .editorconfig \) -print0 |
            sort -zu | xargs -0 sha256sum
    } | sha256sum
}

# The projects to publish, and what becomes of each: a file in out/bin, or a plugin's folder.
projects=()
results=()

# program PROJECT RESULT: to be published, unless nothing has changed.
program() {
    local project=$1 result=$bin/$2
    if [ -e "$result" ] && [ "$(cat "$(stamp_of "$result")" 2>/dev/null)" = "$(fingerprint "$(dirname "$project")")" ]; then
        return
    fi
    projects+=("$project")
    results+=("$result")
}

stamp_of() {
    echo "$stamps/$(basename "$1")"
}

# All in one build, so that it uses all processors.
publish() {
    local i fresh=out/build/publish names
    if [ ${#projects[@]} = 0 ]; then
        printf '%-36sunchanged\n' 'programs and plugins'
        return
    fi
    for i in "${!projects[@]}"; do
        rm -f "$(stamp_of "${results[i]}")"
    done
    rm -rf $fresh
    names=$(printf '%s ' "${results[@]##*/}")
    echo "Building ${names% }"
    step 'programs and plugins' dotnet msbuild src/Programs.proj -m -v:quiet -nologo -p:RuntimeIdentifier="$rid" -p:Programs="${projects[*]}"
    for i in "${!projects[@]}"; do
        take "$fresh/$(basename "${projects[i]}" .csproj)"/release* "${results[i]}"
        # Taken again: the restore may have completed a lock file.
        fingerprint "$(dirname "${projects[i]}")" >"$(stamp_of "${results[i]}")"
    done
}

# take FRESH RESULT: moved, so that nothing of an earlier build is left and a running program is not written over.
take() {
    local fresh=$1 result=$2
    if [ "$(dirname "$result")" = "$bin" ]; then
        mv -f "$fresh/$(basename "$result")" "$result"
        rmdir "$fresh" || fail "files beside $result: $(echo "$fresh"/*)"
    else
        rm -rf "$result"
        mv "$fresh" "$result"
    fi
}

# One file of all that install.sh puts in place; dpkg's scripts start the service, and stop and remove it.
make_deb() {
    local version architecture root=out/deb
    version=$(sed -nE 's|.*<Version>(.*)</Version>.*|\1|p' Directory.Build.props)
    case $rid in linux-x64) architecture=amd64 ;; *) architecture=arm64 ;; esac
    rm -rf $root
    mkdir -p $root/DEBIAN
    ./install.sh --prefix /usr --destdir "$PWD/$root" || return
    install -m 755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm $root/DEBIAN/
    install -D -m 644 LICENSE $root/usr/share/doc/container-manager/copyright
    echo /etc/container-manager.conf >$root/DEBIAN/conffiles
    cat >$root/DEBIAN/control <<EOF
Package: container-manager
Version: $version
Architecture: $architecture
Maintainer: The Container Manager authors <maintainers@container-manager.invalid>
Installed-Size: $(du -sk $root | cut -f1)
Depends: libc6, libstdc++6, util-linux
Recommends: udev
Section: admin
Priority: optional
Description: paths, sockets and devices of the host inside running containers
 Whatever appears on the host and is configured for a container (a file, a
 socket, a device node, a udev event) is inside that running container at
 once, whatever its runtime, and leaves it again when it goes.
EOF
    dpkg-deb --root-owner-group --build -Zzstd -z3 $root "out/container-manager_${version}_$architecture.deb" >/dev/null || return
    rm -rf $root
}

require_sdk
[ $clean = no ] || rm -rf out
mkdir -p $bin/plugins $logs $stamps
require_packages

program src/Host/ContainerManager.Host.csproj server
program src/Client/ContainerManager.Client.csproj client
program src/Cli/ContainerManager.Cli.csproj container-util
for project in plugins/*/*.csproj; do
    program "$project" "plugins/$(basename "$(dirname "$project")")"
done
publish

# A plugin whose source is gone would be loaded all the same.
for folder in "$bin"/plugins/*/; do
    [ ! -d "$folder" ] || [ -d "plugins/$(basename "$folder")" ] || rm -rf "$folder"
done
rm -rf "$bin/presets" && cp -r presets "$bin/presets"
echo "Built into $bin"
[ $deb = no ] || step 'Debian package' make_deb
