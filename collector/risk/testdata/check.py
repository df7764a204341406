"""Computes with numpy and scipy what the tests compare the package with.

Reads on stdin {"logs": [...], "duels": [[wins, losses], ...], "limits": [[errors, labels,
confidence], ...], "references": [[strata, weights, confidence], ...]} and
writes the answers under the same keys on stdout. A log has "threshold", "tolerance", "alpha" and
"ticks": [limit, rate, near, mean, [[labels, errors], ...]] and "losses", its second stream:
[limit, near, mean, [loss, ...]].
"""

import json
import sys

import numpy as np
import scipy.special as sp
import scipy.stats as st

MEMORIES = np.array([200.0, 1000.0, 5000.0])
PRIOR = 20.0
NODES = np.polynomial.legendre.leggauss(150)


def evidence(log):
    """The evidence after each tick, without clearing."""
    s, a, n = np.zeros(3), np.zeros(3), np.zeros(3)
    out = []
    for limit, _, near, mean, pieces in log["ticks"]:
        p0 = limit + log["tolerance"]
        if sum(labels for labels, _ in pieces) == 0:
            out.append(sp.logsumexp(s) - np.log(3))
            continue
        s = np.maximum(s, 0)
        for labels, errors in pieces:
            q = np.maximum(p0, (a + PRIOR * near * p0) / (n + PRIOR * near))
            leak = labels * (mean - 1) / (2 * (MEMORIES + PRIOR * near))
            odds = errors * (np.log(q) - np.log(p0)) + (labels - errors) * (np.log(1 - q) - np.log(1 - p0))
            s = np.where(q > p0, np.minimum(s + (odds - leak) / near, log["threshold"] + 5), s)
            decay = (1 - 1 / MEMORIES) ** labels
            a, n = a * decay + errors, n * decay + labels
        out.append(sp.logsumexp(s) - np.log(3))
    return out


def losses(log):
    s, a, b, n = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    out = []
    for limit, near, mean, xs in log["losses"]:
        p0 = limit + log["tolerance"]
        if not xs:
            out.append(sp.logsumexp(s) - np.log(3))
            continue
        s = np.maximum(s, 0)
        for at in range(0, len(xs), 1000):
            x = np.array(xs[at : at + 1000])
            w = PRIOR * near
            m = (a + w * p0) / (n + w)
            v = np.maximum((b + w * p0) / (n + w) - m**2, 0)
            with np.errstate(all="ignore"):
                bet = np.where(m > p0, np.minimum((m - p0) / (v + (m - p0) ** 2), 1 / (2 * p0)), 0)
            leak = len(x) * (mean - 1) / (2 * (MEMORIES + w))
            odds = np.array([np.sum(np.log1p(l * (x - p0))) for l in bet])
            s = np.where(bet > 0, np.minimum(s + (odds - leak) / near, log["threshold"] + 5), s)
            decay = (1 - 1 / MEMORIES) ** len(x)
            a, b, n = a * decay + x.sum(), b * decay + (x**2).sum(), n * decay + len(x)
        out.append(sp.logsumexp(s) - np.log(3))
    return out


def excess(log):
    """Expected excess and its lower bound at the end, outcome by outcome."""
    total = expected = limits = v = 0.0
    seen = 0
    for limit, rate, near, _, pieces in log["ticks"]:
        for labels, errors in pieces:
            past = (total + limit) / (seen + 1)
            x = np.r_[np.ones(errors), np.zeros(labels - errors)]
            v += near * np.sum((x - past) ** 2)
            total += errors
            seen += labels
            expected += labels * rate
            limits += labels * limit
    l = 0.5 / 2.0 ** np.arange(8)
    psi = -np.log(1 - l) - l
    return [total - expected, total - limits - np.min((psi * v + np.log(8 / log["alpha"])) / l)]


def mean(log):
    """Theorem 2 of Waudby-Smith and Ramdas on all losses, in vectors."""
    x = np.array([x for t in log["losses"] for x in t[3]])
    if len(x) == 0:
        return [0, 1]
    t = np.arange(1, len(x) + 1)
    mu = (0.5 + np.cumsum(x)) / (t + 1)
    var = (0.25 + np.cumsum((x - mu) ** 2)) / (t + 1)
    mu_past, var_past = np.r_[0.5, mu[:-1]], np.r_[0.25, var[:-1]]
    a = log["alpha"]
    l = np.minimum(np.sqrt(2 * np.log(2 / a) / (var_past * t * np.log(1 + t))), 0.5)
    v, psi = 4 * (x - mu_past) ** 2, (-np.log(1 - l) - l) / 4
    center = np.cumsum(l * x) / np.cumsum(l)
    band = (np.log(2 / a) + np.cumsum(v * psi)) / np.cumsum(l)
    return [max(0, np.max(center - band)), min(1, np.min(center + band))]


def contest(log):
    """The evidence that 2 x - 1 is above 0 on average, and that it is below."""
    d = 2 * np.array([x for t in log["losses"] for x in t[3]]) - 1
    t, w = np.polynomial.legendre.leggauss(32)
    bets = np.outer((t + 1) / 2, d)
    return [sp.logsumexp(np.log1p(sign * bets).sum(axis=1), b=w / 2) for sign in (1, -1)]


def duel(wins, losses):
    """By the closed form where it does not underflow, else by quadrature in logarithms."""
    tail = sp.betainc(losses + 1, wins + 1, 0.5)
    if tail > 1e-200:
        return (wins + losses + 1) * np.log(2) + sp.betaln(wins + 1, losses + 1) + np.log(tail)
    # t = 1/2 + u; the integrand falls within a few 1 / (l - w) of the end.
    width = min(0.5, 200 / (losses - wins))
    t, w = NODES
    u = width * (t + 1) / 2
    logs = wins * np.log1p(2 * u) + losses * np.log1p(-2 * u)
    return np.log(2) + sp.logsumexp(logs, b=w * width / 2)


def limit(errors, labels, confidence):
    return 1.0 if errors >= labels else st.beta.ppf(confidence, errors + 1, labels - errors)


def reference(strata, weights, confidence):
    rows, labels, errors = np.array(strata, float).T
    w = rows * (np.ones(len(rows)) if weights is None else np.array(weights))
    keep = (labels > 0) & (w > 0)
    rows, given, labels, errors = rows[keep], w[keep], labels[keep], errors[keep]
    w, p = given / given.sum(), errors / labels
    most = np.sum(rows * np.minimum(given / rows, p)) / given.sum()
    rate, variance = w @ p, np.sum(w**2 * p * (1 - p) / labels)
    size = min(labels.sum(), rate * (1 - rate) / variance if variance > 0 else 1 / np.sum(w**2 / labels))
    return [rate, min(1, limit(rate * size, size, confidence) * (most / rate if rate > 0 else 1))]


asked = json.load(sys.stdin)
json.dump(
    {
        "logs": [{"evidence": evidence(log), "losses": losses(log), "excess": excess(log), "mean": mean(log), "contest": contest(log)} for log in asked["logs"]],
        "duels": [duel(*d) for d in asked["duels"]],
        "limits": [limit(*q) for q in asked["limits"]],
        "references": [reference(*q) for q in asked["references"]],
    },
    sys.stdout,
)
