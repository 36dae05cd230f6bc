# A build, a night that adds to it, a takedown and a night that finds other contents, killed at every system call that
# changes a file, one after another (strace does it); run again they end with the same bytes.
strace -o /dev/null true 2>/dev/null || { echo 'skipped: strace is not installed, or may not trace here'; exit 77; }
calls='write fsync fdatasync rename unlink ftruncate copy_file_range'

# Squares of noise; a name, but no picture.
mkdir pictures others
awk 'function noise() { x = x * 16807 % 2147483647; return 40 + int(x / 2147483647 * 80) }
BEGIN {
    x = 1
    for (n = 0; n < 12; ++n) {
        text = ""; for (i = 0; i < 256; ++i) text = text sprintf("%c", noise())
        name = n < 9 ? "pictures/p" n ".pgm" : "others/" (n == 9 ? "p1.pgm" : n == 10 ? "p5.pgm" : "words.png")
        printf "P5 16 16 255\n%s", text > name
    }
}'
cp pictures/p1.pgm pictures/twin.pgm
printf 'words\n' >pictures/words.png
find pictures -type f | LC_ALL=C sort >list
head -n 5 list >first
printf 'pictures/p0.pgm\n' >takedown

first() { nonna-dataset build "$1" --files-from first --size 0 --shard-size 0.008 --near-dup 2 -q -j 1; }
second() { nonna-dataset build "$1" --files-from list --size 0 --shard-size 0.008 --near-dup 2 -q -j 1; }
third() { nonna-dataset remove "$1" --source takedown -q; }
fourth() { second "$1"; }
folder_digest() { (cd "$1" && find . -type f ! -name lock | LC_ALL=C sort | xargs sha256sum); }

# Other contents: of a picture that has a twin, of one that has none, and of the name that was no picture.
mkdir before
cp pictures/* before
mkdir after
for run in first second third fourth; do
    [ $run != fourth ] || cp others/* pictures
    [ $run = first ] || cp -r after/set after/before-$run
    $run after/set 2>/dev/null
    folder_digest after/set >after/$run
done
wc -l <after/second
nonna-dataset verify after/set -q

cp before/* pictures
killed=0
for run in first second third fourth; do
    step=1
    [ $run != fourth ] || { cp others/* pictures && step=2; }    # it has most of them
    for call in $calls; do
        k=1
        while :; do
            rm -rf set .set.digests
            [ $run = first ] || cp -r after/before-$run set
            case $run in
            third) set -- nonna-dataset remove set --source takedown -q ;;
            *) set -- nonna-dataset build set --files-from $([ $run = first ] && echo first || echo list) --size 0 --shard-size 0.008 --near-dup 2 -q -j 1 ;;
            esac
            strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$k "$@" 2>/dev/null
            [ $? -eq 137 ] || break    # it ended before its k-th such call
            killed=$((killed + 1))
            $run set 2>/dev/null
            folder_digest set | cmp -s - after/$run || { echo "$run, killed at $call $k: other bytes"; folder_digest set | diff after/$run -; }
            k=$((k + step))
        done
    done
done 2>/dev/null
[ $killed -gt 120 ] || echo "killed only $killed times"
