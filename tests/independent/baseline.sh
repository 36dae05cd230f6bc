#!/bin/sh
# nonna-baseline (on the PATH) against NumPy (baseline.py): cosines of crops, triangle activations, K-means' fixed point.
needs=numpy
. "$(dirname "$0")/include/begin.sh"
$python "$here/baseline.py" pictures
nonna-dataset pack -q train --size 0 --format png -o train.tar
nonna-dataset pack -q small --size 0 --format png -o small.tar
nonna-dataset pack -q --labels-from labels.tsv --size 0 --format png -o test.tar
for pixels in raw centred; do
    nonna-baseline linear -q test.tar --data train.tar --pixels $pixels --filters 5000 --seed 2 --best 1 \
        --best-responses best.tsv -o table.tsv
    $python "$here/baseline.py" linear $pixels best.tsv table.tsv
done
for start in sampled k-means++; do
    nonna-baseline kmeans -q test.tar --data small.tar --side 12 --centroids 6 --whitening 5 --iterations 100 \
        --start $start --save m.safetensors --best 1 --best-responses best.tsv -o table.tsv
    $python "$here/baseline.py" kmeans m.safetensors best.tsv table.tsv
done
