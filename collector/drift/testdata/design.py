"""Design effects of pairs of blocks, by numpy: reads and writes JSON."""

import json
import sys

import numpy as np

question = json.load(sys.stdin)
answer = []
for pairs in question["Samples"]:
    x, y = (np.array([p[i] for p in pairs], float) for i in (0, 1))
    n, m = x.sum(1), y.sum(1)
    differences = (y / m[:, None] - x / n[:, None]) * np.sqrt(n * m / (n + m))[:, None]
    shares = ((x + y) / (n + m)[:, None]).mean(0)
    # Bins of which a block has fewer than four rows on average weigh as if it had four.
    scale = np.sqrt(np.maximum(shares, 4 / (n + m).mean() * 2))
    v = np.einsum("ia,ib->ab", differences, differences) / len(pairs) / np.outer(scale, scale)
    answer.append({"Trace": float(np.trace(v)), "Largest": float(np.linalg.eigvalsh(v)[-1]), "Bins": int((shares > 0).sum())})
json.dump(answer, sys.stdout)
