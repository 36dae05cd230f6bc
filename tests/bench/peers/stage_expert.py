"""The stage as an expert writes it for speed in Debian's PyTorch 1.13: no autograd, no patch copied out.

The problem, its numbers and the check against nonna: stage_problem.py.

Batch innermost. For each row of positions the ten rows of the picture are turned into a band (column, dy, channel,
lane), 0.7 MB, which stays in the cache: in it the field of every position is a matrix of 300 rows in one piece, so that
all 55 fields are one strided, overlapping view, and a row's encoding is one batched product. The reconstruction adds
in place: positions 10 apart do not overlap, so ten batched products with beta = 1 write a band without a temporary.
The two parts of tied weights' gradient are one product over 192 lanes, x and e side by side in a band. Weights are
(position, input, map), inputs in the band's order; the update follows while a row's gradient is in the cache.
"""
import numpy
import torch

import stage_problem as problem
from stage_problem import BATCH, CHANNELS, EPSILON, FIELD, LAMBDA, MAPS, POOL, POOLED, POSITIONS, RATE, SIDE

RUN = FIELD * CHANNELS         # inputs of one column of a field
FAN_IN = FIELD * RUN
COLUMN = RUN * BATCH           # floats of one column of a band


def patches(band, batch):
    """The fields of a band's positions, (position, input, lane), overlapping where they lie: no copy."""
    return band.as_strided((POSITIONS, FAN_IN, batch), (RUN * batch, batch, 1))


def make():
    # pictures as (row, column, channel, lane); weights as (row, column, dx, dy, channel, map)
    pictures = torch.from_numpy(problem.pictures().transpose(1, 2, 3, 0).copy())
    w = torch.from_numpy(problem.weights().transpose(0, 1, 3, 2, 4, 5).copy()).view(POSITIONS, POSITIONS, FAN_IN, MAPS)
    squares = torch.full_like(w, 1e-12)    # the constant under the root is put in here, which saves a pass
    statistics = [0.0, 0.0]

    x = torch.empty_like(pictures)
    band = torch.empty(SIDE, FIELD, CHANNELS, BATCH)
    both = torch.empty(SIDE, FIELD, CHANNELS, 2, BATCH)
    h = torch.empty(POSITIONS, POSITIONS, MAPS, BATCH)
    h2 = torch.empty_like(h)
    q = torch.empty(POOLED, POOLED, MAPS, BATCH)
    u = torch.empty_like(x)
    e = torch.empty_like(x)
    dh = torch.empty(POSITIONS, MAPS, BATCH)
    units = torch.empty(POSITIONS, 2, BATCH, MAPS)
    g = torch.empty(POSITIONS, FAN_IN, MAPS)
    root = torch.empty_like(g)
    padded = torch.zeros(POSITIONS + POOL - 1, MAPS, BATCH)
    sums = torch.empty(POSITIONS + POOL - 1, MAPS, BATCH)
    band_patches, both_patches = patches(band, BATCH), patches(both, 2 * BATCH)
    blocks = []    # positions d, d + 10, ...: their columns of a band do not overlap
    for d in range(FIELD):
        n = len(range(d, POSITIONS, FIELD))
        blocks.append(band.view(SIDE * RUN, BATCH)[d * RUN:d * RUN + n * FAN_IN].view(n, FAN_IN, BATCH))

    def window_sums(a, n, out):
        """out[i] = a[i] + ... + a[i + 4], i < n: three additions by doubling."""
        two = torch.add(a[:n + 3], a[1:n + 4], out=sums[:n + 3])
        torch.add(two[:n], two[2:n + 2], out=out)
        return out.add_(a[4:n + 4])

    row = torch.empty(POSITIONS, MAPS, BATCH)

    def step():
        x.copy_(pictures)
        for r in range(POSITIONS):
            band.copy_(x[r:r + FIELD].transpose(0, 1))
            torch.bmm(w[r].transpose(1, 2), band_patches, out=h[r])
            torch.mul(h[r], h[r], out=h2[r])
            if r >= POOL - 1:
                torch.sum(h2[r - POOL + 1:r + 1], 0, out=row)
                window_sums(row, POOLED, q[r - POOL + 1]).add_(EPSILON).sqrt_()
        u.zero_()
        for r in range(POSITIONS):
            band.zero_()
            for d in range(FIELD):
                blocks[d].baddbmm_(w[r, d::FIELD], h[r, d::FIELD])
            u[r:r + FIELD] += band.transpose(0, 1)
        a = problem.alpha([float(torch.mul(u, x, out=e).sum()), float(torch.mul(u, u, out=e).sum())], statistics)
        torch.add(x, u, alpha=-a, out=e)
        cost = (float(torch.mul(e, e, out=u).sum()) + LAMBDA * float(q.sum())) / BATCH
        e.mul_(-2 * a / BATCH)
        q.reciprocal_()
        for r in range(POSITIONS):
            both[:, :, :, 0].copy_(x[r:r + FIELD].transpose(0, 1))
            both[:, :, :, 1].copy_(e[r:r + FIELD].transpose(0, 1))
            torch.sum(q[max(0, r - POOL + 1):min(r, POOLED - 1) + 1], 0, out=padded[POOL - 1:POSITIONS])
            window_sums(padded, POSITIONS, dh).mul_(h[r])
            dh.baddbmm_(w[r].transpose(1, 2), both_patches[:, :, BATCH:], beta=LAMBDA / BATCH)
            units[:, 0].copy_(dh.transpose(1, 2))
            units[:, 1].copy_(h[r].transpose(1, 2))
            torch.bmm(both_patches, units.view(POSITIONS, 2 * BATCH, MAPS), out=g)
            squares[r].addcmul_(g, g)
            w[r].addcdiv_(g, torch.sqrt(squares[r], out=root), value=-RATE)
        return cost

    def results():
        def ordered(t):
            shape = (POSITIONS, POSITIONS, FIELD, FIELD, CHANNELS, MAPS)
            return numpy.ascontiguousarray(t.view(shape).numpy().transpose(0, 1, 3, 2, 4, 5))
        return ordered(squares), ordered(w)

    return step, results


if __name__ == "__main__":
    problem.run("stage_pytorch", make)
