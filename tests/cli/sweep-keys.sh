# Labels of responses are found by key, where both have keys; a sweep belongs to its model.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-dataset pack -q ./[0-8].ppm --format png -o part.tar
for seed in 1 2; do nonna-init tiny --whiten-from data.tar --seed $seed -o $seed.safetensors; done
nonna-respond 1.safetensors data.tar -o r.npy --labels-out l.tsv
ls r.npy*
head -n 1 r.npy.keys
awk -F'\t' 'NR == 1 { print "key\tlabel"; next } { print $1 "\t" NR % 2 }' l.tsv >labels.tsv
score() { nonna-sweep -q --responses "$1" --labels "$2" -o "$3"; }
fails() { "$@" && echo "not refused"; echo "status $?"; }

# In any order, with lines of other images, without keys; from a pipe, which has none.
score r.npy labels.tsv straight.tsv
{ head -n 1 labels.tsv; tail -n +2 labels.tsv | tac; } >turned.tsv
score r.npy turned.tsv turned-scores.tsv && cmp straight.tsv turned-scores.tsv && echo "by key"
{ head -n 3 labels.tsv; printf '0000000000000000\t1\nffffffffffffffff\t0\n'; tail -n +4 labels.tsv; } >more.tsv
score r.npy more.tsv more-scores.tsv && cmp straight.tsv more-scores.tsv && echo "of more images"
cut -f 2 labels.tsv >plain.tsv
score r.npy plain.tsv plain-scores.tsv && cmp straight.tsv plain-scores.tsv && echo "line by line"
score - labels.tsv piped.tsv <r.npy && cmp straight.tsv piped.tsv && echo "from a pipe"
nonna-sweep -q --responses r.npy --labels - -o stdin.tsv <turned.tsv && cmp straight.tsv stdin.tsv && echo "labels from a pipe"
nonna-respond 1.safetensors data.tar -o - | cmp - r.npy && ls ./-* 2>/dev/null

# What does not go together.
head -n 15 labels.tsv >fewer.tsv
fails score r.npy fewer.tsv x
{ cat labels.tsv; tail -n 1 labels.tsv; } >twice.tsv
fails score r.npy twice.tsv x
nonna-respond 1.safetensors part.tar -o part.npy
fails score part.npy l.tsv x 2>/dev/null
score part.npy turned.tsv part.tsv && echo "of fewer images"
cp part.npy r.npy
fails score r.npy labels.tsv x
nonna-respond 2.safetensors data.tar -o two.npy
cp two.npy r.npy
fails score r.npy labels.tsv x
rm r.npy.keys
score r.npy labels.tsv x && echo "without keys"

# Whose neurons they are.
awk -F'\t' 'NR == FNR { label[$1] = $2; next } FNR > 1 { print $2 "\t" label[$1] }' labels.tsv l.tsv >by-source
{ printf 'path\tlabel\n'; cat by-source; } >labelled.tsv
nonna-dataset pack -q --labels-from labelled.tsv --format png -o test.tar
nonna-sweep -q 1.safetensors test.tar -o sweep.tsv
head -n 1 sweep.tsv | tr '\t' '\n' | tail -n 1
nonna-sweep -q 2.safetensors test.tar --choose auc -o other.tsv
[ "$(awk 'END { print $NF }' sweep.tsv)" != "$(awk 'END { print $NF }' other.tsv)" ] && echo "another mark"
nonna-stimulus top 1.safetensors --from sweep.tsv --neurons 1 --data data.tar -o x.png && echo "its own"
cut -f 1-14 sweep.tsv >unsaid.tsv
nonna-stimulus top 2.safetensors --from unsaid.tsv --neurons 1 --data data.tar -o x.png && echo "of nobody knows whom"
rm x.png
for job in top optimal; do fails nonna-stimulus $job 2.safetensors --from sweep.tsv --neurons 1 --data data.tar -o x.png; done
fails nonna-invariance 2.safetensors --sweep sweep.tsv data.tar -o x.tsv
nonna-invariance -q 1.safetensors --sweep sweep.tsv data.tar -o own.tsv && echo "its own"
nonna-sweep --from sweep.tsv --best 1 --names
ls x.png x.tsv 2>/dev/null
exit 0
