#!/bin/sh
# A small model of your own pictures, for first steps: 32x32 grey, two stages, 1,152 top neurons, in a file of 3 MB.
#
#   first-model.sh PICTURES OUT [STEPS]
#
# PICTURES is a folder, the more in it the better: some hundreds at least. Squares at random places and of many sizes are
# cut from them; nothing is labelled. Leaves in OUT the squares and model.safetensors, whose filters have 16 bits.
# Then, for instance, what its neurons say of ten pictures:
#
#   nonna-dataset pack *.jpg -o - | nonna-respond OUT/model.safetensors - --table responses.tsv
set -eu
[ $# -ge 2 ] && [ $# -le 3 ] || { echo "usage: first-model.sh PICTURES OUT [STEPS]" >&2; exit 2; }
pictures=$1 out=$2 steps=${3:-900}
mkdir -p "$out"

nonna-dataset pack "$pictures" --patches 8 --patch-size 32:1024 --size 32 --seed 1 -o "$out/squares.tar"
nonna-init demo --set stage1.maps=8 --set stage2.maps=8 --seed 1 --whiten-from "$out/squares.tar" -o "$out/random.safetensors"
nonna-train "$out/random.safetensors" --data "$out/squares.tar" --steps "$steps" --seed 1 --log "$out/log.tsv" \
    --store bf16 -o "$out/model.safetensors"
