# nonna-stimulus average: one neuron and many, the same bytes for any -j; dead neurons are named in every job.
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    awk -v n="$i" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 40 + 3 * ((r * n + c * (7 - n)) % 20) }' >$i.pgm
done
nonna-dataset pack -q *.pgm -o set.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors

echo "== many"
nonna-stimulus average model.safetensors --layer top --neurons 5 --data set.tar -o a.png --npy a.npy --error e.npy \
    --tsv a.tsv -j 3
nonna-stimulus average model.safetensors --layer top --neurons 5 --data - -o b.png --npy b.npy --error f.npy \
    --tsv b.tsv -j 1 <set.tar
for pair in a.png=b.png a.npy=b.npy e.npy=f.npy a.tsv=b.tsv; do cmp ${pair%=*} ${pair#*=}; done
head -n 1 a.tsv
cut -f 1,2 a.tsv | tail -n +2
nonna-stimulus average model.safetensors --neuron 2.norm/2,3,2 --data set.tar -o one.png
head -c 128 a.npy | grep -ao "(.*)"

echo "== dead: flat pictures, in which there is nothing to see"
for grey in 50 100 150; do
    awk -v g=$grey 'BEGIN { print "P5\n16 16\n255"; for (i = 0; i < 256; i++) printf "%c", g }' >flat$grey.pgm
done
nonna-dataset pack -q flat*.pgm -o same.tar
nonna-dataset pack -q 1.pgm -o single.tar
for job in average top optimal; do
    nonna-stimulus $job model.safetensors --neuron 2.norm/2,3,2 --neuron 1.filter/0,0,0 --data same.tar -o dead.png
    echo "status $?"
    ls dead.png 2>/dev/null
done

echo "== wrong"
nonna-stimulus average model.safetensors --neuron 2.norm/2,3,2 --data single.tar -o x.png
echo "status $?"
nonna-stimulus average model.safetensors --neuron 2.norm/2,3,2 --data none.tar -o x.png
echo "status $?"
nonna-stimulus average model.safetensors --data set.tar -o x.png
echo "status $?"
nonna-stimulus average model.safetensors --neuron 2.norm/2,3,2 --data set.tar -o x.png --npy x.png
echo "status $?"
[ ! -e x.png ]
