# nonna-stimulus optimal on first-stage linear neurons, against the closed form: h = <w, x> is largest on |x| = c at
# x = c w / |w|. The weights are read from the model's bytes by hand: stimulus_filter.py MODEL TABLE.tsv STIMULI.npy
import json
import struct
import sys

import numpy as np

with open(sys.argv[1], "rb") as file:
    size = struct.unpack("<Q", file.read(8))[0]
    header = json.loads(file.read(size))
    body = file.read()
tensor = header["stage1.encoder"]
first, last = tensor["data_offsets"]
assert tensor["dtype"] == "F32"
weights = np.frombuffer(body[first:last], "<f4").astype("f8").reshape(tensor["shape"])    # row col dy dx in map

with open(sys.argv[2]) as file:
    columns = file.readline().rstrip("\n").split("\t")
    rows = [dict(zip(columns, line.rstrip("\n").split("\t"))) for line in file]
best = [row for row in rows if row["best"] == "1"]
stimuli = np.load(sys.argv[3]).astype("f8")
assert len(best) == len(stimuli), "a stimulus a neuron"
worst = 0
for row, x in zip(best, stimuli):
    layer, place = row["neuron"].split("/")
    assert layer == "1.filter"
    r, c, m = map(int, place.split(","))
    filter = weights[r, c, :, :, :, m]
    expected = np.zeros_like(x)
    expected[r:r + filter.shape[0], c:c + filter.shape[1]] = filter / np.linalg.norm(filter)
    norm = float(row["norm"])
    assert abs(np.linalg.norm(x) / norm - 1) < 1e-6, row["neuron"]
    worst = max(worst, np.abs(x / norm - expected).max(), abs(float(row["response"]) / norm / np.linalg.norm(filter) - 1),
                abs(float(row["agreement"]) - 1))
print(len(best), "neurons,", "within 1e-3 of their filters" if worst < 1e-3 else f"off by {worst}")
