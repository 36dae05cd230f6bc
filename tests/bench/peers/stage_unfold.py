"""The stage as it is commonly written in PyTorch: unfold + bmm, autograd, the optimiser of torch.optim.

The problem, its numbers and the check against nonna: stage_problem.py. The reconstruction is fold of W'h, pooling
avg_pool2d of the squares.
"""
import numpy
import torch
from torch.nn import functional

import stage_problem as problem
from stage_problem import BATCH, CHANNELS, EPSILON, FIELD, LAMBDA, MAPS, POOL, POSITIONS, RATE, SIDE

PLACES, FAN_IN = POSITIONS * POSITIONS, CHANNELS * FIELD * FIELD


def make():
    x = torch.from_numpy(problem.pictures().transpose(0, 3, 1, 2).copy())    # (image, channel, row, column)
    # unfold's order of inputs is (channel, dy, dx)
    w = torch.from_numpy(problem.weights().transpose(0, 1, 5, 4, 2, 3).copy()).view(PLACES, MAPS, FAN_IN)
    w.requires_grad_()
    optimiser = torch.optim.Adagrad([w], lr=RATE, eps=1e-10)
    statistics = [0.0, 0.0]

    def step():
        optimiser.zero_grad()
        patches = functional.unfold(x, FIELD).permute(2, 1, 0)    # (position, input, image)
        h = torch.bmm(w, patches)
        grid = h.permute(2, 1, 0).reshape(BATCH, MAPS, POSITIONS, POSITIONS)
        q = torch.sqrt(functional.avg_pool2d(grid * grid, POOL, 1) * POOL**2 + EPSILON)
        u = functional.fold(torch.bmm(w.transpose(1, 2), h).permute(2, 1, 0), SIDE, FIELD)
        with torch.no_grad():
            a = problem.alpha([float((u * x).sum()), float((u * u).sum())], statistics)
        cost = (torch.square(a * u - x).sum() + LAMBDA * q.sum()) / BATCH
        cost.backward()
        optimiser.step()
        return float(cost)

    def results():
        def ordered(t):
            shape = (POSITIONS, POSITIONS, MAPS, CHANNELS, FIELD, FIELD)
            return numpy.ascontiguousarray(t.detach().view(shape).numpy().transpose(0, 1, 4, 5, 3, 2))
        return ordered(optimiser.state[w]["sum"]), ordered(w)

    return step, results


if __name__ == "__main__":
    problem.run("stage_pytorch_unfold", make)
