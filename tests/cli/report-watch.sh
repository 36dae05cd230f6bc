# nonna-report --watch: the page of a folder that fills, while it fills, and the end of it.
command -v gnuplot >/dev/null || { echo 'no gnuplot: skipped'; exit 77; }
until_true() {
    tries=0
    while ! "$@" && [ $tries -lt 1000000 ]; do tries=$((tries + 1)); done 2>/dev/null
    [ $tries -lt 1000000 ] || echo "never: $*"
}
watch() { exec nonna-report --watch "$@" --every 0.1; }
echo broken >broken
header='step\tset\tcost\tstage1_relative'

# Nothing is there yet; then two replicas write, one of them half a line.
mkdir run
watch run >out 2>err &
pid=$!
until_true grep -q waiting err
cat err
ls run
printf "$header\n10\ttrain\t8\t0.5\n20\ttrain\t4\t0.25\n" >run/train-0.tsv
printf "$header\n10\ttrain\t9\t0.5\n20\tt" >run/train-1.tsv
until_true grep -q 'replica 1 from 9 at step 10 to 9 at step 10' run/report.html
grep -o '<meta http-equiv[^>]*>' run/report.html
grep -o 'This folder is being watched[^<]*' run/report.html
grep -ciE '<script|http:|https:' run/report.html
printf 'rain\t6\t0.4\n' >>run/train-1.tsv
until_true grep -q 'replica 1 from 9 at step 10 to 6 at step 20' run/report.html
# A broken table is named once, the page stays; it is made again when that has changed.
cp broken run/.broken && mv run/.broken run/sweep-top.tsv    # at once, as tables come
until_true grep -q sweep-top err
sed 1d err
grep -c 'replica 1 from 9' run/report.html
rm run/sweep-top.tsv
printf '30\ttrain\t2\t0.2\n' >>run/train-0.tsv
until_true grep -q 'replica 0 from 8 at step 10 to 2 at step 30' run/report.html
kill -s TERM $pid
wait $pid
echo "ended: $?"
grep -c 'http-equiv\|being watched' run/report.html
grep -o 'replica 0 from 8 at step 10 to 2 at step 30' run/report.html | head -n 1
ls -A run

# Broken at the end: said, and the page loads itself no more.
watch run -o run/page.html 2>err &
pid=$!
until_true grep -q http-equiv run/page.html
cp broken run/.broken && mv run/.broken run/sweep-top.tsv    # at once, as tables come
until_true grep -q sweep-top err
kill -s TERM $pid
wait $pid
echo "broken at the end: $?"
cat err
grep -c http-equiv run/page.html

# Ctrl-C, where nothing came.
mkdir empty
# A shell's background jobs ignore it.
env --default-signal=INT nonna-report --watch empty 2>said &
pid=$!
until_true grep -q waiting said
kill -s INT $pid
wait $pid
echo "nothing came: $?"
ls -A empty

nonna-report --watch nowhere
echo "no folder: $?"
nonna-report --watch empty -o -
echo "a pipe: $?"
nonna-report empty --every 3
echo "not watched: $?"
exit 0
