#!/usr/bin/env bash
# A hostile container races with the server for where a bind lands. The short run of the same is among the integration tests, for each runtime.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
Usage: ./race.sh [COUNT [RUNTIME]]     (as root; 100,000 times when nothing is said)

While a program inside swaps the target's directory for links to the host's root and to its own processes, as fast as it can, something is bound there COUNT times.
Nothing may land anywhere but in that container. RUNTIME is Namespaces (when nothing is said), UserNamespaces, Docker, Podman, RootlessPodman, Lxc, UnprivilegedLxc, Nspawn,
NspawnUserNamespace or ManualClient.
TEXT
}

case ${1-100000} in
    -h | --help) usage; exit 0 ;;
    *[!0-9]* | 0 | '') usage >&2; echo "race.sh: not a number of races: $1" >&2; exit 2 ;;
esac
case ${2-Namespaces} in
    Namespaces | UserNamespaces | Docker | Podman | RootlessPodman | Lxc | UnprivilegedLxc | Nspawn | NspawnUserNamespace | ManualClient) ;;
    *) usage >&2; echo "race.sh: no such runtime: $2" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'race.sh: please run it as root: it mounts' >&2; exit 1; }
export CM_RACES=${1:-100000}

./test.sh install
./build.sh
MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Integration -c Release -v quiet -nologo -warnaserror
exec out/build/bin/ContainerManager.Tests.Integration/release*/ContainerManager.Tests.Integration \
    -noLogo -noColor -noAutoReporters -failSkips -parallelMode none -class "*.${2:-Namespaces}ScenarioTests" -method '*.AHostileContainerGetsNothingOutsideItsRoot' -showLiveOutput
