"""Pictures warped by Pillow, for nonna-respond; and what nonna-invariance says against what that says.

Pillow reduces and shifts with the same cubic (Keys, a = -1/2, stretched where it reduces), rounding to 8 bits between
its two passes; it turns at the source's resolution, by another cubic (a = -1), so that turns are compared on pictures
smooth enough for both. A quarter turn of the crop's square, to which only whole pixels of the source contribute, is
exact. A response of a first-stage filter is linear in the picture but for the picture's mean and deviation: rounding
of pixels by one level, at random, moves it by a few thousandths of its range.
"""

import sys

import numpy as np
from PIL import Image

SIDE, CROP = 16, 40
WIDTH, HEIGHT = 151, 130
TOLERANCE = 0.02    # of the range of responses


def name(picture, warp, amount):
    if amount == (1 if warp == "scale" else 0):
        return "same~%d.png" % picture    # a set holds no picture twice
    return "%s~%.9g~%d.png" % (warp, amount, picture)


def plan():
    for a in np.linspace(-5, 5, 9):
        yield "translate-x", a
        yield "translate-y", a
    for a in np.linspace(0.5, 1.6, 12):
        yield "scale", round(a, 9)
    for a in np.linspace(-90, 120, 8):
        yield "rotate", a


def seen(source, warp, amount):
    """The middle CROP pixels at SIDE x SIDE, the picture moved below them."""
    left, top = (WIDTH - CROP) // 2, (HEIGHT - CROP) // 2
    x, y, size = left + CROP / 2, top + CROP / 2, CROP
    if warp == "translate-x":
        x -= amount * CROP / SIDE
    elif warp == "translate-y":
        y -= amount * CROP / SIDE
    elif warp == "scale":
        size /= amount
    else:
        source = source.rotate(amount, resample=Image.BICUBIC, center=(x, y))
    box = (x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    return source.resize((SIDE, SIDE), Image.BICUBIC, box=box)


def write():
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    listed = []
    for picture in range(2):
        values = np.full((HEIGHT, WIDTH, 3), 128.0)
        for _ in range(12):    # waves of 12 pixels and more: in reach of every cubic
            angle, period = rng.uniform(0, np.pi), rng.uniform(12, 60)
            wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + rng.uniform(0, 6))
            values += wave[:, :, None] * rng.uniform(-22, 22, 3)
        if picture == 0:
            values += rng.uniform(-60, 60, values.shape)
        source = Image.fromarray(np.clip(np.round(values), 0, 255).astype(np.uint8))
        source.save("source-%d.png" % picture)
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save("small-%d.png" % picture)
        for warp, amount in plan():
            if picture == 0 and warp == "rotate":
                continue
            listed.append(name(picture, warp, amount))
            seen(source, warp, amount).save(listed[-1])
        listed = sorted(set(listed))
    with open("warped.txt", "w") as file:
        file.writelines(n + "\n" for n in listed)


def table(path):
    with open(path) as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def responses(what, row, column, unit):
    return dict(zip((t["source"] for t in table(what + ".tsv")), np.load(what + ".npy")[:, row, column, unit]))


def check(neuron):
    row, column, unit = map(int, neuron.split(","))
    expected = responses("warped", row, column, unit)
    spread = max(expected.values()) - min(expected.values())
    assert spread > 0.5, spread
    each = table("each.tsv")
    assert len(each) == 2 * 38 + 2, len(each)
    assert len(expected) == 30 - 3 + 1 + 38 - 4 + 1, len(expected)    # what is unmoved is there once
    worst = {}
    for t in each:
        picture = int(t["picture"][-len("0.png")])
        if t["warp"] == "view" or (picture == 0 and t["warp"] == "rotate"):
            continue
        other = float(expected[name(picture, t["warp"], float(t["amount"]))])
        worst[t["warp"]] = max(worst.get(t["warp"], 0), abs(float(t["response"]) - other) / spread)
    print("neuron %s: greatest difference from Pillow over the range of responses:" % neuron,
          ", ".join("%s %.4f" % w for w in worst.items()))
    assert max(worst.values()) < TOLERANCE

    curves = table("curves.tsv")
    assert len(curves) == 38 + 2
    for c in curves:
        d = np.array([float(t["response"]) - 0.25 for t in each
                      if t["warp"] == c["warp"] and t["amount"] == c["amount"]])
        deviation = d.std(ddof=1) if len(d) > 1 else 0
        wanted = [len(d), d.mean(), deviation, deviation / np.sqrt(len(d)), d.min(), d.max(), (d > 0).mean()]
        got = [float(c[k]) for k in ("pictures", "mean", "deviation", "error", "least", "most", "above")]
        assert np.allclose(got, wanted, rtol=1e-6, atol=1e-7), (c, wanted)

    # A picture of the network's size that is not moved, or a sequence's: nonna-respond's response, to the bit.
    plain = responses("small", row, column, unit)
    still = [t for t in table("small-each.tsv") if float(t["amount"]) == 0]
    assert len(still) == 4
    still += [t for t in each if t["warp"] == "view"]
    for t in still:
        assert np.float32(t["response"]) == plain[t["picture"]], (t, plain)


if sys.argv[1] == "write":
    write()
else:
    check(sys.argv[2])
