#!/usr/bin/env bash
# Kills the server at each boundary of what it does to the system, and looks what the next one makes of it. The short run of the same is among the integration tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
Usage: ./crash.sh [COUNT|all]         (as root)
       ./crash.sh moments COUNT

Has a server live through a history (files come, are replaced, go; somebody binds by request; a device is plugged in and out), counts the system calls
by which it acts, and kills it (SIGKILL) before and after COUNT of them, or each (all: when nothing is said). Each time another server starts, and what is
in the container must be what the rules say, with nothing left over. Prints how many kill points there were, and how many failed; ends with 1 when one did.

With "moments", servers are killed at COUNT random moments while all that happens at once, nobody waiting in between.

Each run of a COUNT takes other points or moments; CM_CRASH_SEED=N takes the same again.
TEXT
}

method='*.WhereverAServerIsKilledTheNextOneMakesItGood'
if [ "${1-}" = moments ]; then
    method='*.AtWhateverMomentAServerIsKilledTheNextOneMakesItGood'
    shift
    export CM_MOMENTS=${1-}
fi
case ${1-all} in
    -h | --help) usage; exit 0 ;;
    all) [ -z "${CM_MOMENTS+x}" ] || { usage >&2; echo "crash.sh: at how many moments?" >&2; exit 2; } ;;
    *[!0-9]* | 0 | '') usage >&2; echo "crash.sh: not a number: $1" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'crash.sh: please run it as root: it mounts' >&2; exit 1; }
export CM_CRASHES=${1:-all} CM_CRASH_SEED=${CM_CRASH_SEED:-$RANDOM}

./test.sh install
./build.sh
MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Integration -c Release -v quiet -nologo -warnaserror
echo "seed $CM_CRASH_SEED"
exec out/build/bin/ContainerManager.Tests.Integration/release*/ContainerManager.Tests.Integration \
    -noLogo -noColor -noAutoReporters -failSkips -parallelMode none -method "$method" -explicit only -showLiveOutput
