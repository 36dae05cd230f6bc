# nonna-stimulus and nonna-invariance for pages of single neurons: each one's own files, priors, starts, distinct
# pictures; the same bytes for any -j; and what cannot be done.
i=0
while [ $i -lt 40 ]; do
    i=$((i + 1))
    mkdir -p film$((i % 3))
    awk -v n="$i" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 40 + 3 * ((r * n + c * (7 - n)) % 20) }' \
        >film$((i % 3))/$i.pgm
done
{ printf 'path\tlabel\n'; for p in film*/*.pgm; do n=${p##*/}; printf '%s\t%d\n' $p $((${n%.pgm} % 2)); done; } >labels.tsv
nonna-dataset pack -q --labels-from labels.tsv -o set.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors
nonna-sweep -q model.safetensors set.tar -o sweep.tsv
status() { echo "status $?"; }
column() { awk -F'\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next } { print $k }' "$2"; }
magic() { head -c 12 "$1" | tr -cd 'A-Za-z' && echo; }

echo "== a folder a neuron"
each() {    # each FOLDER THREADS
    nonna-stimulus average model.safetensors --from sweep.tsv --neurons 3 --data set.tar --each $1 -q -j $2
    nonna-stimulus optimal model.safetensors --from sweep.tsv --neurons 3 --data set.tar --starts 2 --iterations 4 \
        --prior smooth --prior jitter:1 --each $1 -q -j $2
    nonna-stimulus top model.safetensors --from sweep.tsv --neurons 3 --data set.tar --count 2 --order numerator \
        --distinct folder --each $1 -q -j $2
    nonna-invariance model.safetensors set.tar --sweep sweep.tsv --neurons 3 --folders $1 --translate 2 --scale none \
        --rotate none --count 4 -q -j $2
}
each a 3
each b 1
diff -r a b && echo "the same for any -j"
ls a | sed 's/[0-9]*,[0-9]*,[0-9]*/.../'
name=$(ls a | head -n 1)
ls a/$name
head -n 1 a/$name/top.tsv
cut -f 1,2,7 a/$name/top.tsv | tail -n +2
head -n 1 a/$name/optimal.tsv
head -n 1 a/$name/invariance.tsv
column file a/$name/top.tsv | while read -r file; do [ -s a/$name/$file ] || echo "no $file"; done
neuron=$(echo $name | sed 's,-,/,')
nonna-invariance model.safetensors set.tar --sweep sweep.tsv --neuron $neuron --translate 2 --scale none --rotate none \
    --count 4 -q | cmp - a/$name/invariance.tsv && echo "as of one neuron alone"
od -An -tu1 -j16 -N8 a/$name/average.png

echo "== priors beside the literal optimum"
nonna-stimulus optimal model.safetensors --neuron $neuron --data set.tar -o literal.png --tsv literal.tsv -q
nonna-stimulus optimal model.safetensors --neuron $neuron --data set.tar -o smooth.webp --tsv smooth.tsv \
    --prior smooth:0.7 --npy smooth.npy 2>said
sed 's/[0-9][0-9.e-]*\([; ]\|$\)/...\1/g' said
awk -F'\t' 'NR == FNR { if ($3 == 1) literal = $5; next }
    $3 == 1 { if ($13 == literal) print "the literal response is the literal run'"'"'s"; if ($5 < literal) print "smooth has less" }' \
    literal.tsv smooth.tsv
column climbed smooth.tsv | uniq
magic smooth.webp
nonna-stimulus optimal model.safetensors --neuron $neuron --norm 5 -o x.jpg --start-from smooth.npy --tsv again.tsv -q
column start again.tsv
head -c 3 x.jpg | od -An -tx1
nonna-stimulus optimal model.safetensors --neuron $neuron --norm 5 -o y.png --start-from film0/3.pgm -q; status
nonna-stimulus optimal model.safetensors --neuron $neuron --data set.tar -o y.png --start-from average -q --climb numerator \
    --tsv numerator.tsv; status
column climbed numerator.tsv
awk -F'\t' 'NR > 1 && !($12 > $14) { print "no gain on the numerator", $0 }' numerator.tsv

echo "== distinct"
nonna-stimulus top model.safetensors --neuron $neuron --data set.tar --count 9 --tsv t.tsv -o t.jpg --distinct folder
column source t.tsv | cut -d / -f 1 | sort
nonna-stimulus top model.safetensors --neuron $neuron --data set.tar --count 9 --tsv all.tsv -o t.jpg --distinct source
[ "$(column source all.tsv | sort -u | wc -l)" -eq 9 ] && echo "nine sources"
head -c 3 t.jpg | od -An -tx1
head -n 1 t.tsv

echo "== what cannot be done"
refused() { "$@"; status; }
refused nonna-stimulus average model.safetensors --neuron $neuron --data set.tar
refused nonna-stimulus top model.safetensors --neuron $neuron --data set.tar
refused nonna-stimulus optimal model.safetensors --neuron $neuron
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --prior rough
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --prior jitter:0
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --prior smooth --prior smooth:2
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --start-from average
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --start-from film0/3.pgm --starts 2
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --start-from sweep.tsv
nonna-respond -q model.safetensors set.tar -o r.npy
refused nonna-stimulus optimal model.safetensors --neuron $neuron -o z.png --start-from r.npy
refused nonna-stimulus top model.safetensors --neuron $neuron --data set.tar -o z.gif
refused nonna-stimulus average model.safetensors --neuron $neuron --data set.tar --each set.tar/x
refused nonna-invariance model.safetensors set.tar --neurons 3 --sweep sweep.tsv
refused nonna-invariance model.safetensors set.tar --folders c --neuron $neuron
refused nonna-invariance model.safetensors set.tar --folders c --sweep sweep.tsv --sheet z.png
ls z.* c 2>/dev/null
exit 0
