# By what the best neuron is chosen, on which parts of a set, of which layer; and a best one that is not above chance.
array() {    # array NAME SHAPE: bytes from standard input, as small integers (|u1)
    head="{'descr': '|u1', 'fortran_order': False, 'shape': $2, }"
    printf "\\223NUMPY\\1\\0v\\0%-117s\n" "$head" >"$1"
    cat >>"$1"
}
# Nine negatives, three positives: neuron 0 is right more often, neuron 1 ranks better.
printf '\1\1\2\2\3\3\4\1\5\2\6\3\7\1\10\24\11\24\0\7\100\10\101\7' | array r.npy '(12, 1, 1, 2)'
printf 'label\n0\n0\n0\n0\n0\n0\n0\n0\n0\n1\n1\n1\n' >l.tsv
for by in accuracy auc; do
    nonna-sweep --responses r.npy --labels l.tsv --choose $by -o $by.tsv --best-responses best-$by.tsv
    cut -f 1-4,6,7,15 $by.tsv
    sed -n 11p best-$by.tsv
done
nonna-sweep -q --responses r.npy --labels l.tsv | cmp - accuracy.tsv
# Who reads the table follows it, or is told otherwise.
for table in accuracy auc; do
    nonna-sweep --from $table.tsv --best 1 --names
    nonna-sweep --from $table.tsv --best 1 --names --choose accuracy
    nonna-sweep --from $table.tsv --best 1 --names --choose auc
    # and what is written says by what, to the next reader
    for by in accuracy auc; do
        nonna-sweep --from $table.tsv --best 2 --choose $by -o again.tsv
        nonna-sweep --from again.tsv --best 1 --names
    done
done
printf 'method\tseed\tsweep\nx\t1\taccuracy.tsv\ny\t1\tauc.tsv\n' >list.tsv
for choose in '' '--choose accuracy' '--choose auc'; do
    nonna-compare list.tsv $choose -o means.tsv --runs runs.tsv
    cut -f 1,3-5 runs.tsv
done

# Stripes among noise: 40 pictures of each, of ten folders that are in one part only; two stages that learned nothing.
picture() {    # picture NAME SEED STRIPES
    LC_ALL=C awk -v s="$2" -v w="$3" 'BEGIN { srand(s); print "P5\n16 16\n255"
        for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) printf "%c", 60 + int(rand() * 60) + (c % 4 < 2 ? w : 0) }' >"$1"
}
for d in 0 1 2 3 4 5 6 7 8 9; do
    mkdir -p yes/$d no/n$d same/s$d
    for i in 1 2 3 4; do
        picture yes/$d/$i.pgm 1$d$i 60
        picture no/n$d/$i.pgm 2$d$i 0
        picture same/s$d/$i.pgm 3$d$i 0
    done
done
for set in yes no same; do
    nonna-dataset pack -q $set --size 0 --format png -o $set.tar
done
nonna-dataset testset -q --positives yes.tar --negatives no.tar --prior 0.5 --size 16 --group-by folder --split-lists p -o test.tar 2>/dev/null
nonna-dataset testset -q --positives same.tar --negatives no.tar --prior 0.5 --size 16 --group-by folder --split-lists s -o noise.tar 2>/dev/null
nonna-init tiny --whiten-from no.tar --seed 3 -o m.safetensors

echo parts
nonna-sweep -q m.safetensors test.tar --held-out -o halves.tsv
nonna-sweep -q m.safetensors test.tar --held-out --parts a:b | cmp - halves.tsv
nonna-sweep -q m.safetensors test.tar --held-out --parts b:a -o turned.tsv
cmp -s halves.tsv turned.tsv && echo "who chooses makes no difference"
nonna-sweep m.safetensors test.tar --held-out --parts b:a -o /dev/null 2>&1 | sed 's/top.*, chosen/NEURON, chosen/; s/[0-9.]* %/P/g; s/AUC [0-9.]*/AUC/'
nonna-baseline linear -q test.tar --data no.tar --side 12 --filters 50 --held-out -o halves.tsv
nonna-baseline linear -q test.tar --data no.tar --side 12 --filters 50 --held-out --parts a:b | cmp - halves.tsv
nonna-baseline linear -q test.tar --data no.tar --side 12 --filters 50 --tune --parts b:a -o turned.tsv
nonna-baseline linear -q test.tar --data no.tar --side 12 --filters 50 --tune --choose auc -o tuned.tsv
cmp -s turned.tsv tuned.tsv && echo "who chooses makes no difference"

echo layers
nonna-sweep m.safetensors test.tar --layer all --held-out --best 1 --by-layer --choose auc -o layers.tsv 2>said
cut -f 1 layers.tsv
sed 's/;.*chosen/; NEURON, chosen/; s|: [^ ]*/[0-9,]*, chosen|: NEURON, chosen|; s/[0-9.]* %/P/g; s/AUC [0-9.]*/AUC/' said
nonna-sweep -q m.safetensors test.tar --layer all --held-out --choose auc -o all.tsv
nonna-sweep --from all.tsv --best 1 --by-layer | cmp - layers.tsv
nonna-sweep --from all.tsv --best 3 --by-layer --by choice_accuracy | cut -f 1 | uniq -c
# Each layer's line is what that layer alone says.
nonna-sweep m.safetensors test.tar --layer 1.norm --held-out --choose auc -o /dev/null 2>&1 | sed 's/^.*; /nonna-sweep: 1.norm: /' >alone
grep -cxFf alone said

echo chance
nonna-sweep m.safetensors noise.tar --held-out --choose auc -o /dev/null 2>&1 | sed 's/; .*//; s/[0-9]\.[0-9][0-9]*/N/g'
nonna-sweep m.safetensors test.tar --layer 1.norm --held-out --choose auc -o /dev/null 2>&1 | grep -c 'chance'
nonna-sweep m.safetensors noise.tar --choose auc -o /dev/null 2>&1 | grep -c 'chance'
nonna-baseline linear noise.tar --data no.tar --side 12 --filters 50 --held-out -o /dev/null 2>&1 | grep -c 'usual reasons'
# With --bootstrap the interval that is said is the table's.
nonna-sweep m.safetensors noise.tar --held-out --choose auc --best 1 --bootstrap 100 -o best.tsv 2>said
awk -F'\t' 'NR == 2 { printf "%.3f and %.3f\n", $(NF - 3), $(NF - 2) }' best.tsv | grep -cFf - said

fails() {
    "$@" -o x.tsv
    echo "status $?"
}
fails nonna-sweep m.safetensors test.tar --held-out --parts a:c
fails nonna-sweep m.safetensors yes.tar --held-out --parts a:b --positive x
fails nonna-sweep m.safetensors test.tar --held-out --parts a
fails nonna-sweep m.safetensors test.tar --parts a:b
fails nonna-sweep m.safetensors test.tar --folds 3 --parts a:b
fails nonna-sweep m.safetensors test.tar --choose auc --no-auc
fails nonna-sweep m.safetensors test.tar --by-layer
fails nonna-sweep --responses r.npy --labels l.tsv --held-out --parts a:b
fails nonna-sweep --from auc.tsv --choose auc
fails nonna-sweep --from auc.tsv --best 1 --choose auc --by accuracy
fails nonna-sweep --from auc.tsv --by-layer
fails nonna-baseline linear test.tar --data no.tar --side 12 --held-out --parts c:d
fails nonna-baseline linear test.tar --data no.tar --side 12 --parts a:b
fails nonna-compare list.tsv --choose AUC
sed '3s/auc$/accuracy/' auc.tsv >mixed.tsv
fails nonna-sweep --from mixed.tsv --best 1
ls x.tsv 2>/dev/null
exit 0
