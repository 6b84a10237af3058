#!/usr/bin/env bash
# Mixed load on one server for as long as one likes: memory, threads, descriptors, watches and mounts stay as they are, and nothing becomes slower.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
Usage: ./endure.sh [MINUTES]     (as root; 60 minutes when nothing is said)

The same operations as ./model.sh, but for the ends of the server, compared with the same model. What the server needs at rest is measured after a fifth of the time and at
the end: resident memory may be a tenth more, latency half more, and of all else there may be no more than before.
TEXT
}

case ${1-60} in
    -h | --help) usage; exit 0 ;;
    *[!0-9.]* | 0 | '') usage >&2; echo "endure.sh: not a number of minutes: $1" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'endure.sh: please run it as root: it mounts' >&2; exit 1; }
export CM_MINUTES=${1:-60} CM_HISTORY_SEED=${CM_HISTORY_SEED:-$RANDOM}

./test.sh install
./build.sh
MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Integration -c Release -v quiet -nologo -warnaserror
echo "seed $CM_HISTORY_SEED"
exec out/build/bin/ContainerManager.Tests.Integration/release*/ContainerManager.Tests.Integration \
    -noLogo -noColor -noAutoReporters -failSkips -parallelMode none -class '*.EnduranceTests' -explicit only -showLiveOutput
