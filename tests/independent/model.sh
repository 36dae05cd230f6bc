#!/bin/sh
# The programs' files against nonna-model(5) in NumPy (model.py): responses of every layer, cost, gradients.
# usage: model.sh SHARE; the programs are on PATH. Skipped (77) without NumPy.
set -eu
share=$1
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
if ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "skipped: $python has no numpy"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir pictures
"$python" "$here/model.py" pictures pictures
nonna-dataset pack -q pictures --size 0 --format png -o data.tar

# A norm would hide the gradient of the update, so the constraint is off; the rest is tiny, and tiny with the borders,
# strides and scales that it does not use.
{ cat "$share/architectures/tiny.conf"; echo 'unit_norm = false'; } |
    sed 's/^\[stage2\]/unit_norm = false\n[stage2]/' >plain.conf
sed -e 's/^border = same/border = valid/' -e 's/^tied = false/tied = true/' -e 's/^field = 4/field = 2\nstride = 2/' \
    -e 's/^whitening = 5/whitening = 7/' plain.conf >other.conf
for name in plain other; do
    nonna-init -q "$name.conf" -o "$name.safetensors" --whiten-from data.tar --seed 3
    for layer in 1.filter 1.pool 1.norm 2.filter 2.pool 2.norm; do
        nonna-respond -q "$name.safetensors" data.tar --layer "$layer" -o "$name-$layer.npy"
    done
    for schedule in joint stagewise; do
        nonna-train -q "$name.safetensors" --data data.tar --batch 24 --steps 1 --optimizer sgd --rate 0.01 \
            --schedule "$schedule" --log "$name-$schedule.tsv" -o "$name-$schedule.safetensors"
        "$python" "$here/model.py" check . "$name" "$schedule"
    done
done
