# nonna-respond: the array's shape, the labels beside it, the same bytes for any -j, and what cannot be done.
stripes() {    # stripes NAME ACROSS: 16x16 grey, bright and dark by turns along rows or columns
    awk -v a="$2" -v n="${1#?}" 'BEGIN { print "P5\n16 16\n255";
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", ((a ? r : c) + n) % 4 < 2 ? 40 + n : 90 + n }' >"$1.pgm"
}
printf 'path\tlabel\n' >labels.tsv
for i in 1 2 3 4 5 6 7 8; do
    stripes p$i $((i % 2))
    printf 'p%d.pgm\t%d\n' $i $((i % 2)) >>labels.tsv
done
nonna-dataset pack -q --labels-from labels.tsv -o set.tar
nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors

nonna-respond model.safetensors set.tar -o r.npy --labels-out l.tsv
echo "status $?"
head -c 90 r.npy | tail -c 80 | grep -o "'descr.*"
cut -f2,3 l.tsv
nonna-respond model.safetensors set.tar -o r3.npy -j 3 && cmp r.npy r3.npy
nonna-respond model.safetensors - -o - <set.tar | cmp - r.npy && echo "a pipe gives the same"
nonna-respond model.safetensors set.tar -o r.npy && cmp r.npy r3.npy && echo "a second run changes nothing"
for layer in 1.filter 1.pool 1.norm 2.filter top; do
    nonna-respond model.safetensors set.tar --layer $layer -o l.npy
    head -c 128 l.npy | grep -ao "([0-9, ]*)"
done

# Several layers at once are what each is by itself; single neurons are their columns, as an array and as a table.
nonna-respond model.safetensors set.tar --layer 1.pool --layer top -o 'many-{layer}.npy'
nonna-respond model.safetensors set.tar --layer 1.pool -o one.npy && cmp one.npy many-1.pool.npy
cmp one.npy.keys many-1.pool.npy.keys && cmp r.npy many-top.npy && echo "layers agree"
nonna-respond model.safetensors set.tar --neuron 2.norm/0,1,2 --neuron 1.pool/2,0,1 -o two.npy --table two.tsv
head -c 128 two.npy | grep -ao "([0-9, ]*)"
head -n 1 two.tsv
number() { tail -c +"$((129 + 4 * $2))" "$1" | head -c 4 | od -An -tx4; }    # number ARRAY INDEX
for i in 0 1 2 3 4 5 6 7; do
    [ "$(number two.npy $((2 * i)))" = "$(number r.npy $((i * 144 + 6)))" ] || echo "image $i: not the top neuron's"
    [ "$(number two.npy $((2 * i + 1)))" = "$(number one.npy $((i * 400 + 81)))" ] || echo "image $i: not the pool neuron's"
done
tail -c +129 two.npy | od -An -v -tf4 -w8 | awk 'NR == FNR { a[NR] = $1; b[NR] = $2; next }
    FNR > 1 && ((a[FNR - 1] - $4) ^ 2 > 1e-12 || (b[FNR - 1] - $5) ^ 2 > 1e-12) { print "line " FNR " differs" }' - two.tsv
cut -f1-3 two.tsv | cmp - l.tsv && cut -f1 two.npy.keys | tail -n +2 >keys && cut -f1 two.tsv | tail -n +2 | cmp - keys
nonna-sweep -q model.safetensors set.tar --best 3 -o sweep.tsv
nonna-respond model.safetensors set.tar --from sweep.tsv --neurons 2 --table best.tsv
head -n 1 best.tsv | cut -f4- | tr '\t' '\n' | wc -l
for wrong in "" "--table x.tsv" "--neuron 9.norm/0,0,0 --table x.tsv" "--neuron 2.norm/0,1,2 --layer top --table x.tsv" \
    "--layer top --layer 1.pool -o x.npy" "--layer top --layer top -o x-{layer}.npy" "--by auc -o x.npy" "-o set.tar"; do
    nonna-respond model.safetensors set.tar $wrong
    echo "status $?"
done
ls x* 2>/dev/null

nonna-respond model.safetensors set.tar --layer 3.norm -o x.npy
echo "status $?"
nonna-respond model.safetensors set.tar -o /dev/full
echo "full disk: $?"
nonna-respond model.safetensors set.tar -o no/such/folder.npy
echo "status $?"
head -c 3000 set.tar >cut.tar
nonna-respond model.safetensors cut.tar -o x.npy
echo "truncated: $?"
head -c 3000 model.safetensors >cut.safetensors
nonna-respond cut.safetensors set.tar -o x.npy 2>err
echo "truncated: $? $(wc -l <err) line"
ls x.npy 2>/dev/null
exit 0
