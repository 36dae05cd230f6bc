#!/bin/sh
# nonna-invariance (on the PATH) against Pillow and NumPy: pictures warped by Pillow and shown to nonna-respond.
needs="numpy PIL"
. "$(dirname "$0")/include/begin.sh"
$python "$here/invariance.py" write
nonna-dataset pack -q source-0.png source-1.png -o sources.tar
nonna-dataset pack -q --files-from warped.txt -o warped.tar
nonna-dataset pack -q small-0.png small-1.png -o small.tar
nonna-init "$1/architectures/tiny.conf" -q --seed 3 -o model.safetensors
nonna-respond -q model.safetensors warped.tar --layer 1.filter -o warped.npy --labels-out warped.tsv
nonna-respond -q model.safetensors small.tar --layer 1.filter -o small.npy --labels-out small.tsv
for neuron in 0,0,0 5,6,1 11,3,3; do
    nonna-invariance -q model.safetensors sources.tar --crop 40 --neuron "1.filter/$neuron" --threshold 0.25 \
        --translate 5/9 --scale 0.5:1.6/12 --rotate -90:120/8 --sequence small.tar -o curves.tsv --each each.tsv
    nonna-invariance -q model.safetensors small.tar --neuron "1.filter/$neuron" --threshold 0 \
        --translate 3 --scale none --rotate none -o /dev/null --each small-each.tsv
    $python "$here/invariance.py" check $neuron
done
