#!/bin/sh
# The tests of a change, a minute of them at most:  tests/quick.sh BUILD [JOBS [BASE]]
#
# Changed is what git sees between the working tree and BASE (HEAD; of a branch, where HEAD left it), new files included.
# The tests whose paths that touches (needs.cmake) are wanted. What they need is built, which is not counted. Then they
# run: first policy, those of the changed rooms and the changed tests, then what stands on the change, the cheap before
# the dear, as far as the seconds that CTest remembers of them fit. Those marked slow never run here, `ctest -L slow` runs
# them. One line says what is left out.
set -eu
cd "$(dirname "$0")/.."
build=$1
jobs=${2:-$(nproc)}
base=${3:-}
seconds=50    # with JOBS tests at a time; the rest of the minute is for what took less when CTest last saw it

if ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo 'quick: no git here that says what changed' >&2
    exit 2
fi
if [ -n "$base" ]; then base=$(git merge-base HEAD "$base"); else base=HEAD; fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
{
    git diff --name-only --no-renames "$base" --
    git ls-files --others --exclude-standard
} | sort -u >"$scratch/changed"
if [ ! -s "$scratch/changed" ]; then
    echo "quick: nothing changed since $(git rev-parse --short "$base"); BASE=REVISION says since when"
    exit 0
fi
seen=$build/Testing/Temporary/CTestCostData.txt    # NAME RUNS SECONDS a line, and more
[ -e "$seen" ] || seen=/dev/null

# Wanted tests: 0 those of the change, 1 those that stand on it, 2 slow; seconds; name; targets.
awk -F '\t' -v OFS='\t' '
function touches(path, file) { return path == "." || index(file "/", path "/") == 1 || index(file, path ".") == 1 }
function cost(test) {    # a test that CTest never saw is guessed dear
    if (test in remembered) return remembered[test]
    return test ~ /^(unit|policy)\./ ? 2 : test ~ /^cli\./ ? 5 : 15
}
FILENAME == ARGV[1] {
    changed[++changes] = $0
    if ($0 ~ /(^|\/)CMake(Lists\.txt|Presets\.json)$/) everything = 1
    if (split($0, parts, "/") > 2 && parts[1] == "lib") own[parts[2]] = 1
    next
}
FILENAME == ARGV[2] {
    if (split($0, words, " ") == 3) remembered[words[1]] = words[3]
    next
}
{
    split($1, parts, ".")
    of_change = parts[1] == "unit" && parts[2] in own
    wanted = everything
    n = split($4, paths, " ")
    for (k = 1; k <= n; ++k)
        for (i = 1; i <= changes; ++i)
            if (touches(paths[k], changed[i])) {
                wanted = 1
                if (paths[k] == "." || paths[k] ~ /^tests\//) of_change = 1
            }
    if (wanted) print $2 == "slow" ? 2 : !of_change, cost($1), $1, $3
}' "$scratch/changed" "$seen" "$build/tests/needs" | sort -t '	' -k 1,1n -k 2,2n >"$scratch/wanted"

# "run", seconds, name and targets; "slow" or "dear" and the name of what is left out.
awk -F '\t' -v OFS='\t' -v room=$((seconds * jobs)) -v longest="$seconds" '
$1 == 2 { print "slow", $3; next }
$2 > longest || $2 > room { print "dear", $3; next }
{ room -= $2; print "run", $2, $3, $4 }' "$scratch/wanted" >"$scratch/plan"
left() { awk -F '\t' -v why="$1" '$1 == why { printf " %s", $2 }' "$scratch/plan"; }

set -- $(awk -F '\t' '$1 == "run" { print $4 }' "$scratch/plan" | tr ' ' '\n' | sort -u)
[ $# -eq 0 ] || cmake --build "$build" -j "$jobs" --target "$@"
slow=$(left slow)
dear=$(left dear)
echo "quick: $(grep -c '^run' "$scratch/plan") of $(wc -l <"$build/tests/needs") tests; left out as slow:${slow:- none};" \
    "for want of time:${dear:- none}"
began=$(date +%s)
tests=$(awk -F '\t' '$1 == "run" { printf "%s%s", bar, $3; bar = "|" }' "$scratch/plan" | sed 's/\./[.]/g')
status=0
ctest --test-dir "$build" -j "$jobs" --output-on-failure -R "^($tests)\$" || status=$?
echo "quick: $(($(date +%s) - began)) s"
exit $status
