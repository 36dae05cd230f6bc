# nonna-stimulus: a picture and its tables, the same bytes twice, and what cannot be done.
stripes() {
    awk -v n="$2" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 40 + 3 * ((r * n + c * (7 - n)) % 20) }' >"$1"
}
for i in 1 2 3 4 5 6; do stripes p$i.pgm $i; done
nonna-dataset pack -q p1.pgm p2.pgm p3.pgm p4.pgm p5.pgm p6.pgm --label 1 -o set.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors

nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -o a.png --tsv a.tsv --data set.tar --starts 3 --iterations 15 --whitened w.png 2>said
echo "status $?"
sed 's/[0-9.e-]* at norm.*/.../' said
head -c 8 a.png | od -An -c
head -n 1 a.tsv
cut -f 1-2 a.tsv | tail -n +2
nonna-stimulus optimal model.safetensors --neuron 2.norm/2,2,1 -q -o b.png --data set.tar --starts 3 --iterations 15 -j 3 && cmp a.png b.png
cmp -s a.png w.png && echo "whitened and unwhitened are the same"
nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o c.png --norm 1 && cmp -s a.png c.png && echo "the norm changes nothing"

# The norm is the median's of some pictures: all of so small a set, or those that a seed draws; of one it is that one's.
tail -n 1 a.tsv | cut -f 11
for sample in 0 6 2000; do
    nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o b.png --data set.tar --starts 3 --iterations 15 --sample $sample && cmp a.png b.png
done
for seed in 0 1 2 3 4 5 6 7; do
    nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -o b.png --data set.tar --starts 1 --iterations 2 --sample 1 --seed $seed --tsv $seed.tsv 2>>drawn
    cut -f 8,11 $seed.tsv | tail -n 1
    nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o b.png --data - --starts 1 --iterations 2 --sample 1 --seed $seed --tsv piped.tsv <set.tar && cmp $seed.tsv piped.tsv
done >norms
sed 's/.*; //' drawn | sort -u | head -n 2
for i in 1 2 3 4 5 6; do
    nonna-dataset pack -q p$i.pgm -o p$i.tar && nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o b.png --data p$i.tar --starts 1 --iterations 2 --tsv p.tsv
    cut -f 8 p.tsv | tail -n 1
done | sort -u >single
[ "$(cut -f 1 norms | sort -u | wc -l)" -gt 2 ] && cut -f 1 norms | sort -u | comm -23 - single
nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o b.png --norm 1 --tsv b.tsv && cut -f 8,11 b.tsv | tail -n 1
nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -q -o b.png --tsv b.tsv && cut -f 11 b.tsv | tail -n 1
nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -o x.png --sample 5; echo "status $?"
nonna-stimulus optimal model.safetensors --neuron top/2,2,1 -o x.png --data set.tar --sample 5 --start-from average; echo "status $?"

nonna-stimulus top model.safetensors --neuron 1.pool/3,3,0 --data set.tar -o t.png --tsv t.tsv --count 4
echo "status $?"
head -n 1 t.tsv
wc -l <t.tsv
tail -n +2 t.tsv | sort -c -t "$(printf '\t')" -k 6,6gr && echo "strongest first"

for neuron in top/99,0,0 3.norm/0,0,0 nonsense; do
    nonna-stimulus top model.safetensors --neuron $neuron --data set.tar -o x.png
    echo "status $?"
done
nonna-stimulus top model.safetensors --neuron top/0,0,0 --data set.tar -o /dev/full
echo "full disk: $?"
nonna-stimulus optimal model.safetensors --neuron top/0,0,0 -o x.png --norm 0
echo "status $?"
ls x.png 2>/dev/null
exit 0
