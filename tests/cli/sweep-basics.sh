# nonna-sweep on responses that a shell can write: three neurons, eight images.
array() {    # array NAME SHAPE: bytes from standard input, as small integers (|u1)
    head="{'descr': '|u1', 'fortran_order': False, 'shape': $2, }"
    printf "\\223NUMPY\\1\\0v\\0%-117s\n" "$head" >"$1"
    cat >>"$1"
}
#          neuron 0 is right, neuron 1 is constant, neuron 2 wrong way round
printf '\1\5\11\2\5\10\0\5\10\3\5\7\1\5\5\11\5\1\10\5\2\12\5\0' | array r.npy '(8, 1, 1, 3)'
printf 'key\tlabel\na\t0\nb\t0\nc\t0\nd\t0\ne\t0\nf\t1\ng\t1\nh\t1\n' >l.tsv

nonna-sweep --responses r.npy --labels l.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --best 1 --layer 3.norm --best-responses b.tsv
cat b.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --held-out -o held.tsv -j 3
nonna-sweep -q --responses r.npy --labels l.tsv --held-out -j 1 | cmp - held.tsv
cut -f 1-4,15- held.tsv
sed 's/1$/cat/; s/0$/dog/' l.tsv >words.tsv
nonna-sweep -q --responses r.npy --labels words.tsv --positive cat --best 1

# Every image held out once; a neuron that is silent for what is sought; intervals; counting alone; next to no memory.
nonna-sweep --responses r.npy --labels l.tsv --folds 3 --polarity either --chosen chosen.tsv -o folds.tsv
cut -f 1-4,6,7,12,15- folds.tsv
cat chosen.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --histograms h.tsv -o /dev/null
awk -F '\t' 'NR > 1 { n = split($5, c, " "); sum = 0; for (i = 1; i <= n; ++i) sum += c[i]; print $1, $2, $3, $4, n, sum }' h.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --held-out --best 1 --bootstrap 50 -j 2 | tee intervals.tsv | cut -f 20-
nonna-sweep -q --responses r.npy --labels l.tsv --held-out --best 1 --bootstrap 50 -j 1 | cmp - intervals.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --no-auc | cut -f 5-8
nonna-sweep -q --responses r.npy --labels l.tsv --memory 1 | cut -f 5-8 | tail -n 1
#          neuron 1 has a response that is no number
{ printf "\\223NUMPY\\1\\0v\\0%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
  printf '\0\0\200\77\0\0\300\177\0\0\0\100\0\0\0\0\0\0\100\100\0\0\0\0'; } >some.npy
printf 'label\n0\n0\n1\n' >three.tsv
sed 's/<f4/<f8/' some.npy >rounded.npy    # twice as many bytes
tail -c 24 some.npy >>rounded.npy
nonna-sweep -q --responses rounded.npy --labels three.tsv >/dev/null
nonna-sweep --responses some.npy --labels three.tsv --best 2
echo "one left out: $?"
nonna-sweep -q --responses some.npy --labels three.tsv --best 2 --bootstrap 20 2>/dev/null | cut -f 4-7,15-
nonna-sweep -q --responses some.npy --labels three.tsv --best 1 --bootstrap 20 2>/dev/null | cut -f 4-7,15-

fails() {
    "$@" -o x.tsv
    echo "status $?"
}
fails nonna-sweep --responses r.npy --labels words.tsv
grep -v '1$' l.tsv >negatives.tsv
fails nonna-sweep --responses r.npy --labels negatives.tsv
sed 's/1$/0/' l.tsv >one-class.tsv
fails nonna-sweep --responses r.npy --labels one-class.tsv
fails nonna-sweep --responses r.npy --labels b.tsv --layer 1.norm --layer 2.norm
head -n 1 l.tsv >none.tsv
fails nonna-sweep --responses r.npy --labels none.tsv
cut -f 1 l.tsv >keys.tsv
fails nonna-sweep --responses r.npy --labels keys.tsv
printf '\1\5' | array short.npy '(8, 1, 1, 3)'
fails nonna-sweep --responses short.npy --labels l.tsv
printf '' | array empty.npy '(0, 1, 1, 3)'
fails nonna-sweep --responses empty.npy --labels none.tsv
printf '\1\5' | array line.npy '(2,)'
fails nonna-sweep --responses line.npy --labels l.tsv
{ printf "\\223NUMPY\\1\\0v\\0%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"; printf '\0\0\200\77\0\0\300\177'; } >nan.npy
printf 'label\n0\n1\n' >two.tsv
fails nonna-sweep --responses nan.npy --labels two.tsv
fails nonna-sweep --responses r.npy --labels l.tsv --held-out --folds 2
fails nonna-sweep --responses r.npy --labels l.tsv --folds 1
fails nonna-sweep --responses r.npy --labels l.tsv --folds 4
fails nonna-sweep --responses r.npy --labels l.tsv --chosen c.tsv
nonna-sweep -q --responses r.npy --labels l.tsv --held-out --bootstrap 50 | cut -f 4,20- | sort | uniq -c    # of all, the best alone
fails nonna-sweep --responses r.npy --labels l.tsv --best 1 --bootstrap 100 --no-auc
fails nonna-sweep --responses r.npy --labels l.tsv --polarity negative
fails nonna-sweep --responses r.npy --labels l.tsv --seed 3
fails nonna-sweep --responses r.npy --labels words.tsv --positive bird
fails nonna-sweep --responses - --labels -
nonna-sweep --responses r.npy --labels l.tsv -o none/x.tsv
echo "no folder: $?"
fails nonna-sweep --responses r.npy
fails nonna-sweep r.npy l.tsv --responses r.npy --labels l.tsv
fails nonna-sweep model-only
nonna-sweep -q --responses r.npy --labels l.tsv >/dev/full
echo "full disk: $?"
ls x.tsv 2>/dev/null
exit 0
