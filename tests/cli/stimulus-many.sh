# nonna-stimulus on many neurons and on streams: a layer, a table, several names; the same bytes for any -j.
stripes() {
    awk -v n="$2" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 40 + 3 * ((r * n + c * (7 - n)) % 20) }' >"$1"
}
i=0
while [ $i -lt 60 ]; do i=$((i + 1)); stripes $i.pgm $i; done
nonna-dataset pack -q *.pgm -o set.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors
column() { awk -F'\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next } { print $k }' "$2"; }

echo "== a layer"
nonna-stimulus optimal model.safetensors --layer top --neurons 7 -o a.png --whitened w.png --npy a.npy --tsv a.tsv \
    --ascent steps.tsv --starts 2 --iterations 6 --data set.tar -j 3 2>said
echo "status $?"
sed 's/best of.*/.../' said
head -n 1 a.tsv
head -n 1 steps.tsv
column neuron a.tsv | uniq -c | awk '{ print $1, $2 }'
head -c 128 a.npy | grep -ao "(.*)"
nonna-stimulus optimal model.safetensors --layer top --neurons 7 -q -o b.png --whitened v.png --npy b.npy --tsv b.tsv \
    --starts 2 --iterations 6 --data set.tar -j 1
for pair in a.png=b.png w.png=v.png a.npy=b.npy a.tsv=b.tsv; do cmp ${pair%=*} ${pair#*=}; done

echo "== alone and among others: the same stimulus"
nonna-stimulus optimal model.safetensors --neuron 2.norm/2,3,2 --neuron 1.pool/0,9,1 --neuron 2.norm/5,5,0 -q -o c.png \
    --npy c.npy --starts 2 --iterations 6
nonna-stimulus optimal model.safetensors --neuron 1.pool/0,9,1 -q -o d.png --npy d.npy --starts 2 --iterations 6
tail -c 3072 d.npy >alone
tail -c 6144 c.npy | head -c 3072 | cmp - alone

echo "== a table"
printf 'layer\trow\tcol\tmap\taccuracy\tauc\n' >sweep.tsv
printf '2.norm\t0\t0\t%s\t%s\t%s\n' 0 0.5 0.7 1 0.9 0.6 2 0.9 0.8 3 nan 0.9 >>sweep.tsv
nonna-stimulus top model.safetensors --from sweep.tsv --neurons 3 --data set.tar --count 2 -o e.png --tsv e.tsv
column neuron e.tsv | uniq
nonna-stimulus top model.safetensors --from sweep.tsv --neurons 1 --by auc --data set.tar --count 2 -o e.png --tsv e.tsv
column neuron e.tsv | uniq
cut -f 1 a.tsv | nonna-stimulus top model.safetensors --from - --neurons 1 --data set.tar --count 2 -o e.png --tsv e.tsv
column neuron e.tsv | uniq

echo "== strongest and weakest of a stream"
nonna-stimulus top model.safetensors --neuron 1.norm/4,4,1 --neuron top/1,1,1 --data set.tar --count 5 -o f.png \
    --weakest g.png --tsv f.tsv -j 3
head -n 1 f.tsv
cut -f 1-3 f.tsv | tail -n +2 | awk -F'\t' '{ print $1, $2 }' | uniq -c | awk '{ print $1, $2, $3 }'
nonna-stimulus top model.safetensors --neuron 1.norm/4,4,1 --neuron top/1,1,1 --data - --count 5 -o h.png \
    --weakest i.png --tsv h.tsv -j 1 <set.tar
for pair in f.png=h.png g.png=i.png f.tsv=h.tsv; do cmp ${pair%=*} ${pair#*=}; done
# all of them, strongest first and weakest first: the one order is the other's reverse, and all are there
nonna-stimulus top model.safetensors --neuron top/1,1,1 --data set.tar --count 1000 -o j.png --weakest k.png --tsv j.tsv
grep -c strongest j.tsv
grep strongest j.tsv | cut -f 6 >down
grep weakest j.tsv | cut -f 6 | tac | cmp - down && sort -c -gr down && echo "in order"
[ "$(grep strongest j.tsv | cut -f 4 | sort -u | wc -l)" -eq 60 ] && echo "each once"

echo "== a folder with filters"
nonna-stimulus filters model.safetensors -o l.png --whitened m.png
echo "status $?"
nonna-stimulus filters model.safetensors --stage 2 --at 0,0 --at 6,5 -o n.png -j 1
nonna-stimulus filters model.safetensors --stage 2 --at 0,0 --at 6,5 -o o.png -j 2 && cmp n.png o.png
cmp -s l.png m.png || echo "pixels and weights differ"

echo "== what cannot be done"
refused() { "$@" -o x.png; echo "status $?"; }
refused nonna-stimulus optimal model.safetensors
refused nonna-stimulus optimal model.safetensors --layer top --neuron top/0,0,0
refused nonna-stimulus optimal model.safetensors --layer top --by auc
refused nonna-stimulus optimal model.safetensors --from sweep.tsv --by colour
sed 's/2.norm/9.norm/' sweep.tsv >other.tsv
refused nonna-stimulus optimal model.safetensors --from other.tsv
refused nonna-stimulus optimal model.safetensors --from set.tar
head -n 1 sweep.tsv >empty.tsv
refused nonna-stimulus top model.safetensors --from empty.tsv --data set.tar
head -c 20000 set.tar >half.tar
refused nonna-stimulus top model.safetensors --layer top --data half.tar
refused nonna-stimulus filters model.safetensors --stage 3
refused nonna-stimulus filters model.safetensors --stage 2 --whitened y.png
refused nonna-stimulus filters model.safetensors --at 99,0
refused nonna-stimulus filters model.safetensors --at 1,1 --grid 2
nonna-stimulus filters model.safetensors -o /dev/full
echo "full disk: $?"
nonna-stimulus optimal model.safetensors --layer 1.filter --neurons 2 -q -o x.png --npy /dev/full
echo "full disk: $?"
ls x.png y.png 2>/dev/null
exit 0
