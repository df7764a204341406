"""Write a drift_exporter reference file with numpy.

columns holds the values of each feature by name: a dict of lists or arrays, or a pandas
DataFrame. None, NaN, pandas.NA, infinities and blank text are missing values.
"""
import json
from collections import Counter

import numpy as np


def is_missing(value):
    if value is None or type(value).__name__ == "NAType":
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (float, np.floating)) and not np.isfinite(value)


def all_are(kinds, values):
    return len(values) > 0 and all(isinstance(value, kinds) for value in values)


def feature(name, column):
    values = [value for value in np.asarray(column, dtype=object) if not is_missing(value)]
    if all_are((bool, np.bool_), values):
        true = int(sum(values))
        bins = {"type": "boolean", "categories": ["false", "true"], "count": [len(values) - true, true]}
    elif all_are((int, float, np.integer, np.floating), values):
        bins = number(np.array(values, dtype=float) + 0.0)  # -0 is 0
    elif not values or all_are((str, bool, np.bool_, int, float, np.integer, np.floating), values):
        names = Counter(str(value) for value in values).most_common()
        bins = {"type": "categorical", "categories": [n for n, _ in names], "count": [c for _, c in names]}
    else:
        raise TypeError(f"column {name!r} holds more than text, numbers and booleans: leave it out or convert it")
    return {"name": name, **bins, "missing": len(column) - len(values)}


def number(x):
    values, counts = np.unique(x, return_counts=True)
    if len(values) <= 20 and np.sum(counts == 1) <= len(x) / 20:  # few values that repeat
        return {"type": "numeric", "values": values.tolist(), "count": counts.tolist()}
    # A value with more than 1/40 of the rows gets a bin of its own: it is an edge, and so is
    # the next float64. The other values get at most 120 bins with equal numbers of rows.
    alone = values[counts > max(1, len(x) / 40)]
    edges = [alone, np.nextafter(alone, np.inf)]
    others = x[~np.isin(x, alone)]
    if len(others) > 0:
        edges.append(np.quantile(others, np.linspace(0, 1, 121)[1:-1], method="inverted_cdf"))
    edges = np.unique(np.concatenate(edges))
    count = np.bincount(np.searchsorted(edges, x, side="right"), minlength=len(edges) + 1)
    return {"type": "numeric", "edges": edges.tolist(), "count": count.tolist(), "min": x.min(), "max": x.max()}


def write_reference(path, model, columns):
    rows = {len(column) for _, column in columns.items()}
    if len(rows) != 1:
        raise ValueError("the columns must have the same number of rows")
    features = [feature(name, column) for name, column in columns.items()]
    with open(path, "w") as file:
        json.dump({"schema": 2, "model": model, "rows": rows.pop(), "features": features}, file, allow_nan=False)


if __name__ == "__main__":
    random = np.random.default_rng(1)
    write_reference("reference.json", "my_model", {
        "income": np.round(random.lognormal(11, 0.5, 5000), -2),
        "late_days": np.where(random.random(5000) < 0.9, 0, random.exponential(20, 5000)),
        "owner": random.random(5000) < 0.4,
        "state": random.choice(["CA", "NY", "TX", None], 5000),
    })
