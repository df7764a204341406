"""Recompute from a prediction log what a page says about a shadow.

The arguments are the log, the age in nanoseconds at which predictions are mature, the time in
nanoseconds, and the folder of the references. There is one model of each type, named so. Standard
output has the values of each.
"""
import json
import sqlite3
import sys

import numpy as np
import scipy.special as sp

ALPHA = 0.05


def outcome(kind, rows, upto):
    """The last outcome that counts and came in time."""
    last = None
    for text, time in rows:
        try:
            float(text)
        except ValueError:
            if kind != "multiclass":
                continue
        if time <= upto:
            last = text
    return last


def interval(x):
    """Theorem 2 of Waudby-Smith and Ramdas on (x + 1) / 2, intersected over time."""
    x = (np.array(x) + 1) / 2
    t = np.arange(1, len(x) + 1)
    mu = (0.5 + np.cumsum(x)) / (t + 1)
    var = (0.25 + np.cumsum((x - mu) ** 2)) / (t + 1)
    mu_past, var_past = np.r_[0.5, mu[:-1]], np.r_[0.25, var[:-1]]
    l = np.minimum(np.sqrt(2 * np.log(2 / ALPHA) / (var_past * t * np.log(1 + t))), 0.5)
    v, psi = 4 * (x - mu_past) ** 2, (-np.log(1 - l) - l) / 4
    center = np.cumsum(l * x) / np.cumsum(l)
    band = (np.log(2 / ALPHA) + np.cumsum(v * psi)) / np.cumsum(l)
    return 2 * max(0, np.max(center - band)) - 1, 2 * min(1, np.min(center + band)) - 1


def duel(w, l):
    return (w + l + 1) * np.log(2) + sp.betaln(w + 1, l + 1) + np.log(sp.betainc(l + 1, w + 1, 0.5))


def graded(d):
    x, w = np.polynomial.legendre.leggauss(32)
    stakes = (x + 1) / 2
    return sp.logsumexp(np.log1p(np.outer(stakes, d)).sum(axis=1), b=w / 2)


def compare(log, kind, age, now, reference):
    d, scale = [], 0
    if kind == "regression":
        scale = json.load(open(reference))["errors"]["quantiles"][-2]
    for of, shadow_class, shadow_score, time, answer, score in log.execute(
        "SELECT s.shadow_of, s.class, s.score, a.time, a.class, a.score"
        " FROM predictions AS s JOIN predictions AS a ON a.id = s.shadow_of WHERE s.model = ? AND s.version = '2' AND a.version = '1'"
        " AND s.id = (SELECT min(id) FROM predictions WHERE shadow_of = a.id AND version = '2') ORDER BY s.id",
        (kind,),
    ):
        if time > now - age:
            break
        truth = outcome(kind, log.execute("SELECT outcome, time FROM feedback WHERE prediction_id = ? ORDER BY seq", (of,)).fetchall(), time + age)
        if truth is None:
            continue
        if kind == "regression":
            t = float(truth)
            d.append(min(1, max(-1, (abs(score - t) - abs(shadow_score - t)) / scale)))
        else:
            d.append(int(shadow_class == truth) - int(answer == truth))
    wins, losses = sum(x > 0 for x in d), sum(x < 0 for x in d)
    out = {"samples": len(d)}
    if kind == "regression":
        out["challenger"], out["served"] = graded(d), graded([-x for x in d])
    else:
        out["challenger"], out["served"] = duel(wins, losses), duel(losses, wins)
    if d:
        lower, upper = interval(d)
        if kind == "regression":
            out["difference"], out["lower"], out["upper"] = -scale * float(np.mean(d)), -scale * upper, -scale * lower
        else:
            out["difference"], out["lower"], out["upper"] = float(np.mean(d)), lower, upper
    return out


path, age, now, references = sys.argv[1:]
log = sqlite3.connect(path)
json.dump({kind: compare(log, kind, int(age), int(now), f"{references}/{kind}.json") for kind in ("binary", "multiclass", "regression")}, sys.stdout)
