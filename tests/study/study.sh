#!/bin/sh
# The small study: does the network learn, and does it make neurons that random weights do not have?
#
# 600 steps of `study` on unlabelled pictures. Required, on pictures of people and places never trained on:
#   1. each stage's reconstruction cost over |x|^2 is at least a third below that of the same random weights, these
#      taken at the decoder scale that suits the held-out pictures best;
#   2. the top neuron chosen by accuracy on one half of the test set has on the other half an AUC at least 0.15 above
#      that of the neuron chosen likewise from random weights.
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

# 88 % of the faces have black corners from their alignment: only their middle 160 pixels are used.
grep '^faces/' "$data/study/unlabelled.txt" >faces.txt
grep -v '^faces/' "$data/study/unlabelled.txt" >rest.txt
awk -F'\t' 'NR == 1 || $2 == 1' "$data/study/faces.tsv" >positives.tsv
awk -F'\t' 'NR == 1 || $2 == 0' "$data/study/faces.tsv" >negatives.tsv
nonna-dataset pack -q -j 2 --root "$data" --files-from faces.txt --crop 160 --size 48 -o faces.tar
nonna-dataset pack -q -j 2 --root "$data" --files-from rest.txt --size 48 -o rest.tar
nonna-dataset pack -q -j 2 --root "$data" --labels-from positives.tsv --crop 160 --size 48 -o positives.tar
nonna-dataset pack -q -j 2 --root "$data" --labels-from negatives.tsv --size 48 -o negatives.tar
nonna-dataset testset -q -j 2 --positives positives.tar --negatives negatives.tar -o test.tar

nonna-init study -q -o random.safetensors --whiten-from rest.tar --seed 1
nonna-train -q random.safetensors --data faces.tar:1400 --data rest.tar:8450 --batch 96 --steps 600 \
    --validate test.tar --validate-every 600 --log log.tsv -o trained.safetensors

awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    $column["set"] == "validate" && $1 == 0 { for (s = 1; s <= 3; s++) before[s] = $column["stage" s "_best_relative"] }
    $column["set"] == "validate" && $1 == 600 { for (s = 1; s <= 3; s++) after[s] = $column["stage" s "_relative"] }
    END {
        for (s = 1; s <= 3; s++) {
            printf "stage %d: reconstruction cost over |x|^2: random %.4f, trained %.4f\n", s, before[s], after[s]
            if (!(before[s] > 0 && after[s] > 0 && after[s] <= before[s] * 2 / 3)) bad = 1
        }
        exit bad
    }' log.tsv || { echo "the cost did not fall by a third"; exit 1; }

# The AUC, on one half, of the top neuron that is most accurate on the other.
held_auc()
{
    nonna-sweep -q -j 2 "$1" test.tar --layer top --held-out -o sweep.tsv
    awk -F'\t' '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        $column["choice_accuracy"] > best { best = $column["choice_accuracy"]; auc = $column["held_auc"] }
        END { print auc }' sweep.tsv
}
random=$(held_auc random.safetensors)
trained=$(held_auc trained.safetensors)
echo "AUC of the chosen top neuron on the other half: random $random, trained $trained"
awk -v r="$random" -v t="$trained" 'BEGIN { exit !(t >= r + 0.15) }' || { echo "not 0.15 above random weights"; exit 1; }
