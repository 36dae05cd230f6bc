#!/bin/sh
# nonna-serve against a client of its own after nonna-protocol(7), and against hostile ones (protocol.py).
# usage: protocol.sh SHARE; the programs are on PATH. Skipped (77) without Python.
share=$1
. "$(dirname "$0")/include/begin.sh"

# tiny with whitening filters, so that they are in the digest; and one whose only shard has several chunks
"$python" - <<'MADE'
import os, random
rng = random.Random(3)
os.mkdir("pictures")
for i in range(24):
    with open("pictures/%02d.ppm" % i, "wb") as f:
        f.write(b"P6 16 16 255\n" + rng.randbytes(16 * 16 * 3))
MADE
nonna-dataset pack -q pictures --size 0 --format png -o data.tar
nonna-init -q "$share/architectures/tiny.conf" -o tiny.safetensors --whiten-from data.tar --seed 3
sed -e 's/^side = .*/side = 28/' -e 's/^field = 5/field = 11/' -e 's/^maps = 4/maps = 8/' -e 's/^whitening = .*/whitening = 0/' \
    "$share/architectures/tiny.conf" >large.conf
nonna-init -q large.conf -o large.safetensors --seed 4
"$python" "$here/protocol.py" "$scratch"
