# The sweep's numbers computed again, the plain way, with NumPy: planted neurons of every awkward sort.
#   sweep.py write R.npy L.tsv      sweep.py check R.npy L.tsv TABLE.tsv [either] [counts]
import csv
import sys

import numpy as np


def planted():
    rng = np.random.default_rng(20120711)
    n = 137
    y = (rng.random(n) < 0.35).astype(int)
    r = rng.normal(size=(n, 2, 3, 4))
    r[:, 0, 0, 0] += 2.5 * y                # good
    r[:, 0, 0, 1] -= 2.5 * y                # good with the wrong polarity
    r[:, 0, 0, 2] = y                       # perfect, two values
    r[:, 0, 0, 3] = -7                      # constant
    r[:, 0, 1, 0] = rng.integers(0, 4, n)   # many ties
    r[:, 0, 1, 1] *= 1e-30
    r[:, 0, 1, 2] *= 1e30
    r[:, 0, 1, 3] = np.where(r[:, 0, 1, 3] < 0, -0.0, 0.0)
    r[:, 0, 2, 0] = 1e6 + 0.125 * rng.integers(0, 50, n) + y
    r[:, 0, 2, 1] = r[:, 0, 2, 0]
    return r.astype(np.float32), y


def score(r, y, either=False):
    r = r.astype(np.float64)
    lo, hi = r.min(), r.max()
    best = (-1.0, None)
    thresholds = [lo + (hi - lo) * i / 21 for i in range(1, 21)]
    for sign, t in [(1, t) for t in thresholds] + [(-1, t) for t in thresholds[::-1]] * either:
        yes = r > t if sign == 1 else r < t
        accuracy = np.mean(yes == (y == 1))
        if accuracy > best[0]:
            best = (accuracy, t, np.mean(yes[y == 1]), np.mean(yes[y == 0]), sign)
    sign = best[4]
    r = sign * r
    p, q = r[y == 1][:, None], r[y == 0][None, :]
    auc = np.mean((p > q) + 0.5 * (p == q))
    with np.errstate(divide='ignore'):
        s = np.sqrt((r[y == 1].var(ddof=1) + r[y == 0].var(ddof=1)) / 2)
        difference = r[y == 1].mean() - r[y == 0].mean()
        d = 0.0 if difference == 0 else np.divide(difference, s)
    return best[1], best[0], auc, d, best[2], best[3], (best[2] + 1 - best[3]) / 2, sign


def main(job, responses, labels, table=None, *flags):
    if job == 'write':
        r, y = planted()
        np.save(responses, r)
        with open(labels, 'w') as f:
            f.write('key\tlabel\n' + ''.join(f'{i}\t{v}\n' for i, v in enumerate(y)))
        return
    r = np.load(responses)
    y = np.array([int(row['label']) for row in csv.DictReader(open(labels), delimiter='\t')])
    rows = list(csv.DictReader(open(table), delimiter='\t'))
    assert len(rows) == r[0].size, (len(rows), r[0].size)
    assert list(rows[0])[:7] == 'layer row col map threshold accuracy auc'.split()
    for row in rows:
        got = [float(row[k]) for k in ('threshold', 'accuracy', 'auc', 'dprime', 'hit_rate', 'false_alarm_rate',
                                       'balanced_accuracy', 'polarity')]
        expected = score(r[:, int(row['row']), int(row['col']), int(row['map'])], y, 'either' in flags)
        # tables hold nine digits
        if 'counts' in flags:
            assert np.isnan(got[2]), row
            got[2] = expected[2]
        assert np.allclose(got, expected, rtol=1e-8, atol=0), (row, expected)


main(*sys.argv[1:])
