#!/bin/sh
# A head of nonna-classify (on the PATH) against SciPy's L-BFGS on the responses that nonna-respond writes, and its
# measures and answers against NumPy.
needs='numpy scipy'
. "$(dirname "$0")/include/begin.sh"
$python "$here/classify.py" pictures pictures
nonna-dataset pack -q pictures --labels-from-folders --format png -o all.tar
nonna-dataset split -q all.tar -o half --seed 1
nonna-init -q tiny --seed 1 --whiten-from half-a.tar -o m.safetensors
for half in a b; do
    nonna-respond -q m.safetensors half-$half.tar --layer 1.pool --layer 2.norm -o "$half-{layer}.npy" --labels-out $half.tsv
done
for way in "--optimizer adagrad --rate 60" "--optimizer momentum --rate 20 --momentum 0.99"; do
    nonna-classify fit -q m.safetensors --data half-a.tar --layer 1.pool --layer 2.norm --l2 1e-3 --hold-out 0 --batch 1000 \
        --epochs 16383 $way -o h.safetensors
    nonna-classify eval -q m.safetensors h.safetensors half-b.tar -o e.tsv --by-class k.tsv --calibration c.tsv
    nonna-classify predict -q m.safetensors h.safetensors half-b.tar --top 3 -o p.tsv
    $python "$here/classify.py" check 1e-3
done
