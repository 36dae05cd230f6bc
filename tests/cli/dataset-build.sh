# The nightly job: the same bytes for any order, number of workers and nights; duplicates, failures, removals, parts.
folder_digest() { (cd "$1" && find . -type f ! -name lock | LC_ALL=C sort | xargs sha256sum | sha256sum); }
same() { [ "$(folder_digest "$1")" = "$(folder_digest "$2")" ] || { echo "$1 and $2 differ"; diff -rq "$1" "$2"; }; }
words() { sed 's/"check":"[0-9a-f]*",//; s/"digest":"[0-9a-f]*",//; s/"hashes":\[[^]]*\],//; s/"id":"[0-9a-f]*",//; s/"keys":\[[^]]*\],//'; }

# Films and pictures of noise, uncompressed, so that a shell can write them: five films a to e, the second one twice;
# pictures p00 to p11, and brighter twins of the first three.
mkdir films
awk 'function noise() { x = x * 16807 % 2147483647; return 40 + int(x / 2147483647 * 80) }
function square(add,    i, text) { text = ""; for (i = 0; i < 256; ++i) text = text sprintf("%c", luma[i] + add); return text }
BEGIN {
    x = 1
    for (n = 0; n < 5; ++n) {
        name = "films/" substr("abcde", n + 1, 1) ".y4m"
        for (i = 0; i < 256; ++i) luma[i] = noise()
        printf "YUV4MPEG2 W16 H16 F10:1 Ip A1:1 Cmono\n" > name
        for (frame = 0; frame < 8; ++frame) printf "FRAME\n%s", square(frame) > name
    }
    for (n = 0; n < 12; ++n) {
        for (i = 0; i < 256; ++i) luma[i] = noise()
        printf "P5 16 16 255\n%s", square(0) > sprintf("films/p%02d.pgm", n)
        if (n < 3) printf "P5 16 16 255\n%s", square(5) > sprintf("films/q%02d.pgm", n)
    }
}'
cp films/b.y4m films/zz-again.y4m
printf 'some words\n' >films/words.mp4
find films -type f | LC_ALL=C sort >list
LC_ALL=C sort -r list >reversed
options='--size 16 --near-dup 4 --shard-size 0.02'

nonna-dataset build one --files-from list $options -j 1
echo "status $?"
ls one one/shards
(cd one/shards && sha256sum --quiet -c ./*.sha256 && for tar in *.tar; do tar tf $tar >/dev/null || echo "$tar: not a tar archive"; done)
words <one/manifest.jsonl | LC_ALL=C sort | grep -v '"ok"'

# Nothing new: no word, no file touched.
touch -d @1000000000 one one/* one/shards/*
nonna-dataset build one --files-from list $options
echo "again: status $?, $(find one -newermt @1000000001 | wc -l) touched"

# Order, workers, folders instead of lists.
nonna-dataset build two --files-from reversed $options -j 3 -q 2>/dev/null
same one two
nonna-dataset build three films --recursive $options -q 2>/dev/null
same one three

# Parts, whoever makes them, merge to the same.
for n in 1 3; do
    i=0
    while [ $i -lt $n ]; do
        nonna-dataset build part$n-$i --files-from list $options --part $i/$n -q 2>/dev/null
        i=$((i + 1))
    done
    nonna-dataset merge part$n-* -o merged$n
    echo "merge of $n: status $?"
    same one merged$n
done
nonna-dataset merge part3-* -o merged3
echo "merge again: status $?"
nonna-dataset merge part3-0 part3-2 -o merged2 -q
echo "a part is missing: status $?"
nonna-dataset merge part3-0 part3-1 part3-2 one -o merged3
echo "with the whole: status $?"
same one merged3

# Nights: what is there stays, what is new joins.
head -n 9 list | nonna-dataset build nights --files-from - $options -q 2>/dev/null
nonna-dataset build nights --files-from list $options -q 2>/dev/null
nonna-dataset build nights --files-from reversed $options
wc -l <nights/manifest.jsonl

# A takedown: also of what has the same content, for good, and through merges.
printf 'films/zz-again.y4m\nfilms/p04.pgm\nfilms/never.seen\n' >takedown
nonna-dataset remove one --source takedown
echo "remove: status $?"
nonna-dataset build one --files-from list $options
cp films/b.y4m films/under-a-new-name.y4m
nonna-dataset build one films/under-a-new-name.y4m $options
words <one/manifest.jsonl | grep removed
cat one/shards/*.tar | grep -a -e films/b.y4m -e films/zz -e p04.pgm
nonna-dataset verify one
echo "verify: status $?"
for part in part3-0 part3-1 part3-2; do nonna-dataset remove $part --source takedown -q 2>/dev/null; done
nonna-dataset merge part3-* -o merged-after -q
nonna-dataset merge merged3 one -o without -q
# What is removed from one set stays out, also where another still has it under the same name.
for order in 'merged3 one' 'one merged3'; do
    nonna-dataset merge $order -o again -q
    words <again/manifest.jsonl | grep -c '"source":"films/p04.pgm","status":"ok"'
    rm -r again
done
for set in merged-after without; do words <$set/manifest.jsonl | grep -c removed; done
without_shards() { sed 's/"check":"[0-9a-f]*",//; s/"shard":[0-9]*,//' $1/manifest.jsonl | grep -v under-a-new-name | LC_ALL=C sort; }
without_shards merged-after >a
without_shards one | diff a - || echo 'removing before and after the merge differ'

# Two sets that knew one name for two contents: the first content, by digest, has the name, and what else they hold stays.
mkdir swap && cp films/p05.pgm swap/x.pgm && cp films/p06.pgm swap/y.pgm
nonna-dataset build swap1 swap --recursive --size 16 -q
cp films/p07.pgm swap/x.pgm && cp films/p05.pgm swap/z.pgm
nonna-dataset build swap2 swap --recursive --size 16 -q
nonna-dataset merge swap1 swap2 -o swapped
nonna-dataset verify swapped

# Not a file: a unit that fails, once. A folder that is gone: named every night.
mkdir -p odd/films && mkfifo odd/films/pipe.mp4 && ln -s nowhere odd/films/gone.jpg
for night in 1 2; do
    nonna-dataset build three odd/films odd/none --recursive $options -q
    echo "odd: status $?"
done
nonna-dataset build three --files-from /dev/null $options
echo "nobody's list: status $?"

# Failures are tried again when asked for.
nonna-dataset build two --files-from list $options --retry truncated --retry timeout
echo "nothing to retry: status $?"
sed s/F10:1/F9:1/ films/a.y4m >words.tmp && mv words.tmp films/words.mp4
nonna-dataset build two --files-from list $options
nonna-dataset build two --files-from list $options --retry unknown_format
echo "retry: status $?"
