#!/bin/sh
# Every score of nonna-sweep (on the PATH) against a NumPy script, on planted neurons.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
if ! $python -c 'import numpy' 2>/dev/null; then
    echo "skipped: no NumPy for $python"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
$python "$here/sweep.py" write r.npy l.tsv
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv -j 2
$python "$here/sweep.py" check r.npy l.tsv table.tsv
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv --polarity either
$python "$here/sweep.py" check r.npy l.tsv table.tsv either
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv --polarity either --no-auc
$python "$here/sweep.py" check r.npy l.tsv table.tsv either counts
