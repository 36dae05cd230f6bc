# A source whose content has changed is taken up again, and only then: what is read, what leaves, what stays, what a
# crash in between leaves.
words() { sed 's/"check":"[0-9a-f]*",//; s/"digest":"[0-9a-f]*",//; s/"hashes":\[[^]]*\],//; s/"id":"[0-9a-f]*",//; s/"keys":\[[^]]*\],//' "$1"/manifest.jsonl; }
build() { nonna-dataset build "$@" --size 0 --shard-size 0.008 --near-dup 2; }
digest_of() { sha256sum <"$1" | cut -c 1-64; }
whole() { nonna-dataset verify "$1" -q || echo "$1 does not verify"; }

# Squares of noise p0 to p9, and q1, a brighter p1.
mkdir made f
awk 'function noise() { x = x * 16807 % 2147483647; return 40 + int(x / 2147483647 * 80) }
function square(add,    i, text) { text = ""; for (i = 0; i < 256; ++i) text = text sprintf("%c", luma[i] + add); return text }
BEGIN {
    x = 1
    for (n = 0; n < 10; ++n) {
        for (i = 0; i < 256; ++i) luma[i] = noise()
        printf "P5 16 16 255\n%s", square(0) > sprintf("made/p%d.pgm", n)
        if (n == 1) printf "P5 16 16 255\n%s", square(5) > "made/q1.pgm"
    }
}'
head -c 100 made/p0.pgm >made/half.pgm
for n in 1 2 3 4 5; do cp made/p$n.pgm f/$n.pgm; done
cp made/half.pgm f/0.pgm
cp made/p2.pgm f/twin.pgm
cp made/p2.pgm f/triplet.pgm
cp made/q1.pgm f/like.pgm
build set f --recursive
words set

echo '-- touched: read once, left as it was'
sha256sum set/*.jsonl set/shards/* >before
touch -d @1000000000 f/1.pgm
build set f --recursive && sha256sum --quiet -c before
grep -c '"state":"269 1000000000.000000000 ' .set.digests
echo '-- unchanged: not read (what is behind the name, size, time and inode is another content)'
reads() { strace -f -qq -e trace=openat -o trace nonna-dataset build set f --recursive --size 0 --shard-size 0.008 --near-dup 2; grep -c '"f/[^"]*pgm"' trace; }
if strace -o /dev/null true 2>/dev/null; then reads; else echo 0; fi

echo '-- the half file is whole, one has another content, one that others repeat too, and one that another looks like'
cp made/p0.pgm f/0.pgm
cp made/p6.pgm f/5.pgm
cp made/p7.pgm f/2.pgm
cp made/p8.pgm f/1.pgm
cp -r set before-change
build set f --recursive
words set
whole set
for name in 0 1 2 5 twin; do
    echo "$name: $(cat set/shards/*.tar | grep -a -o "\"sha256\":\"[0-9a-f]*\",\"source\":\"f/$name.pgm\"" | grep -c "$(digest_of f/$name.pgm)")"
done
build set f --recursive && echo 'again: nothing'
echo '-- the same bytes with any number of workers, in any order'
find f -type f | sort -r >reversed
cp -r before-change other
build other --files-from reversed -j 3 -q
diff -r set other

echo '-- a content that is nothing does not take the place of one that is: named once'
cp made/half.pgm f/3.pgm
: >f/4.pgm
sha256sum set/*.jsonl set/shards/* >before
for night in 1 2; do
    build set f --recursive
    echo "status $?"
done
build set f --recursive --retry truncated
echo "tried again: status $?"
sha256sum --quiet -c before
rm .set.digests f/5.pgm
build set --files-from reversed
echo "without the cache: status $?"
sha256sum --quiet -c before

echo '-- two that change places, a new name for an old content, a removed name'
cp made/p3.pgm f/3.pgm
cp made/p4.pgm f/4.pgm
touch -d @1000000000 f/3.pgm f/4.pgm
build set f --recursive
mv f/3.pgm f/other && mv f/4.pgm f/3.pgm && mv f/other f/4.pgm
mv f/1.pgm f/one.pgm
printf 'f/0.pgm\n' >takedown
nonna-dataset remove set --source takedown
cp made/p9.pgm f/0.pgm
build set f --recursive
words set | grep -e 'f/[034].pgm' -e one
whole set

echo '-- a damaged cache is of no use, and does no harm'
printf 'words\n{"check":' >.set.digests
build set f --recursive && echo 'nothing'
sed -i '3s/"digest":"./"digest":"x/' .set.digests
echo torn | tr -d '\n' >>.set.digests
build set f --recursive && echo 'nothing'
build set f --recursive && echo 'nothing'

echo '-- what may still be copied is left for another night'
cp made/p9.pgm f/2.pgm
build set f --recursive --min-age 5 && echo 'left'
build set f --recursive
whole set
