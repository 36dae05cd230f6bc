"""nonna-stimulus average in NumPy.

usage: average.py pictures FOLDER        writes smooth colour noise as binary PNM
       average.py check FOLDER NEURON    compares a.npy, e.npy and a.tsv of nonna-stimulus with this script

The average is computed from the pictures' files and the responses of nonna-respond; for a neuron of the first stage's
filters also from its weights and the covariance of the pictures alone, with no response:
r = <w, V n>, so that mean((r - mean r) n) = C V'w. In double precision; bound: floats' rounding of responses.
"""
import glob
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import model    # preprocessing and safetensors

BOUND = 1e-4


def normalised(folder):
    pictures = []
    for path in sorted(glob.glob(os.path.join(folder, "*.ppm"))):
        data = open(path, "rb").read()
        pictures.append(np.frombuffer(data[-model.SIDE * model.SIDE * 3:], np.uint8).reshape(model.SIDE, model.SIDE, 3))
    v = np.array(pictures) / 255.0
    return (v - v.mean(axis=(1, 2, 3), keepdims=True)) / (v.std(axis=(1, 2, 3), keepdims=True) + 0.05)


def near(name, got, wanted):
    worst = np.abs(got - wanted).max() / np.abs(wanted).max()
    if not worst < BOUND:
        sys.exit(f"{name}: differs by {worst:.2g} of the largest value")


def check(folder, neuron):
    layer, place = neuron.split("/")
    row, column, unit = map(int, place.split(","))
    n = normalised(folder)
    r = np.load("responses.npy")[:, row, column, unit].astype(float)
    z = (r - r.mean()) / r.std()
    zn = z[:, None, None, None] * n
    average, error = zn.mean(axis=0), zn.std(axis=0) / np.sqrt(len(n))
    near("average", np.load("a.npy")[0], average)
    near("error", np.load("e.npy")[0], error)
    if layer == "1.filter":
        metadata, tensors = model.read_safetensors("model.safetensors")
        filters, factor = tensors["preprocess.filters"], json.loads(metadata["preprocessing"])["factor"]
        w = np.zeros(n.shape[1:])
        field = tensors["stage1.encoder"].shape[2]
        stride = json.loads(metadata["architecture"])["stages"][0]["stride"]
        at = np.s_[row * stride:row * stride + field, column * stride:column * stride + field]
        w[at] = tensors["stage1.encoder"][row, column, :, :, :, unit]
        # V'w: what the whitening makes of each single value, weighed by w.
        size, k = w.size, filters.shape[1] // 2
        padded = np.pad(np.eye(size).reshape((size,) + w.shape), ((0, 0), (k, k), (k, k), (0, 0)), mode="reflect")
        whitened = sum(padded[:, dy:dy + w.shape[0], dx:dx + w.shape[1]] @ filters[:, dy, dx].T
                       for dy in range(filters.shape[1]) for dx in range(filters.shape[2]))
        seen = factor * whitened.reshape(size, size) @ w.ravel()
        flat = n.reshape(len(n), size)
        covariance = np.cov(flat.T, bias=True)
        wanted = covariance @ seen / np.sqrt(seen @ covariance @ seen)
        got = np.load("a.npy")[0].ravel().astype(float)
        near("filter through the covariance", got, wanted)
        # The pictures do matter, and so does the filter: neither the filter alone nor, seen through the same covariance,
        # another neuron's is this average.
        for name, other in (("the filter alone", seen), ("a neighbour's filter", covariance @ np.roll(seen, 12))):
            cosine = other @ got / np.sqrt((other @ other) * (got @ got))
            if not abs(cosine) < 0.95:
                sys.exit(f"{name} is the average too (cosine {cosine:.3f}): the pictures show nothing")
    table = [line.rstrip("\n").split("\t") for line in open("a.tsv")]
    got = dict(zip(*table))
    if got["neuron"] != neuron or int(got["pictures"]) != len(n):
        sys.exit(f"a.tsv: {got}")
    near("mean and deviation", np.array([float(got["mean"]), float(got["deviation"])]), np.array([r.mean(), r.std()]))


if sys.argv[1] == "pictures":
    os.makedirs(sys.argv[2], exist_ok=True)
    for i, picture in enumerate(model.pictures()):
        with open(os.path.join(sys.argv[2], f"{i:03}.ppm"), "wb") as f:
            f.write(b"P6\n%d %d\n255\n" % (model.SIDE, model.SIDE) + picture.tobytes())
else:
    check(*sys.argv[2:])
