#!/usr/bin/env bash
# Prints the benchmarks: what we promise about speed, measured beside the alternative in the same run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
case ${1-} in
    '' | peers | plug | scale) ;;
    -h | --help) echo 'Usage: ./bench.sh [peers|plug|scale]     (as root; builds first, then takes about ten minutes; peers: only binding, beside the runtimes'"'"' own commands; plug: only devices, beside LXD; scale: only many containers)'; exit 0 ;;
    *) echo "bench.sh: unknown option: $1" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'bench.sh: please run it as root: it mounts' >&2; exit 1; }
./test.sh install
./build.sh
MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Benchmarks -c Release -v quiet -nologo
printf '\n%s, %s cores, Linux %s\n\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
exec out/build/bin/ContainerManager.Tests.Benchmarks/release*/ContainerManager.Tests.Benchmarks out/bin "$@"
