"""Computes with scipy the distances that the tests compare the package with.

Reads {"counts": [[reference, window], ...], "axes": [{"places", "counts", "lo",
"hi", "sd", "window"}, ...], "p_values": [[p, ...], ...],
"blocks": [[reference, counts by block], ...]} on stdin and writes the
answers under the same keys on stdout.
"""

import json
import sys

import numpy as np
import scipy.spatial.distance as sd
import scipy.stats as st

asked = json.load(sys.stdin)


def distances(reference, window):
    """psi, jensen_shannon, hellinger, total_variation."""
    r, c = np.array(reference, float), np.array(window, float)
    m = len(r) / 2
    floored = (r + 0.5) / np.sum(r + 0.5)
    smoothed = (c + m * floored) / np.sum(c + m * floored)
    p, q = r / r.sum(), c / c.sum()
    return [
        st.entropy(floored, smoothed) + st.entropy(smoothed, floored),
        sd.jensenshannon(p, q) ** 2,
        sd.euclidean(np.sqrt(p), np.sqrt(q)) / np.sqrt(2),
        sd.cityblock(p, q) / 2,
    ]


def axis(places, counts, lo, hi, sd, window):
    """kolmogorov_smirnov of the numbers one by one, and wasserstein."""
    bins = len(counts)
    window, counts = np.array(window), np.array(counts)
    order = np.concatenate([[bins + 3], np.arange(bins), [bins + 4]])
    weights = window[order]
    rank = np.arange(1, bins + 1)
    smirnov = st.ks_2samp(np.repeat(rank, counts), np.repeat(np.arange(bins + 2), weights), method="asymp")
    at = np.concatenate([[lo], places, [hi]])
    return [smirnov.statistic, st.wasserstein_distance(places, at, counts, weights) / sd]


def blocks(reference, counts):
    """Design effect, and p-value of a bootstrap of blocks with as many references."""
    rng, draws = np.random.default_rng(1), 4000
    c, p = np.array(counts, float), np.array(reference) / np.sum(reference)
    groups, n = len(c), c.sum()
    q = c.sum(axis=0) / n
    seen = q > 0
    z = (c - np.outer(c.sum(axis=1), q))[:, seen] / np.sqrt(q[seen])
    effect = np.trace(z.T @ z) / n * groups / (groups - 1) / (seen.sum() - 1)
    drawn = c[rng.integers(groups, size=(draws, groups))].sum(axis=1)
    apart = (drawn / drawn.sum(axis=1, keepdims=True) - q) * np.sqrt(groups / (groups - 1))
    apart += rng.multinomial(np.sum(reference), p, draws) / np.sum(reference) - p
    some = p + q > 0
    statistic = lambda d: np.sum(2 * d[..., some] ** 2 / (p + q)[some], axis=-1)
    return [max(1, effect), (1 + np.sum(statistic(apart) >= statistic(q - p) - 1e-12)) / (draws + 1)]


json.dump(
    {
        "counts": [distances(*case) for case in asked["counts"]],
        "axes": [axis(**case) for case in asked["axes"]],
        "blocks": [blocks(*case) for case in asked["blocks"]],
        "p_values": [st.false_discovery_control(case).tolist() for case in asked["p_values"]],
    },
    sys.stdout,
)
