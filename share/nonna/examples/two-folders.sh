#!/bin/sh
# Is there a neuron that tells two folders of pictures apart, after training without any labels?
#
#   two-folders.sh WITH WITHOUT OUT [ARCHITECTURE [STEPS]]
#
# WITH holds pictures of something (faces, cats), WITHOUT pictures of anything else. The network learns from both
# without being told which is which; labels are used to judge its neurons alone. Leaves in OUT the image sets, the
# random and the trained model, and for each of them the table of all top neurons, best first.
set -eu
[ $# -ge 3 ] && [ $# -le 5 ] || { echo "usage: two-folders.sh WITH WITHOUT OUT [ARCHITECTURE [STEPS]]" >&2; exit 2; }
with=$1 without=$2 out=$3 architecture=${4:-study} steps=${5:-600}
mkdir -p "$out"

# Squares of one size; the middle of each picture, so that a frame around it cannot give it away.
nonna-dataset pack "$with" -o "$out/with.tar" --crop 0.6 --size 48 --label 1
nonna-dataset pack "$without" -o "$out/without.tar" --crop 0.6 --size 48 --label 0
nonna-dataset testset --positives "$out/with.tar" --negatives "$out/without.tar" --prior 0.5 --seed 1 -o "$out/test.tar"

nonna-init "$architecture" -o "$out/random.safetensors" --seed 1 --whiten-from "$out/test.tar"
nonna-train "$out/random.safetensors" --data "$out/with.tar" --data "$out/without.tar" --steps "$steps" \
    --log "$out/log.tsv" -o "$out/model.safetensors"

# Chosen on one half of the pictures, judged on the other.
for model in random model; do
    nonna-sweep "$out/$model.safetensors" "$out/test.tar" --held-out --best 100 -o "$out/$model.tsv"
done
