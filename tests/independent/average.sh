#!/bin/sh
# nonna-stimulus average (on the PATH) against NumPy: that of a linear neuron is its filter, seen through the pictures'
# covariance; that of a neuron of any layer is what its responses say.
needs="numpy"
. "$(dirname "$0")/include/begin.sh"
$python "$here/average.py" pictures pictures
nonna-dataset pack -q pictures --size 0 --format png -o set.tar
nonna-init "$1/architectures/tiny.conf" -q --seed 3 --whiten-from set.tar -o model.safetensors
for neuron in 1.filter/0,0,0 1.filter/5,6,1 2.norm/2,3,1; do
    nonna-stimulus average model.safetensors --neuron $neuron --data set.tar -q -o a.png --npy a.npy --error e.npy --tsv a.tsv
    nonna-respond -q model.safetensors set.tar --layer "${neuron%/*}" -o responses.npy
    $python "$here/average.py" check pictures $neuron
done
