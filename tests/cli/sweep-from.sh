# A sweep's table, asked for its best: by the rule that nonna-sweep itself ranks by, or by columns that are named. The
# first neuron has no number; two are equal, of which the first counts; one half chooses otherwise than all images do.
{
    printf 'layer\trow\tcol\tmap\taccuracy\tauc\tchoice_accuracy\tchoice_auc\theld_accuracy\n'
    printf '3.norm\t0\t0\t0\tnan\tnan\tnan\tnan\tnan\n'
    printf '3.norm\t0\t0\t1\t0.7\t0.9\t0.8\t0.6\t0.61\n'
    printf '3.norm\t0\t1\t0\t0.8\t0.6\t0.7\t0.9\t0.62\n'
    printf '3.norm\t0\t1\t1\t0.8\t0.65\t0.75\t0.7\t0.63\n'
    printf '3.norm\t1\t0\t0\t0.8\t0.65\t0.8\t0.6\t0.64\n'
} >s.tsv
nonna-sweep --from s.tsv --best 2
nonna-sweep --from s.tsv --best 1 --by accuracy --by auc --names
nonna-sweep --from s.tsv --best 9 --by held_accuracy --names -o names
tr '\n' ' ' <names
echo
nonna-sweep --from s.tsv | cmp - s.tsv
nonna-sweep --from - --best 1 --by auc --names <s.tsv

# Drawn: others than the best, each once, the same by the same seed.
nonna-sweep --from s.tsv --best 2 --names >best
nonna-sweep --from s.tsv --best 2 --random 2 --seed 5 --names >drawn
head -n 2 drawn | cmp - best
sed 1,2d drawn | sort | comm -12 - best
sed 1,2d drawn | sort -u | grep -c /
nonna-sweep --from s.tsv --best 2 --random 2 --seed 5 --names | cmp - drawn
nonna-sweep --from s.tsv --best 2 --random 99 --names | sort >all
nonna-sweep --from s.tsv --names | sort | cmp - all
nonna-sweep --from s.tsv --random 1 --seed 5 | wc -l

fails() {
    "$@"
    echo "status $?"
}
sed 2q s.tsv >nan.tsv
fails nonna-sweep --from nan.tsv --best 1
sed 's/0\.9/90/' s.tsv >percent.tsv
fails nonna-sweep --from percent.tsv --best 1
cut -f 1-4 s.tsv >names.tsv
fails nonna-sweep --from names.tsv --best 1
cut -f 2- s.tsv >unnamed.tsv
fails nonna-sweep --from unnamed.tsv --best 1
fails nonna-sweep --from s.tsv --best 1 --by no_such_column
fails nonna-sweep --from s.tsv --by auc
fails nonna-sweep --names
fails nonna-sweep --from s.tsv model.safetensors test.tar
fails nonna-sweep --from s.tsv --best 1 --held-out
fails nonna-sweep --from s.tsv --best 1 --bootstrap 100
fails nonna-sweep --from s.tsv --best 1 --random 1 --histograms h.tsv
fails nonna-sweep --responses r.npy --labels l.tsv --random 1
fails nonna-sweep --from s.tsv --layer top
fails nonna-sweep --from s.tsv -o s.tsv
exit 0
