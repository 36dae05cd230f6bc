#!/bin/sh
# The programs' files against nonna-model(5) in NumPy (model.py): responses of every layer, cost, gradients.
# usage: model.sh SHARE; the programs are on PATH. Skipped (77) without NumPy.
share=$1
needs=numpy
. "$(dirname "$0")/include/begin.sh"

mkdir pictures
"$python" "$here/model.py" pictures pictures
nonna-dataset pack -q pictures --size 0 --format png -o data.tar

# A norm would hide the gradient of the update, so the constraint is off; the rest is tiny, and tiny with the borders,
# strides and scales that it does not use, its filters stored in 16 bits.
{ cat "$share/architectures/tiny.conf"; echo 'unit_norm = false'; } |
    sed 's/^\[stage2\]/unit_norm = false\n[stage2]/' >plain.conf
sed -e 's/^border = same/border = valid/' -e 's/^tied = false/tied = true/' -e 's/^field = 4/field = 2\nstride = 2/' \
    -e 's/^whitening = 5/whitening = 7/' plain.conf >other.conf
# Autoencoders, tied and not, with a stage of the paper's between them; and a network without normalisation.
cat >sigmoid.conf <<'END'
[network]
side = 16
whitening = 5
[stage1]
kind = autoencoder
field = 5
maps = 4
lambda = 0.02
[stage2]
field = 3
maps = 3
pool = 2
norm = 3
unit_norm = false
[stage3]
kind = autoencoder
field = 3
maps = 4
stride = 2
tied = false
lambda = 0.1
END
sed '/^norm/d; s/^pool.*/&\nnorm = 0/' plain.conf >nonorm.conf
for name in plain other sigmoid nonorm; do
    nonna-init -q "$name.conf" -o "$name.safetensors" --whiten-from data.tar --seed 3
    # Fitted biases have no gradient on the pictures that they were fitted to: some steps away from there.
    if [ $name = sigmoid ]; then
        mv sigmoid.safetensors fitted.safetensors
        nonna-train -q fitted.safetensors --data data.tar --batch 7 --steps 5 -o sigmoid.safetensors
    fi
    if [ $name = other ]; then
        mv other.safetensors full.safetensors
        nonna-train -q full.safetensors --data data.tar --batch 7 --steps 5 --store bf16 -o other.safetensors
        grep -aq BF16 other.safetensors || exit 1
    fi
    for layer in $(nonna-info --count "$name.conf" | sed -n 's/^\([1-9]\.[a-z]*\):.*/\1/p'); do
        nonna-respond -q "$name.safetensors" data.tar --layer "$layer" -o "$name-$layer.npy"
    done
    for schedule in joint stagewise; do
        nonna-train -q "$name.safetensors" --data data.tar --batch 24 --steps 1 --optimizer sgd --rate 0.01 \
            --schedule "$schedule" --log "$name-$schedule.tsv" -o "$name-$schedule.safetensors"
        "$python" "$here/model.py" check . "$name" "$schedule"
    done
done
