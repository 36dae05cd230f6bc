# nonna-baseline linear: a planted filter, the same bytes for any number of threads, training pictures of the wrong size.
picture() {    # picture NAME SIDE SEED [OFFSET SHARE]: noise; on 16x16 of it, from OFFSET on, lies the planted pattern
    awk -v side="$2" -v seed="$3" -v at="${4:--1}" -v share="${5:-0}" 'BEGIN {
        print "P5\n" side " " side "\n255"
        srand(seed)
        for (r = 0; r < side; r++) for (c = 0; c < side; c++) {
            v = int(rand() * 90) + 20
            if (at >= 0 && r >= at && r < at + 16 && c >= at && c < at + 16)
                v += int((((r - at) * 5 + (c - at) * (c - at) * 3) % 97) * share)
            printf "%c", v
        } }' >"$1"
}
mkdir yes no train
for i in 1 2 3 4 5 6 7 8; do
    picture yes/$i.pgm 16 $i 0 0.35
    picture no/$i.pgm 16 2$i
    picture no/b$i.pgm 16 3$i
    picture train/$i.pgm 20 4$i
done
picture train/9.pgm 20 9 2 1.5
LC_ALL=C nonna-dataset pack -q yes --size 0 --format png --label 1 -o yes.tar
LC_ALL=C nonna-dataset pack -q no --size 0 --format png --label 0 -o no.tar
nonna-dataset testset -q --positives yes.tar --negatives no.tar --prior 0.66 --seed 1 -o test.tar
nonna-dataset pack -q train --size 0 --format png -o train.tar

nonna-baseline linear test.tar --data train.tar --filters 600 --best 1 --show best.png --best-responses b.tsv -o t.tsv
echo "status $?"
head -n 1 t.tsv | cut -f 1-7
awk -F'\t' 'NR == 2 { print "filter", $4, "accuracy", $6, "AUC", $7 }' t.tsv
head -c 4 best.png | tail -c 3
echo
wc -l <b.tsv
for threads in 1 2; do
    nonna-baseline linear -q test.tar --data train.tar --filters 600 --held-out -j $threads -o all$threads.tsv
done
cmp all1.tsv all2.tsv
wc -l <all1.tsv
# Held by less memory, and standing on disk: the same.
nonna-baseline linear -q test.tar --data train.tar --filters 20000 -o a.tsv
nonna-baseline linear -q test.tar --data train.tar --filters 20000 --memory 1 -o b.tsv
cmp a.tsv b.tsv
head -n 601 a.tsv >first.tsv
nonna-baseline linear -q test.tar --data train.tar --filters 600 -o few.tsv
cmp first.tsv few.tsv && echo 'the first filters of many are those of a few'
nonna-baseline linear -q test.tar --data train.tar --filters 600 --seed 2 -o other.tsv
cmp -s few.tsv other.tsv && echo 'the seed changes nothing'
for pixels in raw whitened; do
    nonna-baseline linear -q test.tar --data train.tar --filters 600 --pixels $pixels -o $pixels.tsv
    cmp -s few.tsv $pixels.tsv && echo "$pixels changes nothing"
done

echo tune
nonna-baseline linear test.tar --data train.tar --filters 500 --tune -j 1 -o tune.tsv 2>said
echo "status $?"
sed 's/chosen of .*/.../' said
cut -f 1,2 tune.tsv
awk -F'\t' 'NR > 1 { n += $6; if ($6 == 1 && $7 >= 0 && $8 >= 0) ok++; if ($6 == 0 && $7 == "nan" && $8 == "nan") ok++ }
    END { print n " chosen, " ok " as they should be" }' tune.tsv
nonna-baseline linear -q test.tar --data train.tar --filters 500 --tune -j 2 | cmp - tune.tsv

echo sizes
nonna-baseline linear test.tar --data test.tar --filters 50 --best 1 -o x.tsv 2>said
echo "status $?"
grep 'exactly as large as the test' said
mkdir small
for i in 1 2 3; do picture small/$i.pgm 12 5$i; done
nonna-dataset pack -q small --size 0 --format png -o small.tar
nonna-baseline linear test.tar --data train.tar --data small.tar --filters 50 --best 1 -o x.tsv 2>said
echo "status $?"
grep skipped said | sed 's/: [0-9a-f]*\.png:/: KEY.png:/'
rm x.tsv
fails() {
    nonna-baseline linear "$@" -o x.tsv
    echo "status $?"
}
fails test.tar --data small.tar
fails test.tar --data train.tar --side 24
fails yes.tar --data train.tar --filters 10
fails test.tar
fails test.tar --data missing.tar
fails - --data train.tar </dev/null
fails missing.tar --data train.tar
fails test.tar --data train.tar --tune --best 3
fails test.tar --data train.tar --tune --pixels raw
fails test.tar --data train.tar --tune --folds 3
fails test.tar --data train.tar --show x.tsv
head -c 3000 train.tar >cut.tar
fails test.tar --data cut.tar
: >empty.tar
fails test.tar --data empty.tar
fails empty.tar --data train.tar
nonna-baseline linear -q test.tar --data train.tar --filters 10 >/dev/full
echo "full disk: $?"
nonna-baseline linear -q test.tar --data train.tar --filters 10 --show /dev/full -o /dev/null
echo "full disk: $?"
nonna-baseline linear -q - --side 16 --data train.tar --filters 10 --best 1 <test.tar | wc -l
ls x.tsv 2>/dev/null
exit 0
