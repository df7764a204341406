"""Makes a reference as a CSV and writes a window into a prediction log.

python3 tables.py SEED CSV LOG: columns of every kind, which drift or not, in other
spellings on both sides. Prints what recompute.py needs to know of them.
"""

import csv
import json
import sqlite3
import sys
import time

import numpy as np

seed, path, log = int(sys.argv[1]), sys.argv[2], sys.argv[3]
rng = np.random.default_rng(seed)
rows, window = int(rng.integers(200, 3000)), int(rng.integers(60, 700))


def number(x):
    return [lambda: repr(float(x)), lambda: f"{float(x):.17g}", lambda: f"{float(x):.16e}"][rng.integers(3)]()


def draw(kind, n, moved):
    """n values of a column; moved is how far it has drifted."""
    if kind == "normal":
        return rng.normal(moved, 1 + moved / 3, n)
    if kind == "money":
        return np.round(np.exp(rng.normal(8 + moved, 1, n)), 2)
    if kind == "zeros":
        return np.where(rng.random(n) < 0.7 - moved / 3, 0.0, rng.lognormal(3, 1, n))
    if kind == "tiny":
        return rng.normal(1e-300 * (1 + moved), 1e-301, n)
    if kind == "far":
        return 1e15 + rng.normal(moved, 1, n).round(1)
    if kind == "term":
        values = [12.0, 36.0, 60.0, 48.5, 11.9, 61.0] if moved > 0 else [12.0, 36.0, 60.0]
        return rng.choice(values, n)
    if kind == "flag":
        return (rng.random(n) < 0.1 + moved / 2).astype(float)
    if kind == "constant":
        return np.full(n, 7.0 if moved < 1 else 8.0)
    if kind == "owner":
        return rng.random(n) < 0.4 + moved / 4
    if kind == "state":
        names = np.array(["NY", "CA", " TX", "NA", "\u00e9t\u00e9", "30", "true", "\u202eright"])
        share = np.arange(1, len(names) + 1) ** (1.0 + moved)
        states = rng.choice(names, n, p=share / share.sum())
        return np.where(rng.random(n) < moved / 10, "new", states)
    if kind == "shop":
        return np.array([f"shop {i}" for i in np.minimum(rng.pareto(1, n) * 20 * (1 + moved), 5000).astype(int)])
    raise ValueError(kind)


KINDS = {"owner": "boolean", "state": "categorical", "shop": "categorical"}
BAD = ["n/a;", "12,5", "0x10", "1_000", "--3"]
columns, features, flags = {}, {}, []
for kind in ["normal", "money", "zeros", "tiny", "far", "term", "flag", "constant", "owner", "state", "shop"]:
    for moved in (0.0, float(rng.choice([0.2, 0.5, 1.5]))):
        name = f"{kind} {moved}"
        kind_of = KINDS.get(kind, "numeric")
        features[name] = kind_of
        if kind_of == "numeric" and rng.random() < 0.3:
            features[name] = "ranges"  # as a number that a flag names is binned when its values are few
            flags.append(f"--numeric={name}")
        elif kind_of == "categorical":
            flags.append(f"--categorical={name}")
        gaps = rng.random() * 0.3 if rng.random() < 0.6 else 0
        bad = rng.random() * 0.05 if kind_of == "numeric" and rng.random() < 0.5 else 0
        columns[name] = kind_of, draw(kind, rows, 0.0), draw(kind, window, moved), gaps, bad


def cell(kind, x, gaps, bad):
    if rng.random() < gaps:
        return str(rng.choice(["", " ", "NA", "nan", "-inf"])) if kind == "numeric" else ""
    if rng.random() < bad:
        return str(rng.choice(BAD))
    if kind == "boolean":
        return str(rng.choice(["TRUE", "True"] if x else ["false", "FALSE"]))
    if kind == "categorical":
        return {"30": str(rng.choice(["30", "30.0", "3e1"])), "true": str(rng.choice(["true", "True"]))}.get(x, x)
    return number(x)


def spelled(kind, x, gaps, bad):
    """The same as JSON; None for an absent key."""
    if rng.random() < gaps:
        return str(rng.choice(["null", '""', '" "'])) if rng.random() < 0.8 else None
    if rng.random() < bad:
        return str(rng.choice(['"n/a;"', '"12,5"', "[1]", '{"a":1}', "[]"]))
    if kind == "boolean":
        return str(rng.choice(["true", "1", "1.0", '"True"'] if x else ["false", "0", "-0", '"FALSE"']))
    if kind == "categorical":
        return {"30": str(rng.choice(["30", "30.00", "3E+1", '"30"'])), "true": "true"}.get(x, json.dumps(str(x)))
    text = number(x)
    return json.dumps(" " + text) if rng.random() < 0.2 else text


def answers(n):
    scores = rng.beta(2, 2, n)
    return scores, (rng.random(n) < scores**1.2).astype(int)


scores, outcomes = answers(rows)
with open(path, "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f, quoting=csv.QUOTE_ALL)
    w.writerow([*columns, "p", "y"])
    for i in range(rows):
        line = [cell(kind, a[i], gaps, bad) for kind, a, _, gaps, bad in columns.values()]
        known = rng.random() < 0.9
        w.writerow([*line, repr(float(scores[i])) if rng.random() < 0.95 else "", str(outcomes[i]) if known else ""])

scores, outcomes = answers(window)
db = sqlite3.connect(log, timeout=10, isolation_level=None)
db.execute("BEGIN")
past = time.time_ns() - (window + 60) * 10**9
for i in range(window):
    pairs = [(name, spelled(kind, b[i], gaps, bad)) for name, (kind, _, b, gaps, bad) in columns.items()]
    features_text = "{" + ",".join(f"{json.dumps(n)}:{v}" for n, v in pairs if v is not None) + "}"
    score = None if rng.random() < 0.05 else float(scores[i])
    done = db.execute(
        "INSERT INTO predictions (time, model, features, score, class) VALUES (?, 'm', ?, ?, ?)",
        (past + i * 10**9, features_text, score, str(int(scores[i] >= 0.5))),
    )
    if rng.random() < 0.7:
        for outcome in (outcomes[i],) if rng.random() < 0.9 else (1 - outcomes[i], outcomes[i]):
            db.execute("INSERT INTO feedback (prediction_id, outcome) VALUES (?, ?)", (done.lastrowid, str(outcome)))
db.execute("COMMIT")
json.dump({"features": features, "flags": flags, "window": window}, sys.stdout)
