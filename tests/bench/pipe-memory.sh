#!/bin/sh
# Resident memory of each process of
#   nonna-dataset pack ... | nonna-dataset faces - --keep without | nonna-dataset verify -
# over 200,000 pictures: 25 random squares of each of the 8,000 files of the test data's `classes`.
#   pipe-memory.sh BIN [DETECTOR [PATCHES]]
# Prints VmRSS in MB when 5, 25, 50, 75 and 100 % of the bytes had reached verify, the most (VmHWM), and the growth from
# 25 % on. Never run by ctest.
set -eu
bin=$(cd "$1" && pwd)
detector=${2:-lbp} patches=${3:-25}
data=${NONNA_TEST_DATA:-$(cd "$(dirname "$0")/../.." && pwd)/../shared/data}
[ -d "$data/classes" ] || { echo "no $data/classes"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/packed" "$work/kept"

nonna=$bin/nonna-dataset
"$nonna" pack "$data/classes" -q --patches "$patches" --patch-size 48:56 --size 48 -o "$work/packed" &
pack=$!
"$nonna" faces - -q --keep without --detector "$detector" -o "$work/kept" <"$work/packed" &
faces=$!
"$nonna" verify - <"$work/kept" &
verify=$!

# What each process holds, while verify reads; the share of bytes is known when the last line is.
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null; }
high() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null; }
while read_bytes=$(sed -n 's/^rchar: //p' "/proc/$verify/io" 2>/dev/null) && [ -n "$(rss $verify)" ]; do
    for name in pack faces verify; do
        eval "pid=\$$name"
        now=$(rss "$pid") most=$(high "$pid")
        [ -z "$now" ] || echo "$read_bytes $name $now $most"
    done >>"$work/samples"
    sleep 0.2
done
status=0
for pid in $pack $faces $verify; do wait "$pid" || status=$?; done
[ $status -eq 0 ] || { echo "a process ended with status $status"; exit 1; }

awk '
{ if ($1 > last) last = $1; n[$2]++; at[$2, n[$2]] = $1; rss[$2, n[$2]] = $3; most[$2] = $4 }
function near(name, share,    i, found) {
    for (i = 1; i <= n[name]; ++i) if (at[name, i] >= share * last) { found = i; break }
    return rss[name, found ? found : n[name]] / 1024
}
END {
    print "process\t5 %\t25 %\t50 %\t75 %\tend\tmost\tgrowth"
    count = split("pack faces verify", names, " ")
    for (i = 1; i <= count; ++i) {
        name = names[i]
        printf "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%+.1f\n", name, near(name, 0.05), near(name, 0.25), near(name, 0.5),
            near(name, 0.75), rss[name, n[name]] / 1024, most[name] / 1024, rss[name, n[name]] / 1024 - near(name, 0.25)
        if (most[name] > 300 * 1024) bad = 1
    }
    if (bad) print "more than 300 MB"
    exit bad
}' "$work/samples"
