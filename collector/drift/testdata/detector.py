"""Computes what the tests of the detector compare with, by other means: scipy's
distributions instead of gonum's incomplete gamma function, a bracketing root
finder instead of Newton's method, decimal-safe logarithms of ratios instead of
differences. Reads a question as JSON from stdin, writes the answer as JSON."""

import json
import sys

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import chi2, pearson3

MEMORIES = (200, 1000, 5000, 25000)


def log_evidence(reference, radius, limit, ticks):
    """log M after each tick; a tick is a list of pieces, each a list of counts."""
    k = len(reference)
    p = (np.array(reference) + 0.5) / (sum(reference) + k / 2)
    kl = lambda q: float(np.sum(p * np.log(p / q)))
    seen = [np.zeros(k) for _ in MEMORIES]
    sums = [0.0] * len(MEMORIES)
    out = []
    for pieces in ticks:
        sums = [max(s, 0.0) for s in sums]
        for counts in pieces:
            c = np.array(counts, dtype=float)
            for i, memory in enumerate(MEMORIES):
                q = (seen[i] + k * p) / (seen[i].sum() + k)
                if kl(q) > radius:
                    w = brentq(lambda w: kl((1 - w) * q + w * p) - radius, 0, 1, xtol=1e-15, rtol=1e-14) if radius > 0 else 1.0
                    sums[i] = min(sums[i] + float(np.sum(c * np.log(q / ((1 - w) * q + w * p)))), limit)
                seen[i] = seen[i] * (1 - 1 / memory) ** c.sum() + c
        out.append(float(logsumexp(sums)) - np.log(len(MEMORIES)))
    return out


question = json.load(sys.stdin)
json.dump(
    {
        "ChiSquared": [float(chi2.sf(t["X"], t["Freedom"])) for t in question["Tails"] or []],
        "PearsonIII": [
            float(pearson3.sf(t["X"], t["Skewness"], loc=t["Mean"], scale=np.sqrt(t["Variance"])))
            for t in question["Tails"] or []
        ],
        "LogEvidence": [log_evidence(s["Reference"], s["Radius"], s["Limit"], s["Ticks"]) for s in question["Streams"] or []],
    },
    sys.stdout,
)
