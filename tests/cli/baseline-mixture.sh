# nonna-baseline on several sets with weights, and on grey values: the same pictures as a network's.
picture() {    # picture NAME SIDE SEED CHANNEL: noise, stripes in red (0) or blue (2) that are as bright in grey
    LC_ALL=C awk -v side="$2" -v seed="$3" -v channel="$4" 'BEGIN {
        print "P6\n" side " " side "\n255"
        srand(seed)
        for (r = 0; r < side; r++) for (c = 0; c < side; c++) for (o = 0; o < 3; o++)
            printf "%c", 20 + int(rand() * 60) + (channel == o && c % 4 < 2 ? (o ? 79 : 30) : 0) }' >"$1"
}
mkdir yes no red blue
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    picture yes/$i.ppm 12 1$i 0
    picture no/$i.ppm 12 2$i 2
    picture red/$i.ppm 16 3$i 0
    picture blue/$i.ppm 16 4$i 2
done
for set in yes no red blue; do LC_ALL=C nonna-dataset pack -q $set --size 0 --format png -o $set.tar; done
nonna-dataset testset -q --positives yes.tar --negatives no.tar --prior 0.5 --size 12 --seed 1 -o test.tar

linear() { nonna-baseline linear -q test.tar --filters 200 "$@"; }
kmeans() { nonna-baseline kmeans -q test.tar --side 12 --whitening 3 --centroids 3 "$@"; }

echo weights
linear --data red.tar -o one.tsv
linear --data red.tar:3 | cmp - one.tsv
linear --data red.tar --data blue.tar -o equal.tsv
linear --data red.tar:2 --data blue.tar:2 | cmp - equal.tsv
linear --data red.tar:5 --data blue.tar -o more.tsv
cmp -s equal.tsv more.tsv && echo 'weights change nothing'
kmeans --data red.tar --data blue.tar --save m.safetensors -o equal.tsv
kmeans --data red.tar --data blue.tar --save m.safetensors --resume | cmp - equal.tsv
kmeans --data red.tar:5 --data blue.tar --save m.safetensors --resume -o x.tsv
echo "other weights: $?"
# The positives are red: the more blue filters, the more have an AUC below 1/2.
for weights in ':5 :1' ':1 :1' ':1 :5'; do
    linear --data red.tar${weights% *} --data blue.tar${weights#* } | awk -F'\t' 'NR > 1 && $7 < 0.5 { n++ } END { print n + 0 }'
done >below
sort -n below | uniq | cmp - below && wc -l <below

echo channels
linear --data red.tar --best 1 --show c.png | cut -f 7 | tail -n 1
linear --data red.tar --best 1 --channels 3 --show d.png | cut -f 7 | tail -n 1
linear --data red.tar --best 1 --channels 1 --show g.png -o grey.tsv
linear --data red.tar --best 1 --pixels whitened --channels 1 -o grey.tsv
awk -F'\t' 'NR == 2 { print ($7 < 0.9 ? "grey sees no colour" : "AUC " $7) }' grey.tsv
cmp c.png d.png
head -c 4 g.png | tail -c 3
echo
kmeans --data red.tar --data blue.tar --channels 1 --save g.safetensors --show k.png -o grey.tsv
nonna-info g.safetensors | grep -E '^ *(centroids|preprocess)' | tr -s ' '
nonna-baseline kmeans -q test.tar --model g.safetensors | cmp - grey.tsv
kmeans --data red.tar --data blue.tar --channels 1 --save g.safetensors --resume | cmp - grey.tsv

fails() {
    "$@" -o x.tsv
    echo "status $?"
}
fails kmeans --data red.tar --data blue.tar --save g.safetensors --resume
fails nonna-baseline kmeans test.tar --model g.safetensors --channels 1
fails linear --data red.tar --channels 2
fails linear --data red.tar:0
fails linear --data red.tar:x
fails linear --data red.tar --data blue.tar:1e-9
fails linear --data red.tar --data none.tar:2
nonna-baseline linear test.tar --data red.tar:2 -o red.tar
echo "its own input: $?"
ls x.tsv 2>/dev/null
exit 0
