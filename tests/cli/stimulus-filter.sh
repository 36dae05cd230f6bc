# The optimal stimulus of a linear neuron is its filter, normalised: held against the model file's own bytes.
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "skipped: no NumPy"; exit 77; }
nonna-init tiny -q --seed 5 -o model.safetensors
nonna-stimulus optimal model.safetensors --layer 1.filter --neurons 30 --starts 3 -q -o sheet.png --tsv t.tsv --npy x.npy
echo "status $?"
/usr/bin/python3 "$SOURCE/tests/cli/stimulus_filter.py" model.safetensors t.tsv x.npy
nonna-stimulus optimal model.safetensors --neuron 1.filter/11,11,3 --norm 7 -q -o one.png --tsv t.tsv --npy x.npy
/usr/bin/python3 "$SOURCE/tests/cli/stimulus_filter.py" model.safetensors t.tsv x.npy
