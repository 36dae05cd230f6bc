"""The training step that bench_stage (C++) and the PyTorch peers all take, its numbers and its check.

One stage: pictures 64x64x3, local filters of 10x10 at stride 1 (55x55 positions), 8 maps, L2 pooling 5x5, tied weights,
batch 96, one thread, fp32. Contrast normalisation is left out on every side: the common core is filters and pooling.

    h = W x                    q = sqrt(epsilon + sum of h^2 over 5x5)          u = W'h
    s = 0.99 s + 0.01 (<u, x>, <u, u>) / batch              alpha = s[0] / s[1], a constant in the gradient
    cost = mean over the batch of |alpha u - x|^2 + lambda * sum of q
    g = d cost / d W (both paths)       a += g^2      W -= rate * g / sqrt(a + 1e-12)

Pictures and weights are the same integers' hashes in all programs. A program takes two steps from the start. The first
step's sums of squares a are the squared gradients: each is held against nonna's, so that whoever computes something
else is found. The weights after the second are compared on average only: Adagrad's first step is rate * sign(g), and
where g is about 0 the sign is rounding's. The costs of both steps are compared.

Tolerances: costs 1e-5 of their value; gradients 1e-4 of their root mean square, every one (sums of up to 57,600 terms
in another order: measured 1e-5); weights 1e-3 * rate on average (measured 3e-5).
"""
import argparse
import json
import statistics
import sys
import time

import numpy

SIDE, CHANNELS, FIELD, MAPS, POOL, BATCH = 64, 3, 10, 8, 5, 96
POSITIONS, POOLED = SIDE - FIELD + 1, SIDE - FIELD + 1 - POOL + 1
RATE, LAMBDA, EPSILON, DECAY = 0.01, 0.1, 1e-3, 0.99


def numbers(count, seed, half):
    """float32 in [-half, half): a hash of seed + index, the same as in bench_stage.cpp."""
    v = (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(seed)) * numpy.uint64(2654435761) % numpy.uint64(1 << 32)
    v = (v ^ (v >> numpy.uint64(16))) * numpy.uint64(0x45D9F3B) % numpy.uint64(1 << 32)
    v = v ^ (v >> numpy.uint64(16))
    return ((v.astype(numpy.float64) / 2.0**31 - 1) * half).astype(numpy.float32)


def pictures():    # (image, row, column, channel)
    return numbers(BATCH * SIDE * SIDE * CHANNELS, 1, 1.7320508).reshape(BATCH, SIDE, SIDE, CHANNELS)


def weights():    # (row, column, dy, dx, channel, map)
    shape = (POSITIONS, POSITIONS, FIELD, FIELD, CHANNELS, MAPS)
    return numbers(int(numpy.prod(shape)), 1000000007, 0.1).reshape(shape)


def alpha(sums, statistics):
    """The averaged least-squares scale; `sums` of this batch, `statistics` a list of two that is kept."""
    for i in range(2):
        statistics[i] = DECAY * statistics[i] + (1 - DECAY) * sums[i] / BATCH
    return statistics[0] / statistics[1]


def check(name, reference, step, results):
    """Takes two steps; ends the program where their results are not nonna's."""
    with open(reference + "/stage.json") as file:
        expected = json.load(file)["costs"]
    cost = step()
    gradient = numpy.sqrt(numpy.fromfile(reference + "/squares.f32", numpy.float32))
    mean = numpy.sqrt(numpy.mean(numpy.square(gradient, dtype=numpy.float64)))
    worst = float(numpy.max(numpy.abs(numpy.sqrt(results()[0].reshape(-1)) - gradient)) / mean)
    costs = [cost, step()]
    worst_cost = max(abs(c / e - 1) for c, e in zip(costs, expected, strict=True))
    w = numpy.fromfile(reference + "/weights.f32", numpy.float32)
    apart = float(numpy.mean(numpy.abs(results()[1].reshape(-1) - w), dtype=numpy.float64) / RATE)
    print(f"{name}: against nonna: costs {worst_cost:.1e}, gradients {worst:.1e}, weights {apart:.1e} of a step",
          file=sys.stderr)
    if not (worst_cost < 1e-5 and worst < 1e-4 and apart < 1e-3):
        sys.exit(f"{name}: computes something else than nonna")


def run(name, make):
    """make() -> (step, results): step() takes one step and returns its cost, results() gives (squares, weights) as
    arrays in the order of weights()."""
    import torch
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", required=True, help="folder that bench_stage --reference wrote")
    parser.add_argument("--repetitions", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with torch.no_grad() if name != "stage_pytorch_unfold" else torch.enable_grad():
        step, results = make()
        check(name, args.reference, step, results)
        seconds = []
        for _ in range(args.repetitions):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
    with open("/proc/self/maps") as maps:
        blas = next((line.split()[-1] for line in maps if "/libblas.so" in line), "none")
    print(json.dumps({"name": name, "ms": 1e3 * statistics.median(seconds), "blas": blas}))
