"""nonna-head(5) in NumPy and SciPy, from the manual and the files alone.

usage: classify.py pictures FOLDER    writes pictures of six classes, a folder each, as binary PGM
       classify.py check L2           h.safetensors, e.tsv, k.tsv, c.tsv, p.tsv against a-*.npy, b-*.npy, a.tsv, b.tsv

The objective is minimised by L-BFGS in double, class by class. What nonna found must be within 1e-4 of that minimum,
relatively: it works in floats and by a fixed number of steps.
"""
import os
import sys

import numpy as np

BOUND = 1e-4
CLASSES, EACH, SIDE = 6, 30, 16


def pictures(folder):
    """Gratings of six directions under noise, some hard to tell."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:SIDE, :SIDE]
    for c in range(CLASSES):
        os.makedirs(f"{folder}/class{c}")
        for i in range(EACH):
            angle = np.pi * (c + rng.normal() * 0.25) / CLASSES
            wave = np.sin(x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0, 6.3))
            values = np.clip(128 + 50 * wave + 45 * rng.normal(size=(SIDE, SIDE)), 0, 255).astype(np.uint8)
            with open(f"{folder}/class{c}/{i:02}.pgm", "wb") as f:
                f.write(b"P5\n%d %d\n255\n" % (SIDE, SIDE) + values.tobytes())


def table(path):
    with open(path) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def half(name):
    layers = [np.load(f"{name}-{layer}.npy").astype(float) for layer in ("1.pool", "2.norm")]
    return np.concatenate([a.reshape(len(a), -1) for a in layers], 1), [row["label"] for row in table(f"{name}.tsv")]


def objective(w, x, y, l2):
    """One class's part: mean loss plus l2 / 2 |w|^2, the bias last and free; and its gradient."""
    s = np.where(y, 1.0, -1.0) * (x @ w[:-1] + w[-1])
    loss = np.maximum(-s, 0) + np.log1p(np.exp(-np.abs(s)))
    slope = -np.where(y, 1.0, -1.0) / (1 + np.exp(s)) / len(y)
    return (loss.mean() + l2 / 2 * w[:-1] @ w[:-1], np.append(x.T @ slope + l2 * w[:-1], slope.sum()))


def near(what, a, b, bound):
    if not np.allclose(a, b, rtol=bound, atol=bound):
        sys.exit(f"{what}: {a} of nonna, {b} here")


def check(l2):
    from scipy.optimize import minimize
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from model import read_safetensors
    metadata, head = read_safetensors("h.safetensors")
    names = metadata["classes"].split("\n")
    x, labels = half("a")
    near("mean", head["mean"], x.mean(0), 1e-5)
    deviation = x.std(0)
    near("factor", head["factor"] * deviation, (deviation > 1e-6 * np.abs(x.mean(0))).astype(float), 1e-4)
    standard = lambda v: (v - head["mean"].astype(float)) * head["factor"].astype(float)
    x = standard(x)

    found = least = 0
    for c, name in enumerate(names):
        y = np.array([label == name for label in labels])
        w = np.append(head["weights"][c], head["bias"][c]).astype(float)
        found += objective(w, x, y, l2)[0]
        least += minimize(objective, np.zeros_like(w), (x, y, l2), "L-BFGS-B", True,
                          options={"maxiter": 20000, "maxfun": 40000, "ftol": 1e-15, "gtol": 1e-9}).fun
    print(f"objective {found:.8f}, its minimum {least:.8f}, {found / least - 1:.1e} above", file=sys.stderr)
    if not -1e-9 < found / least - 1 < BOUND:
        sys.exit(f"objective {found}, but L-BFGS finds {least}")

    x, labels = half("b")
    z = standard(x) @ head["weights"].T.astype(float) + head["bias"]
    truth = np.array([names.index(label) for label in labels])
    order = np.argsort(-z, 1, kind="stable")
    rank = np.argmax(order == truth[:, None], 1) + 1
    p = 1 / (1 + np.exp(-z))
    by_class = [np.mean(rank[truth == c] == 1) for c in range(len(names))]
    measures = {row["measure"]: row for row in table("e.tsv")}
    near("top1", float(measures["top1"]["value"]), np.mean(rank == 1), 1e-6)
    near("top5", float(measures["top5"]["value"]), np.mean(rank <= 5), 1e-6)
    near("class_mean", float(measures["class_mean"]["value"]), np.mean(by_class), 1e-6)
    near("by class", [float(row["top1"]) for row in table("k.tsv")], by_class, 1e-6)
    if not 0.2 < np.mean(rank == 1) < 0.99:
        sys.exit("the classes are too easy, or too hard, to test anything")
    # A class keeps its size, so top-1 has the deviation of its classes' binomials; 1.96 of them on each side, by a
    # quarter more or less, as 1000 resamples of few pictures are coarse.
    side = 1.96 * np.sqrt(sum(q * (1 - q) * np.sum(truth == c) for c, q in enumerate(by_class))) / len(truth)
    width = (float(measures["top1"]["high"]) - float(measures["top1"]["low"])) / 2
    if not 0.75 < width / side < 1.25:
        sys.exit(f"the interval of top1 is {width} to each side, and should be {side}")

    top = p.max(1)
    error = 0
    for row in table("c.tsv"):
        inside = (np.minimum(np.floor(top * 10), 9) == round(float(row["low"]) * 10))
        near("pictures of a bin", int(row["pictures"]), inside.sum(), 0)
        near("probability of a bin", float(row["probability"]), top[inside].mean(), 1e-4)
        near("top1 of a bin", float(row["top1"]), np.mean(rank[inside] == 1), 1e-6)
        error += abs(float(row["probability"]) - float(row["top1"])) * inside.sum()
    near("calibration_error", float(measures["calibration_error"]["value"]), error / len(top), 1e-4)

    for i, row in enumerate(table("p.tsv")):
        picture, k = divmod(i, 3)
        near("rank", int(row["rank"]), k + 1, 0)
        if row["class"] != names[order[picture, k]]:
            sys.exit(f"picture {picture}: class {row['class']}, here {names[order[picture, k]]}")
        near("probability", float(row["probability"]), p[picture, order[picture, k]], 1e-4)


if sys.argv[1] == "pictures":
    pictures(sys.argv[2])
else:
    check(float(sys.argv[2]))
