#!/usr/bin/env bash
# Lets histories that nobody has thought of happen to a real server and real containers, and compares with a model. The short run of the same is among the integration tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
Usage: ./model.sh [COUNT]             (as root)
       CM_HISTORY=FILE ./model.sh

COUNT histories (20) of forty operations each: files, directories and file systems come, are replaced and go; somebody binds, unbinds, saves another configuration,
reloads the plugin, restarts containers, plugs devices in and out, kills the server or udevd, unmounts something inside. At each quiet point the mount table of each
container, and what it has of the devices, must be what the model says.

A history that fails is made shorter as long as it fails, and printed: a line for each operation. From a file it is replayed.
Each run takes other histories; CM_HISTORY_SEED=N takes the same again.
TEXT
}

case ${1-20} in
    -h | --help) usage; exit 0 ;;
    *[!0-9]* | 0 | '') usage >&2; echo "model.sh: not a number of histories: $1" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'model.sh: please run it as root: it mounts' >&2; exit 1; }
export CM_HISTORIES=${1:-20} CM_HISTORY_SEED=${CM_HISTORY_SEED:-$RANDOM} CM_HISTORY=${CM_HISTORY:+$(realpath "$CM_HISTORY")}

./test.sh install
./build.sh
MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Integration -c Release -v quiet -nologo -warnaserror
echo "seed $CM_HISTORY_SEED"
exec out/build/bin/ContainerManager.Tests.Integration/release*/ContainerManager.Tests.Integration \
    -noLogo -noColor -noAutoReporters -failSkips -parallelMode none -class '*.ModelCheckTests' -explicit only -showLiveOutput
