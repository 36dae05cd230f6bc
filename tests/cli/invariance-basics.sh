# nonna-invariance: curves, every picture's responses, plot, sheet; the same bytes for any -j; and what cannot be done.
picture() {    # picture NAME N: 16x16 stripes
    awk -v n="$2" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 40 + 3 * ((r * n + c * (7 - n)) % 20) }' >"$1.pgm"
}
printf 'path\tlabel\n' >labels.tsv
for i in 1 2 3 4 5 6; do
    picture p$i $i
    printf 'p%d.pgm\t%d\n' $i $((i % 2)) >>labels.tsv
done
nonna-dataset pack -q --labels-from labels.tsv -o set.tar
for i in 1 2 3; do
    for v in 01 02 03 11; do
        [ $i$v = 302 ] || picture head$i-$v $((i + 2 * ${v#0}))
    done
done
nonna-dataset pack -q head*.pgm -o heads.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors
nonna-sweep -q model.safetensors set.tar -o sweep.tsv
status() { echo "status $?"; }

# Three of the six pictures have the label 1; one head of three lacks a view, and nobody asked for view 11.
nonna-invariance model.safetensors set.tar --neuron top/2,2,1 --threshold 0.5 --translate 2 --scale 0.5:1.5/5 \
    --rotate 90/3 --sequence heads.tar --angles 01=-90,02=0,03=90 --each each.tsv --sheet a.png -o a.tsv 2>said
status
sed 's/from .*/from .../; s/not above.*/.../' said | grep -v ': the mean is'
grep -c ': the mean is' said
head -n 1 a.tsv
cut -f 1-3,10,11 a.tsv | tail -n +2
head -n 1 each.tsv
cut -f 1,3 each.tsv | sort | uniq -c | awk '{ print $1, $2, $3 }' | tail -n +2
awk -F'\t' '$1 == "view" { print $2, $3, $4 }' each.tsv
head -c 8 a.png | od -An -c
awk -F'\t' 'NR > 1 { d = $5 - 0.5 - $6; if (d * d > 1e-12) print "no difference:", $0 }' each.tsv

# The same bytes for any -j, from a pipe, and again.
again() {
    nonna-invariance model.safetensors - -q --neuron 2.norm/2,2,1 --threshold 0.5 --translate 2 --scale 0.5:1.5/5 \
        --rotate 90/3 --sequence heads.tar --angles 01=-90,02=0,03=90 --each each2.tsv --sheet b.png -j "$1" <set.tar
}
for j in 1 3; do again $j | cmp - a.tsv && cmp each.tsv each2.tsv && cmp a.png b.png; done && echo "the same for any -j"

# What is asked for matters.
run() { nonna-invariance -q model.safetensors set.tar --threshold 0 "$@"; }
run --neuron top/2,2,1 -o plain.tsv
cut -f 1 plain.tsv | tail -n +2 | sort | uniq -c | awk '{ print $1, $2 }'
for difference in '--border mean' '--crop 0.8' '--count 1' '--positive 0'; do
    run --neuron top/2,2,1 $difference | cmp -s - plain.tsv && echo "$difference changes nothing"
done
run --neuron top/2,2,1 --translate none --rotate none --scale 1:1 | cut -f 1-3

# Neuron and threshold from a sweep: its best neuron, by accuracy, then AUC.
best=$(tail -n +2 sweep.tsv | sort -s -t "$(printf '\t')" -k 6,6gr -k 7,7gr | awk -F'\t' 'NR == 1 { print $1 "/" $2 "," $3 "," $4 "\t" $5 }')
[ "$(nonna-invariance -q model.safetensors set.tar --sweep sweep.tsv | tail -n 1 | cut -f 10,11)" = "$best" ] || echo "not the best: $best"
awk -F'\t' '$2 == 2 && $3 == 2 && $4 == 1 { print $5 }' sweep.tsv >threshold
nonna-invariance -q model.safetensors set.tar --sweep sweep.tsv --neuron top/2,2,1 | tail -n 1 | cut -f 11 | cmp - threshold
# A neuron that says yes by its silence: everything is about the negative of its response. Others were not scored.
awk -F'\t' -v OFS='\t' 'NR > 1 { if ($2 == 2 && $3 == 2 && $4 == 1) $12 = -1; else $5 = $6 = $7 = "nan" } { print }' sweep.tsv >silent.tsv
nonna-invariance -q model.safetensors set.tar --sweep sweep.tsv --neuron top/2,2,1 | cut -f 4 >speaks
nonna-invariance -q model.safetensors set.tar --sweep silent.tsv | cut -f 4 | paste speaks - |
    awk 'NR > 1 && $1 + $2 != 0 { print "not the negative: " $0 } END { print (NR > 20 ? "silent" : "no lines") }'
nonna-invariance model.safetensors set.tar --neuron top/2,2,1 -o /dev/null 2>&1 | head -n 1

# Wrong usage touches nothing.
wrong() {
    nonna-invariance model.safetensors "$@" -o x.tsv --sheet x.png
    status
}
wrong --neuron top/2,2,1
wrong set.tar heads.tar --neuron top/2,2,1
wrong set.tar
wrong set.tar --neuron top/99,2,1
wrong set.tar --neuron top/2,2,1 --translate 99
wrong set.tar --neuron top/2,2,1 --scale 1
wrong set.tar --neuron top/2,2,1 --rotate 90/x
wrong set.tar --neuron top/2,2,1 --translate none --scale none --rotate none
wrong set.tar --neuron top/2,2,1 --angles 01=3
wrong --neuron top/2,2,1 --sequence heads.tar --rotate 90
wrong set.tar --neuron top/2,2,1 --crop 1.5
wrong - --neuron top/2,2,1 --sequence -
wrong set.tar --neuron top/2,2,1 --each x.tsv
wrong set.tar --neuron top/2,2,1 --plot set.tar

# What fails leaves nothing.
wrong set.tar --neuron top/2,2,1 --threshold 0 --crop 17
wrong set.tar --neuron top/2,2,1 --threshold 0 --positive cat
wrong --neuron top/2,2,1 --threshold 0 --sequence heads.tar --angles 21=3
wrong --neuron top/2,2,1 --threshold 0 --sequence heads.tar --angles 01=3,02=3
wrong --neuron top/2,2,1 --threshold 0 --sequence set.tar --angles 01=3
head -c 3000 set.tar >cut.tar
wrong cut.tar --neuron top/2,2,1 --threshold 0
wrong set.tar --sweep labels.tsv
nonna-invariance -q model.safetensors set.tar --neuron top/2,2,1 --threshold 0 -o /dev/full
status
PATH=$(dirname "$(command -v nonna-invariance)") nonna-invariance -q model.safetensors set.tar --neuron top/2,2,1 --threshold 0 -o x.tsv --plot x.svg
status
ls x.tsv x.png x.svg 2>/dev/null

# The plot.
if command -v gnuplot >/dev/null; then
    run --neuron top/2,2,1 -o /dev/null --plot a.svg && run --neuron top/2,2,1 -o /dev/null --plot b.svg && cmp a.svg b.svg
    grep -q 'degrees anticlockwise' a.svg || echo 'no plot of turns'
fi
exit 0
