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
