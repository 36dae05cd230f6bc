#!/bin/sh
# Every score of nonna-sweep (on the PATH) against a NumPy script, on planted neurons.
needs=numpy
. "$(dirname "$0")/include/begin.sh"
$python "$here/sweep.py" write r.npy l.tsv
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv -j 2
$python "$here/sweep.py" check r.npy l.tsv table.tsv
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv --polarity either
$python "$here/sweep.py" check r.npy l.tsv table.tsv either
nonna-sweep -q --responses r.npy --labels l.tsv -o table.tsv --polarity either --no-auc
$python "$here/sweep.py" check r.npy l.tsv table.tsv either counts
