# nonna-baseline kmeans: centroids of two kinds of pictures, killed and gone on with to the same bytes, applied again.
picture() {    # picture NAME KIND SEED: stripes lying or standing, in noise
    awk -v kind="$2" -v seed="$3" 'BEGIN {
        print "P5\n16 16\n255"
        srand(seed)
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++)
            printf "%c", 60 + ((kind ? r : c) % 4 < 2 ? 60 : 0) + int(rand() * 60)
        }' >"$1"
}
mkdir yes no
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    picture yes/$i.pgm 1 $i
    picture no/$i.pgm 0 3$i
    picture no/b$i.pgm 0 5$i
done
nonna-dataset pack -q yes --size 0 --format png --label 1 -o yes.tar
nonna-dataset pack -q no --size 0 --format png --label 0 -o no.tar
nonna-dataset testset -q --positives yes.tar --negatives no.tar --prior 0.66 --seed 1 -o test.tar
fails() {
    nonna-baseline kmeans "$@" -o x.tsv
    echo "status $?"
}
fit() { nonna-baseline kmeans test.tar --data yes.tar --data no.tar --side 16 --whitening 5 "$@"; }

fit --centroids 4 --save m.safetensors --best 1 --show best.png --best-responses b.tsv -o t.tsv 2>said
echo "status $?"
sed 's/best kmeans.*: acc/...: acc/' said
awk -F'\t' 'NR == 2 { print $1, $2, $3, "accuracy", $6, "AUC", $7 }' t.tsv
head -c 4 best.png | tail -c 3
echo
nonna-info m.safetensors | grep -E 'centroids|weights|finished|seed|start|batch' | tr -s ' '
nonna-baseline kmeans -q test.tar --model m.safetensors --best 1 -o again.tsv
cmp t.tsv again.tsv
cp m.safetensors first.safetensors
fit --centroids 4 --save m.safetensors --resume -q -o again.tsv --best 1
cmp m.safetensors first.safetensors
cmp t.tsv again.tsv && echo 'nothing left to do, nothing changed'

# Killed once something new is saved, three times, and gone on with. Where that is depends on the machine, and must not
# matter.
long='test.tar --data yes.tar --data no.tar --side 16 --whitening 5 --centroids 6 --batch 7 --save-every 1 -q'
killed=0
for start in sampled k-means++; do
    nonna-baseline kmeans $long --iterations 150 --start $start --save whole -o whole.tsv -j 1
    rm -f parts before
    for kill in 1 2 3; do
        [ ! -e parts ] || cp parts before
        nonna-baseline kmeans $long --iterations 150 --start $start --save parts --resume -o parts.tsv &
        run=$!
        while kill -0 $run 2>/dev/null && { [ ! -e parts ] || cmp -s parts before; }; do :; done 2>/dev/null
        ! kill -9 $run 2>/dev/null || killed=$((killed + 1))
        wait $run 2>/dev/null
    done
    nonna-baseline kmeans $long --iterations 150 --start $start --save parts --resume -o parts.tsv -j 2
    cmp whole parts
    cmp whole.tsv parts.tsv
    rm -f parts.tsv
done
[ $killed -ge 3 ] || echo "only $killed of 6 were killed"

# Asked to end, it saves where it is and says so; what is not finished is no model.
rm -f parts
nonna-baseline kmeans $long --iterations 1000000 --save parts -o x.tsv 2>said &
run=$!
while kill -0 $run 2>/dev/null && [ ! -e parts ]; do :; done
kill -TERM $run
wait $run
echo "asked to end: $?"
cat said
fails test.tar --model parts

echo tune
fit --centroids 8 --iterations 5 --tune -j 1 -o tune.tsv 2>said
echo "status $?"
sed 's/chosen of .*/.../' said
cut -f 1,2 tune.tsv
awk -F'\t' 'NR > 1 { n += $6; if ($6 == ($7 != "nan")) ok++ } END { print n " chosen, " ok " as they should be" }' tune.tsv
fit --centroids 8 --iterations 5 --tune -q -j 2 | cmp - tune.tsv

fails test.tar --data yes.tar --centroids 4
fails test.tar --data yes.tar --side 16 --whitening 5
fails test.tar
fails test.tar --data yes.tar --model m.safetensors
fails test.tar --model m.safetensors --centroids 4
fails test.tar --model m.safetensors --side 16
fails test.tar --model m.safetensors --tune
fails test.tar --model t.tsv
fails test.tar --data yes.tar --side 16 --whitening 5 --centroids 3 --resume
fails test.tar --data yes.tar --side 16 --whitening 17 --centroids 3
fails test.tar --data yes.tar --side 16 --whitening 4 --centroids 3
fails test.tar --data yes.tar --data no.tar --side 16 --whitening 5 --centroids 5 --save m.safetensors --resume
fails test.tar --data yes.tar --data no.tar --side 16 --whitening 5 --centroids 4 --seed 1 --save m.safetensors --resume
fails test.tar --data yes.tar --side 16 --whitening 5 --centroids 3 --save yes.tar
fails test.tar --data yes.tar --side 16 --whitening 5 --centroids 3 --save x.tsv
fails yes.tar --data no.tar --side 16 --whitening 5 --centroids 3
(flock 9; fit -q --centroids 3 --save locked.safetensors -o x.tsv; echo "locked: $?") 9>locked.safetensors.lock
head -c 5000 m.safetensors >cut.safetensors
fails test.tar --model cut.safetensors
fit -q --centroids 3 --save /dev/full -o x.tsv
echo "full disk: $?"
ls x.tsv 2>/dev/null
exit 0
