#!/bin/sh
# Runs one script of this folder and holds what it did against what is expected of it.
#   run.sh NAME.sh BIN [PROGRAM...]       UPDATE_EXPECTED=1 rewrites the expected files
#
# The script runs under `sh -u` in a fresh folder that is removed afterwards. It finds the programs on its PATH, the
# source tree as $SOURCE, the programs' names as $TOOLS, and the test data as $NONNA_TEST_DATA (beside the source tree
# unless the environment says otherwise; perhaps absent). It exits 77, saying why, to be skipped.
set -u
here=$(cd "$(dirname "$0")" && pwd)
script=$here/$1
bin=$(cd "$2" && pwd) || exit 1
shift 2
SOURCE=$(cd "$here/../.." && pwd)
TOOLS=$*
data=${NONNA_TEST_DATA:-$SOURCE/../shared/data}
# The user's own settings must not change what a test sees; the instruction set may (CONTRIBUTING.md).
for variable in $(env | sed -n 's/^\(NONNA_[A-Z0-9_]*\)=.*/\1/p' | grep -v '^NONNA_ISA$'); do unset "$variable"; done
unset SOURCE_DATE_EPOCH
NONNA_TEST_DATA=$data
PATH=$bin:$SOURCE/tools:$PATH
LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
export SOURCE TOOLS NONNA_TEST_DATA PATH LC_ALL TZ TERM

scratch=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$scratch/work" "$scratch/got"
cd "$scratch/work" || exit 1
sh -u "$script" >"$scratch/got/stdout" 2>"$scratch/got/stderr" </dev/null
status=$?
# The moments with which lines begin where a program is verbose.
sed -i 's/^[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9:]\{8\}\.[0-9]\{3\}Z \(nonna\)/\1/' "$scratch/got/stderr"
if [ $status -eq 77 ]; then
    cat "$scratch/got/stdout" "$scratch/got/stderr"
    exit 77
fi
if [ $status -eq 0 ]; then : >"$scratch/got/status"; else echo $status >"$scratch/got/status"; fi

failed=0
for what in stdout stderr status; do
    expected=${script%.sh}.$what
    if [ "${UPDATE_EXPECTED:-}" = 1 ]; then
        if [ -s "$scratch/got/$what" ]; then cp "$scratch/got/$what" "$expected"; else rm -f "$expected"; fi
        continue
    fi
    [ -e "$expected" ] || expected=/dev/null
    if ! diff -u --label "expected $what" --label "$what" "$expected" "$scratch/got/$what"; then failed=1; fi
done
exit $failed
