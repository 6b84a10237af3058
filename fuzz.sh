#!/usr/bin/env bash
# Reads damaged input without end in sight: everything that others write and we parse. The short run of the same is among the unit tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
Usage: ./fuzz.sh [COUNT [TARGET...]]

Gives COUNT inputs (1000000 when nothing is said) to each reader of what others write, or to the TARGETs only: the directories of
tests/Unit/Fuzzing/corpus. Prints for each how many, how long, and how many were understood; ends with 1 when one went wrong.

Such an input is kept in out/fuzz/TARGET/; copied into the target's corpus, it is a test from then on. One that ended the process, or is never
done with, is in out/fuzz/TARGET.last, behind four bytes of length. Each run begins with another seed; CM_FUZZ_SEED=N gives the same inputs again.
TEXT
}

case ${1-} in
    -h | --help) usage; exit 0 ;;
    *[!0-9]* | 0) usage >&2; echo "fuzz.sh: not a number of inputs: $1" >&2; exit 2 ;;
esac
export CM_FUZZ=${1:-1000000} CM_FUZZ_SEED=${CM_FUZZ_SEED:-$RANDOM} CM_FUZZ_FOUND=$PWD/out/fuzz
[ $# = 0 ] || shift
for target in "$@"; do
    [ -d "tests/Unit/Fuzzing/corpus/$target" ] || { usage >&2; echo "fuzz.sh: no such target: $target" >&2; exit 2; }
done
export CM_FUZZ_TARGETS="$*"

MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet build tests/Unit -c Release -v quiet -nologo -warnaserror
echo "seed $CM_FUZZ_SEED"
exec out/build/bin/ContainerManager.Tests.Unit/release*/ContainerManager.Tests.Unit -noLogo -noColor -noAutoReporters -parallelMode none -class '*.FuzzTests'
