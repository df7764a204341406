"""Computes with scipy and numpy what the tests compare the package with.

Reads {"kl": [[reference, window], ...], "wilson": [[correct, n], ...],
"binomial": [[n, p, first value of the cells, counts of the cells], ...],
"search": [[edges, values], ...], "null": [[reference, n, kl], ...]} on stdin and
writes the answers under the same keys on stdout.
"""

import json
import sys

import numpy as np
import scipy.stats as st

asked = json.load(sys.stdin)
rng = np.random.default_rng(1)


def smoothed(reference, window):
    p = np.array(reference) / np.sum(reference)
    m = len(reference) / 2
    return p, (np.array(window) + m * p) / (np.sum(window) + m)


def kl(reference, window):
    return st.entropy(*smoothed(reference, window))


def wilson(correct, n):
    interval = st.binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    return [interval.low, interval.high]


def fits(n, p, first, counts):
    """The p-value of counts of first, first+1, ...; the ends take the tails."""
    k = np.arange(first, first + len(counts))
    expected = st.binom.pmf(k, n, p)
    expected[0] += st.binom.cdf(first - 1, n, p)
    expected[-1] += st.binom.sf(k[-1], n, p)
    counts, expected = np.array(counts), expected * np.sum(counts)
    keep = expected >= 8
    rest = [np.sum(counts[~keep])], [np.sum(expected[~keep])]
    counts, expected = np.append(counts[keep], rest[0]), np.append(expected[keep], rest[1])
    if expected[-1] < 1:
        counts, expected = counts[:-1], expected[:-1] * np.sum(counts[:-1]) / np.sum(expected[:-1])
    return st.chisquare(counts, expected).pvalue


def null(reference, n, value):
    """The two-sample bootstrap p-value, and the mean without drift."""
    draws, reference = 20000, np.array(reference)
    p = reference / reference.sum()
    m = len(reference) / 2
    q = (rng.multinomial(n, p, draws) + m * p) / (n + m)
    p = rng.multinomial(reference.sum(), p, draws) / reference.sum()
    q = (q * (n + m) - m * reference / reference.sum() + m * p) / (n + m)
    t = np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, q, 1)), 0), axis=1)
    return [(1 + np.sum(t >= value - 1e-12)) / (draws + 1), t.mean(), t.std()]


json.dump(
    {
        "kl": [kl(*case) for case in asked["kl"]],
        "wilson": [wilson(*case) for case in asked["wilson"]],
        "binomial": [fits(*case) for case in asked["binomial"]],
        "search": [np.searchsorted(*case, side="right").tolist() for case in asked["search"]],
        "null": [null(*case) for case in asked["null"]],
    },
    sys.stdout,
)
