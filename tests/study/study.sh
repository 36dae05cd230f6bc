#!/bin/sh
# The study: does the network learn, and does it make a neuron that random weights do not have?
#
# 400 steps of `study` on random squares of unlabelled pictures, without any option but their number. Required:
#   1. on squares of people and places never trained on, the reconstruction cost over |x|^2 of the second and third stage
#      is at least a third below that of the same random weights, these taken at the decoder scale that suits the squares
#      best; that of the first, where the sparsity costs fifteen times as much, is so with the sparsity, by a seventh;
#      and no stage is said to diverge;
#   2. on grey faces among scenes, jittered and equally sharp, the top neuron chosen by AUC on one half has on the other,
#      which shows other people and other scenes, an AUC of at least 0.7, and at least 0.15 above that of the neuron
#      chosen likewise from random weights, and above the best first-stage neuron.
# Needs the programs on PATH and the pictures in NONNA_TEST_DATA; skipped (77) without them.
set -eu
data=${NONNA_TEST_DATA:?}
if [ ! -f "$data/study/faces.tsv" ]; then
    echo "skipped: no $data/study/faces.tsv"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

squares() {    # squares SET PATCHES RANGE [OPTION]...
    set=$1 patches=$2 range=$3
    shift 3
    grep "^$set/" "$data/study/unlabelled.txt" >$set.txt
    nonna-dataset pack -q -j 2 --root "$data" --files-from $set.txt "$@" --patches "$patches" --patch-size "$range" \
        --size 48 --seed 1 -o $set.tar
}
squares faces 8 90:200 --crop 200
squares scenes 12 64:224
squares bodies 8 48:96
squares classes 2 48:64
for label in 1 0; do
    awk -F'\t' -v label=$label 'NR == 1 || $2 == label' "$data/study/faces.tsv" >test-$label.tsv
    nonna-dataset pack -q -j 2 --root "$data" --labels-from test-$label.tsv -o test-$label.tar
done
nonna-dataset testset -q -j 2 --positives test-1.tar --negatives test-0.tar --frame crop:0.62 --jitter 0.15:0.35 \
    --through 48 --look grey --size 48 --group-by folder --split-lists half --seed 1 -o test.tar

nonna-init study -q -o random.safetensors --whiten-from scenes.tar --seed 1
nonna-train -q random.safetensors --data faces.tar:12 --data scenes.tar:45 --data bodies.tar:8 --data classes.tar:28 \
    --batch 96 --steps 400 --validate test.tar --validate-every 400 --log log.tsv -o trained.safetensors 2>said
cat said
! grep -q diverge said

awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    $column["set"] != "validate" { next }
    {
        for (s = 1; s <= 3; s++) {
            cost = $column["stage" s ($1 == 0 ? "_best_relative" : "_relative")]
            if (s == 1)    # of |x|^2, as the reconstruction is, and the penalty with it
                cost = $column["stage1_relative"] * (1 + $column["stage1_penalty"] / $column["stage1_reconstruction"])
            if ($1 == 0) before[s] = cost; else after[s] = cost
        }
    }
    END {
        for (s = 1; s <= 3; s++) {
            printf "stage %d: cost over |x|^2: random %.4f, trained %.4f\n", s, before[s], after[s]
            if (!(before[s] > 0 && after[s] > 0 && after[s] <= (s == 1 ? 6 / 7 : 2 / 3) * before[s])) bad = 1
        }
        exit bad
    }' log.tsv || { echo "the cost did not fall by a third"; exit 1; }

# The AUC, on one half, of the neuron that is best on the other.
held_auc() {    # held_auc MODEL LAYER
    nonna-sweep -q -j 2 "$1" test.tar --layer "$2" --held-out --choose auc -o sweep.tsv
    nonna-sweep -q --from sweep.tsv --best 1 | awk -F'\t' '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        { print $column["held_auc"] }'
}
random=$(held_auc random.safetensors top)
first=$(held_auc trained.safetensors 1.norm)
trained=$(held_auc trained.safetensors top)
echo "AUC of the chosen neuron on the other half: random top $random, first stage $first, top $trained"
awk -v r="$random" -v f="$first" -v t="$trained" 'BEGIN { exit !(t >= r + 0.15 && t >= 0.7 && t > f) }' ||
    { echo "not 0.7, not 0.15 above random weights, or not above the first stage"; exit 1; }
