#!/bin/sh
# Does bf16 learn what fp32 learns? 300 steps of a small network in each, from the same weights on the same batches: every
# stage's cost on pictures never trained on within 2 % of fp32's.
# Needs the programs on PATH and the pictures in NONNA_TEST_DATA; skipped (77) without them.
set -eu
data=${NONNA_TEST_DATA:?}
if [ ! -f "$data/study/unlabelled.txt" ]; then
    echo "skipped: no $data/study/unlabelled.txt"
    exit 77
fi
small=$(cd "$(dirname "$0")" && pwd)/small.conf
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Every tenth picture is held out.
awk 'NR % 10' "$data/study/unlabelled.txt" >seen.txt
awk 'NR % 10 == 0' "$data/study/unlabelled.txt" >held.txt
for part in seen held; do
    nonna-dataset pack -q -j 2 --root "$data" --files-from $part.txt --size 48 -o $part.tar
done
nonna-init "$small" -q -o random.safetensors --whiten-from seen.tar --seed 1
for precision in fp32 bf16; do
    nonna-train -q random.safetensors --data seen.tar --batch 96 --steps 300 --precision $precision \
        --validate held.tar --validate-every 300 --log $precision.tsv -o $precision.safetensors
done
awk -F'\t' '
    FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; file++; next }
    $column["set"] == "validate" && $1 == 300 {
        for (s = 1; s <= 3; s++)    # the cost: lambda is 0.1 in every stage
            cost[file, s] = $column["stage" s "_reconstruction"] + 0.1 * $column["stage" s "_sparsity"]
    }
    END {
        for (s = 1; s <= 3; s++) {
            away = cost[2, s] / cost[1, s] - 1
            printf "stage %d: held-out cost fp32 %.4f, bf16 %.4f (%+.3f %%)\n", s, cost[1, s], cost[2, s], 100 * away
            if (!(cost[1, s] > 0) || away > 0.02 || away < -0.02) bad = 1
        }
        exit bad
    }' fp32.tsv bf16.tsv || { echo "further apart than 2 %"; exit 1; }
