"""nonna-model(5) in NumPy: preprocessing, responses, costs and gradients computed from the files alone.

usage: model.py pictures FOLDER              writes the test pictures as binary PNM
       model.py check FOLDER NAME SCHEDULE   compares NAME.safetensors, its responses and one SGD step with this script

Written from the manual, in double precision, with no code of nonna's. Gradients are central differences of the cost
written here. Everything must agree to 1e-4 of the array's largest value: float sums of a few hundred products stay
below 1e-5, a wrong index or factor is far above.
"""
import json
import struct
import sys

import numpy as np

RATE = 0.01    # of the one SGD step
PICTURES, SIDE = 24, 16
BOUND = 1e-4


def pictures():
    """Seeded smooth colour noise."""
    rng = np.random.default_rng(11)
    noise = rng.normal(size=(PICTURES, SIDE + 4, SIDE + 4, 3)) + rng.normal(size=(PICTURES, SIDE + 4, SIDE + 4, 1))
    smooth = sum(noise[:, dy:dy + SIDE, dx:dx + SIDE] for dy in range(4) for dx in range(4)) / 4
    return np.clip(128 + 50 * smooth, 0, 255).astype(np.uint8)


def read_safetensors(path):
    with open(path, "rb") as f:
        length = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(length))
        data = f.read()
    types = {"F32": "<f4", "F64": "<f8", "BF16": "<u2"}
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, t in header.items():
        values = np.frombuffer(data[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"])
        if t["dtype"] == "BF16":    # the upper half of a float
            values = (values.astype("<u4") << 16).view("<f4")
        tensors[name] = values.astype(float)
    return metadata, tensors


def preprocess(rgb, filters, factor):
    v = rgb / 255.0
    n = (v - v.mean(axis=(1, 2, 3), keepdims=True)) / (v.std(axis=(1, 2, 3), keepdims=True) + 0.05)
    k = filters.shape[1] // 2
    padded = np.pad(n, ((0, 0), (k, k), (k, k), (0, 0)), mode="reflect")
    x = np.zeros_like(n)
    for dy in range(filters.shape[1]):
        for dx in range(filters.shape[2]):
            x += padded[:, dy:dy + SIDE, dx:dx + SIDE] @ filters[:, dy, dx].T
    return factor * x


def window_mean(a, window):
    """Gaussian mean over rows and columns, cut at the border and its weights renormalised there; a (n, r, c)."""
    taps = np.exp(-((np.arange(window) - window // 2) ** 2) / (2 * (window / 4) ** 2))
    for axis in (1, 2):
        size = a.shape[axis]
        m = np.zeros((size, size))
        for i in range(size):
            for j in range(size):
                if abs(j - i) <= window // 2:
                    m[i, j] = taps[j - i + window // 2]
        m /= m.sum(axis=1, keepdims=True)
        a = np.moveaxis(np.tensordot(m, a, axes=(1, axis)), 0, axis)
    return a


def stage_up(x, tensors, name, s):
    """x (n, r, c, in) -> the stage's sublayers by name, from the bottom up, each (n, r, c, map)."""
    w = tensors[f"{name}.encoder"]    # (r, c, dy, dx, in, map)
    rows, columns, field, t = w.shape[0], w.shape[1], s["field"], s["stride"]
    h = np.zeros((len(x), rows, columns, s["maps"]))
    for r in range(rows):
        for c in range(columns):
            patch = x[:, r * t:r * t + field, c * t:c * t + field]
            h[:, r, c] = np.tensordot(patch, w[r, c], axes=3)
    if s.get("kind") == "autoencoder":
        return {"filter": 1 / (1 + np.exp(-h - tensors[f"{name}.encoder_bias"])) - 0.5}
    p = s["pool"]
    q = np.sqrt(s["epsilon"] + sum(h[:, dy:rows - p + 1 + dy, dx:columns - p + 1 + dx] ** 2
                                   for dy in range(p) for dx in range(p)))
    if s["norm"] == 0:
        return {"filter": h, "pool": q}
    g = q - window_mean(q.mean(axis=3), s["norm"])[..., None]
    y = g / np.maximum(s["c"], np.sqrt(window_mean((g ** 2).mean(axis=3), s["norm"])))[..., None]
    if s["border"] == "valid":
        k = s["norm"] // 2
        y = y[:, k:-k or None, k:-k or None]
    return {"filter": h, "pool": q, "norm": y}


def reconstruct(h, d, shape, s):
    r = np.zeros(shape)
    for i in range(d.shape[0]):
        for j in range(d.shape[1]):
            at = (slice(None), slice(i * s["stride"], i * s["stride"] + s["field"]),
                  slice(j * s["stride"], j * s["stride"] + s["field"]))
            r[at] += np.tensordot(h[:, i, j], d[i, j], axes=(1, 3))
    return r


class Net:
    def __init__(self, path):
        metadata, self.tensors = read_safetensors(path)
        self.architecture = json.loads(metadata["architecture"])
        self.stages = self.architecture["stages"]
        self.preprocessing = json.loads(metadata["preprocessing"])
        self.alpha = {}

    def input(self, rgb):
        return preprocess(rgb, self.tensors["preprocess.filters"], self.preprocessing["factor"])

    def costs(self, x, inputs=None):
        """Cost of each stage, mean over the pictures; `inputs`: take these as the stages' inputs (stagewise)."""
        costs = []
        for i, s in enumerate(self.stages):
            if inputs is not None:
                x = inputs[i]
            name = f"stage{i + 1}"
            layers = stage_up(x, self.tensors, name, s)
            d = self.tensors[f"{name}.encoder" if s["tied"] else f"{name}.decoder"]
            u = reconstruct(layers["filter"], d, x.shape, s)
            autoencoder = s.get("kind") == "autoencoder"
            if autoencoder:
                u = u + self.tensors[f"{name}.decoder_bias"]
            sparsity = (layers["filter"] + 0.5 if autoencoder else layers["pool"]).sum()
            if s["tied"] and not autoencoder and i not in self.alpha:    # decay 0.99, this batch's means included
                sums = 0.99 * self.tensors[f"{name}.scale_sums"] + 0.01 * np.array([(u * x).sum(), (u * u).sum()]) / len(x)
                self.alpha[i] = sums[0] / sums[1]
            r = self.alpha.get(i, 1.0) * u
            costs.append((((r - x) ** 2).sum() + s["lambda"] * sparsity) / len(x))
            x = list(layers.values())[-1]
        return costs


def compare(what, got, want):
    error = np.abs(got - want).max() / np.abs(want).max()
    print(f"{what}: {error:.2g}")
    if not error < BOUND:
        sys.exit(f"{what}: relative difference {error:.3g}, allowed {BOUND:g}")


def check(folder, name, schedule):
    net = Net(f"{folder}/{name}.safetensors")
    x = first = net.input(pictures())
    inputs = []
    for i, s in enumerate(net.stages):
        inputs.append(x)
        layers = stage_up(x, net.tensors, f"stage{i + 1}", s)
        for sublayer, value in layers.items():
            got = np.load(f"{folder}/{name}-{i + 1}.{sublayer}.npy")
            assert got.shape == value.shape, (got.shape, value.shape)
            compare(f"{name} {i + 1}.{sublayer}", got, value)
        x = list(layers.values())[-1]

    costs = net.costs(first)    # fixes alpha, a constant of the gradient
    with open(f"{folder}/{name}-{schedule}.tsv") as f:
        header, row = (line.rstrip("\n").split("\t") for line in f.readlines()[:2])
    compare(f"{name} {schedule} cost", np.array(float(row[header.index("cost")])), np.array(sum(costs)))

    after = Net(f"{folder}/{name}-{schedule}.safetensors")
    rng = np.random.default_rng(5)
    for tensor, value in net.tensors.items():
        if not tensor.endswith(("encoder", "decoder", "bias")):
            continue
        stage = int(tensor[5]) - 1
        step = (value - after.tensors[tensor]) / RATE
        flat = value.reshape(-1)
        chosen = np.concatenate([[0, flat.size - 1], rng.integers(0, flat.size, 14)])    # the corners' filters too
        gradient = []
        for k in chosen:
            old, sides = flat[k], []
            for d in (1e-5, -1e-5):
                flat[k] = old + d
                sides.append(sum(net.costs(first)) if schedule == "joint" else net.costs(first, inputs)[stage])
            flat[k] = old
            gradient.append((sides[0] - sides[1]) / 2e-5)
        got = step.reshape(-1)[chosen]
        error = np.abs(got - gradient).max() / np.abs(step).max()
        print(f"{name} {schedule} gradient of {tensor}: {error:.2g}")
        if not error < BOUND:
            sys.exit(f"{name} {schedule} gradient of {tensor}: relative difference {error:.3g}, allowed {BOUND:g}")


if __name__ == "__main__":
    if sys.argv[1] == "pictures":
        for i, p in enumerate(pictures()):
            with open(f"{sys.argv[2]}/{i:02d}.ppm", "wb") as f:
                f.write(b"P6 %d %d 255\n" % (SIDE, SIDE) + p.tobytes())
    else:
        check(*sys.argv[2:5])
