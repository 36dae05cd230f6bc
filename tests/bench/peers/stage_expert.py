"""The stage as an expert writes it for speed in Debian's PyTorch 1.13: no autograd, no patch copied out.

The problem, its numbers and the check against nonna: stage_problem.py.

Batch innermost. For each row of positions the ten rows of the picture are turned into a band (column, dy, channel,
lane), 0.7 MB, which stays in the cache: in it the fields of neighbouring positions are overlapping matrices, each in one
piece, so that all fields of a row are one strided view and a row's encoding is one batched product. Two neighbouring
positions are one product over the union of their fields, 330 inputs by 16 units, with zeros where a position does not
see: a tenth more arithmetic, but shapes that the BLAS likes better. The reconstruction adds in place: pairs 6 apart do
not overlap, so six batched products with beta = 1 write a band without a temporary. The two parts of tied weights'
gradient are one product over 192 lanes, x and e side by side in a band, straight into the pairs' layout; the update
follows while a row's gradient is in the cache.
"""
import numpy
import torch

import stage_problem as problem
from stage_problem import BATCH, CHANNELS, EPSILON, FIELD, LAMBDA, MAPS, POOL, POOLED, POSITIONS, RATE, SIDE

RUN = FIELD * CHANNELS                  # inputs of one column of a field
FAN_IN = FIELD * RUN
PAIRS = (POSITIONS + 1) // 2            # the last pair's second position does not exist: weights and units zero
EVEN, ODD = PAIRS, POSITIONS - PAIRS    # positions that are first, second of a pair
UNION = FAN_IN + RUN
APART = -(-UNION // (2 * RUN))          # pairs so far apart do not overlap


def make():
    # pictures as (row, column, channel, lane); weights as (row, pair, input of the union, position of the pair and map)
    pictures = torch.from_numpy(problem.pictures().transpose(1, 2, 3, 0).copy())
    first = torch.from_numpy(problem.weights().transpose(0, 1, 3, 2, 4, 5).copy()).view(POSITIONS, POSITIONS, FAN_IN, MAPS)
    w = torch.zeros(POSITIONS, PAIRS, UNION, 2 * MAPS)
    w[:, :, :FAN_IN, :MAPS] = first[:, 0::2]
    w[:, :ODD, RUN:, MAPS:] = first[:, 1::2]
    squares = torch.full_like(w, 1e-12)    # the constant under the root is put in here, which saves a pass
    statistics = [0.0, 0.0]

    x = torch.empty_like(pictures)
    band = torch.zeros(SIDE + 1, FIELD, CHANNELS, BATCH)    # one column more, for the last pair
    both = torch.zeros(SIDE + 1, FIELD, CHANNELS, 2, BATCH)
    h = torch.empty(POSITIONS, PAIRS, 2 * MAPS, BATCH)
    h2 = torch.empty(POSITIONS, 2 * PAIRS, MAPS, BATCH)
    q = torch.empty(POOLED, POOLED, MAPS, BATCH)
    u = torch.empty_like(x)
    e = torch.empty_like(x)
    dh = torch.empty(2 * PAIRS, MAPS, BATCH)
    dh_pairs = dh.view(PAIRS, 2 * MAPS, BATCH)
    units = torch.empty(2 * PAIRS, 2, BATCH, MAPS)
    units_matrix = units.view(2 * PAIRS, 2 * BATCH, MAPS)
    g = torch.zeros(PAIRS, UNION, 2 * MAPS)
    root = torch.empty_like(g)
    padded = torch.zeros(2 * PAIRS + POOL - 1, MAPS, BATCH)
    two = torch.empty(2 * PAIRS + POOL - 2, MAPS, BATCH)
    row = torch.empty(2 * PAIRS, MAPS, BATCH)

    def fields(of, lanes, count, inputs, step, start=0):
        """(position or pair, input, lane) of a band, overlapping where they lie: no copy."""
        return of.as_strided((count, inputs, lanes), (step * RUN * lanes, lanes, 1), start * RUN * lanes)

    unions = fields(band, BATCH, PAIRS, UNION, 2)
    e_unions = both.as_strided((PAIRS, UNION, BATCH), (4 * RUN * BATCH, 2 * BATCH, 1), BATCH)
    even = fields(both, 2 * BATCH, EVEN, FAN_IN, 2)
    odd = fields(both, 2 * BATCH, ODD, FAN_IN, 2, 1)
    targets = [fields(band, BATCH, len(range(d, PAIRS, APART)), UNION, 2 * APART, 2 * d) for d in range(APART)]
    g_even, g_odd = g[:, :FAN_IN, :MAPS], g[:ODD, RUN:, MAPS:]

    def window_sums(a, n, out):
        """out[i] = a[i] + ... + a[i + 4], i < n: three additions by doubling."""
        pairs = torch.add(a[:n + 3], a[1:n + 4], out=two[:n + 3])
        torch.add(pairs[:n], pairs[2:n + 2], out=out)
        return out.add_(a[4:n + 4])

    def step():
        x.copy_(pictures)
        for r in range(POSITIONS):
            band[:SIDE].copy_(x[r:r + FIELD].transpose(0, 1))
            torch.bmm(w[r].transpose(1, 2), unions, out=h[r])
            torch.mul(h[r].view(h2[r].shape), h[r].view(h2[r].shape), out=h2[r])
            if r >= POOL - 1:
                torch.sum(h2[r - POOL + 1:r + 1], 0, out=row)
                window_sums(row, POOLED, q[r - POOL + 1]).add_(EPSILON).sqrt_()
        u.zero_()
        for r in range(POSITIONS):
            band.zero_()
            for d in range(APART):
                targets[d].baddbmm_(w[r, d::APART], h[r, d::APART])
            u[r:r + FIELD] += band[:SIDE].transpose(0, 1)
        band.zero_()
        a = problem.alpha([float(torch.mul(u, x, out=e).sum()), float(torch.mul(u, u, out=e).sum())], statistics)
        torch.add(x, u, alpha=-a, out=e)
        cost = (float(torch.mul(e, e, out=u).sum()) + LAMBDA * float(q.sum())) / BATCH
        e.mul_(-2 * a / BATCH)
        q.reciprocal_()
        for r in range(POSITIONS):
            both[:SIDE, :, :, 0].copy_(x[r:r + FIELD].transpose(0, 1))
            both[:SIDE, :, :, 1].copy_(e[r:r + FIELD].transpose(0, 1))
            torch.sum(q[max(0, r - POOL + 1):min(r, POOLED - 1) + 1], 0, out=padded[POOL - 1:POSITIONS])
            window_sums(padded, 2 * PAIRS, dh).mul_(h[r].view(dh.shape))
            dh_pairs.baddbmm_(w[r].transpose(1, 2), e_unions, beta=LAMBDA / BATCH)
            units[:, 0].copy_(dh.transpose(1, 2))
            units[:, 1].copy_(h[r].view(dh.shape).transpose(1, 2))
            torch.bmm(even, units_matrix[0::2], out=g_even)
            torch.bmm(odd, units_matrix[1:POSITIONS:2], out=g_odd)
            squares[r].addcmul_(g, g)
            w[r].addcdiv_(g, torch.sqrt(squares[r], out=root), value=-RATE)
        return cost

    def results():
        def ordered(t):
            single = torch.empty_like(first)
            single[:, 0::2] = t[:, :, :FAN_IN, :MAPS]
            single[:, 1::2] = t[:, :ODD, RUN:, MAPS:]
            shape = (POSITIONS, POSITIONS, FIELD, FIELD, CHANNELS, MAPS)
            return numpy.ascontiguousarray(single.view(shape).numpy().transpose(0, 1, 3, 2, 4, 5))
        return ordered(squares), ordered(w)

    return step, results


if __name__ == "__main__":
    problem.run("stage_pytorch", make)
