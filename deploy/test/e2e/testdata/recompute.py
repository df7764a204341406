"""Computes with numpy and scipy what a page of metrics must show.

Reads JSON objects on stdin, one a line, and answers each with a line, so that the
libraries are loaded once. In an object csv and log are paths; features says of which type each
column is; window and feedback are the sizes of the windows; draws is the number of
draws of a null distribution. score, outcome and missing (texts) may be absent. An answer
is an array with [metric, labels, low, high] for each sample; low and high are null for one
that must be absent. It is a text, the traceback, when the computation fails.

The rules are those of REFERENCE.md and STATISTICS.md, written once more from these
pages: nothing here is shared with the program.
"""

import csv
import json
import math
import re
import sqlite3
import sys
import traceback
from collections import Counter
from decimal import Decimal
from urllib.parse import quote

import numpy as np
import scipy.stats as st
from scipy.spatial.distance import cityblock, euclidean, jensenshannon

MISSING, INVALID, UNSEEN = "__missing__", "__invalid__", "__unseen__"
ABSENT = {"NA", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A"}
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")


def plain(number):
    """A number as a category: its shortest decimal."""
    text = format(Decimal(number).normalize(), "f")
    return "0" if text == "-0" else text


def category(value):
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return INVALID
    if isinstance(value, Decimal):
        return plain(value)
    if JSON_NUMBER.fullmatch(value):
        return plain(value)
    if value.lower() in ("true", "false"):
        return value.lower()
    return value if value.strip() else MISSING


def boolean(value):
    text = category(value.strip() if isinstance(value, str) else value)
    return {"1": "true", "0": "false"}.get(text, text)


def number(value):
    if value is None or isinstance(value, (dict, list)):
        return MISSING if value is None else INVALID
    if isinstance(value, (bool, Decimal)):
        x = float(value)
        return x + 0.0 if math.isfinite(x) else MISSING
    text = value.strip()
    if not text or text in ABSENT or text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        return MISSING
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not PLAIN.fullmatch(text):
        return INVALID
    x = float(text)
    return x + 0.0 if math.isfinite(x) else MISSING


READ = {"numeric": number, "ranges": number, "categorical": category, "boolean": boolean}


def listed(value, missing):
    """Whether the value is one of the texts that stand for none."""
    texts = {category(t) for t in missing}
    return category(value.strip() if isinstance(value, str) else value) in texts


def is_discrete(x):
    _, counts = np.unique(x, return_counts=True)
    return 0 < len(counts) <= 20 and 20 * np.sum(counts == 1) <= len(x)


def alone_among(x, k):
    """The values with more than 1/(2k) of the rows, which have a bin of their own."""
    values, counts = np.unique(x, return_counts=True)
    return values[(counts > 1) & (2 * k * counts > len(x))]


def quantile_edges(x, k):
    """Edges of k bins of equal mass."""
    x, alone = np.sort(x), alone_among(x, k)
    rest = x[~np.isin(x, alone)]
    bins = max(k - len(alone), math.ceil(k * len(rest) / len(x)), 1)
    cuts = [rest[i * len(rest) // bins] for i in range(1, bins)] if len(rest) else []
    return np.unique(np.concatenate([cuts, alone, np.nextafter(alone, np.inf)]))


def in_ranges(x, values):
    """The value in whose range a number lies, which ends half-way to its neighbours."""
    return x if isinstance(x, str) else float(in_ranges_all(x, values))


def in_ranges_all(x, values):
    return values[np.searchsorted((values[1:] + values[:-1]) / 2, x, side="right")]


def cells_of(kind, reference, window):
    """Counts of both by cell, or None where cells depend on a hash of names or on new
    values that are to be expected."""
    known = [v for v in reference if v not in (MISSING, INVALID)]
    names = [MISSING, INVALID]
    if kind == "ranges":
        names = [*np.unique(known), *names]
        r, c = Counter(reference), Counter(window)
        return [r[n] for n in names], [c[n] for n in names]
    if kind == "numeric" and not is_discrete(known):
        if len(alone_among(known, 10)) > 1:
            return None  # bins are merges of the 200 of the file: not quite those of the values
        edges = quantile_edges(np.array(known), 10)
        place = lambda v: v if isinstance(v, str) else int(np.searchsorted(edges, v, side="right"))
        r, c = Counter(map(place, reference)), Counter(map(place, window))
        bins = range(len(edges) + 1)
        if any(r[b] * 200 < len(reference) for b in bins):
            return None  # merged
        names = [*bins, *names]
        return [r[n] for n in names], [c[n] for n in names]
    counts = Counter(known)
    if kind != "boolean" and (1 in counts.values() or len(counts) > 20):
        return None
    if kind == "categorical" and any(n * 200 < len(reference) for n in counts.values()):
        return None
    values = ["false", "true"] if kind == "boolean" else list(counts)
    fold = lambda v: v if v in counts or v in values or v in names else UNSEEN
    r, c = Counter(map(fold, reference)), Counter(map(fold, window))
    names = [*values, UNSEEN, *names]
    return [r[n] for n in names], [c[n] for n in names]


def kl(r, c):
    r, c = np.asarray(r, float), np.asarray(c, float)
    p = r / r.sum(axis=-1, keepdims=True)
    m = r.shape[-1] / 2
    q = (c + m * p) / (c.sum(axis=-1, keepdims=True) + m)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0).sum(axis=-1)


def null(r, n, draws):
    """Divergences without drift: of windows and of references as large as this one,
    where its own noise matters."""
    rng, p = np.random.default_rng(1), np.array(r) / np.sum(r)
    occupied = sorted(x for x in r if x > 0)
    few = 2 <= len(occupied) <= 4 and (n < 500 or n * occupied[0] / sum(r) < 10)
    few = few or len(occupied) == 2
    exact = sum(r) >= 200 * n or few and sum(r) >= 20 * n
    drawn = np.broadcast_to(r, (draws, len(r))) if exact else rng.multinomial(sum(r), p, draws)
    return kl(drawn, rng.multinomial(n, p, draws))


out = []


def say(metric, value, labels=None, relative=1e-9, absolute=1e-12):
    if value is None:
        out.append([metric, labels or {}, None, None])
        return
    room = abs(value) * relative + absolute
    out.append([metric, labels or {}, value - room, value + room])


def compare(name, kind, reference, window, asked):
    labels = {"feature": name}
    n = len(window)
    known = [v for v in reference if v not in (MISSING, INVALID)]
    if kind == "ranges" and not is_discrete(known):
        kind = "numeric"
    values = set(reference)
    say("feature_missing_ratio", window.count(MISSING) / n, labels)
    say("feature_invalid_ratio", window.count(INVALID) / n, labels)
    say("feature_reference_missing_ratio", reference.count(MISSING) / len(reference), labels)
    discrete = kind in ("categorical", "boolean") or kind == "numeric" and is_discrete(known)
    unseen = sum(v not in values and v not in (MISSING, INVALID) for v in window)
    say("feature_unseen_ratio", unseen / n if discrete else None, labels)
    if kind in ("numeric", "ranges"):
        numbers(labels, known, [v for v in window if v not in (MISSING, INVALID)], n, discrete, kind == "ranges")
        if kind == "ranges":
            window = [in_ranges(v, np.unique(known)) for v in window]
    both = cells_of(kind, reference, window)
    if both is not None:
        divergences(labels, both, asked["draws"])


def numbers(labels, r, c, n, discrete, ranges):
    r, c = np.array(r), np.array(c)
    say("feature_out_of_range_ratio", np.sum((c < r.min()) | (c > r.max())) / n, labels)
    if len(c) == 0:
        return
    if ranges:  # Within a range a number counts as its value, beyond the extremes it does not.
        low, high = r.min(), r.max()
        inside = in_ranges_all(np.clip(c, low, high), np.unique(r))
        c, discrete = np.where(c < low, c, np.where(c > high, c, inside)), True
    smirnov, bins = st.ks_2samp(r, c).statistic, max(0.0102, 1.0001 / len(r))
    at = {**labels, "distance": "kolmogorov_smirnov"}
    out.append(["feature_drift_distance", at, smirnov - (1e-9 if discrete else bins), smirnov + 1e-9])
    at = {**labels, "distance": "wasserstein"}
    if r.std() == 0:
        say("feature_drift_distance", None, at)
        return
    # A number beyond the extremes is taken to lie there, one between two single values
    # in their middle, any other at the mean of its bin.
    c = np.clip(c, r.min(), r.max())
    if discrete:
        values = np.unique(r)
        i = np.clip(np.searchsorted(values, c), 1, max(len(values) - 1, 1))
        between = ~np.isin(c, values)
        c = np.where(between, (values[i - 1] + values[i]) / 2, c)
    moved = st.wasserstein_distance(r, c) / r.std()
    # Numbers of the window lie where the reference's lie in their bin: far out that is short.
    rough = 0.3 if smirnov > 0.5 else 0.1
    say("feature_drift_distance", moved, at, *((1e-9, 1e-9) if discrete else (rough, 0.05)))


def divergences(labels, both, draws):
    r, c = np.array(both[0], float), np.array(both[1], float)
    n, m = int(c.sum()), len(r) / 2
    value = float(kl(r, c))
    say("feature_kl_divergence", value, labels)
    floored = (r + 0.5) / np.sum(r + 0.5)
    smoothed = (c + m * floored) / np.sum(c + m * floored)
    p, q = r / r.sum(), c / c.sum()
    for distance, d in {
        "psi": st.entropy(floored, smoothed) + st.entropy(smoothed, floored),
        "jensen_shannon": jensenshannon(p, q) ** 2,
        "hellinger": euclidean(np.sqrt(p), np.sqrt(q)) / math.sqrt(2),
        "total_variation": cityblock(p, q) / 2,
    }.items():
        say("feature_drift_distance", float(d), {**labels, "distance": distance}, absolute=1e-9)
    if n < 50 or draws == 0:
        return
    ours = min(20000, max(2 * draws, 2000))
    drawn = null(both[0], n, ours)
    chance = (1 + np.sum(drawn >= value - 1e-12)) / (ours + 1)
    room = 6 * math.sqrt(chance * (1 - chance) * (1 / draws + 1 / ours)) + 1 / draws + 1 / ours
    say("feature_drift_p_value", chance, labels, 0, room)
    noise = 6 * drawn.std() * math.sqrt(1 / draws + 1 / ours) + 1e-9
    say("feature_kl_noise_floor", drawn.mean(), labels, 0, noise)
    say("feature_kl_divergence_corrected", max(0.0, value - drawn.mean()), labels, 0, noise)


def shift(metric, r, c):
    say(metric, float(kl(r, c)))


def predictions(asked, rows, log):
    """What the page says of scores, classes and outcomes."""
    known = [(float(row[asked["score"]]), row.get(asked.get("outcome"))) for row in rows if row[asked["score"]].strip()]
    scores = np.array([s for s, _ in known])
    labelled = [(s, int(float(y))) for s, y in known if y and y.strip()]
    edges = quantile_edges(scores, 10)
    window = [r["score"] for r in log]
    place = lambda s: "none" if s is None else int(np.searchsorted(edges, s, side="right"))
    c = Counter(map(place, window))
    r = Counter(map(place, scores))
    names = [*range(len(edges) + 1), "none", INVALID]
    shift("prediction_distribution_shift", [r[n] for n in names], [c[n] for n in names])
    r = Counter(str(int(s >= 0.5)) for s in scores)
    c = Counter(row["class"] for row in log)
    names = ["0", "1", UNSEEN, MISSING, INVALID]
    shift("prediction_class_shift", [r[n] for n in names], [c[n] for n in names])
    right = calibration(scores, labelled)
    estimate = right([s for s in window if s is not None])
    interval("model_estimated_accuracy", *estimate, clip=(0, 1))
    feedback(asked, log, right)


def calibration(scores, labelled):
    """The accuracy by score of up to 20 groups of fine bins with about as many outcomes."""
    fine = quantile_edges(scores, 200)
    s, y = np.array([s for s, _ in labelled]), np.array([y for _, y in labelled])
    at = np.searchsorted(fine, s, side="right")
    per_bin = np.bincount(at, minlength=len(fine) + 1)
    group, seen, of = 0, 0, []
    filled = 0
    for n in per_bin:
        if filled > 0 and n > 0 and seen * 20 >= len(s) * (group + 1):
            group, filled = group + 1, 0
        of.append(group)
        filled, seen = filled + n, seen + n
    of = np.array(of)
    total = np.bincount(of[at], minlength=group + 1)
    right = np.bincount(of[at], weights=((s >= 0.5) == (y == 1)), minlength=group + 1)
    accuracy = right / total

    def estimate(window):
        n = np.bincount(of[np.searchsorted(fine, window, side="right")], minlength=group + 1)
        spread = accuracy * (1 - accuracy)
        error = math.sqrt(np.sum(n * spread) + np.sum(n**2 * spread / total)) / n.sum()
        return float(np.sum(n * accuracy) / n.sum()), 1.959963984540054 * error

    return estimate


def interval(metric, value, band, clip):
    say(metric, value)
    say(metric + "_lower", max(clip[0], value - band))
    say(metric + "_upper", min(clip[1], value + band))


def feedback(asked, log, right):
    from sklearn.metrics import brier_score_loss, f1_score, precision_score, recall_score, roc_auc_score

    heard = sorted((r for r in log if r["outcome"] is not None), key=lambda r: r["seq"])[-asked["feedback"] :]
    if not heard:
        say("model_accuracy", None)
        return
    y = np.array([int(r["outcome"]) for r in heard])
    predicted = np.array([int(r["class"]) for r in heard])
    hits = int(np.sum(y == predicted))
    say("model_accuracy_samples", len(y))
    say("model_accuracy", hits / len(y))
    ends = st.binomtest(hits, len(y)).proportion_ci(0.95, method="wilson")
    say("model_accuracy_lower", ends.low)
    say("model_accuracy_upper", ends.high)
    say("model_precision", precision_score(y, predicted) if predicted.any() else None)
    say("model_recall", recall_score(y, predicted) if y.any() else None)
    say("model_f1_score", f1_score(y, predicted) if y.any() or predicted.any() else None)
    scored = [r for r in heard if r["score"] is not None]
    s, t = np.array([r["score"] for r in scored]), np.array([int(r["outcome"]) for r in scored])
    say("model_roc_auc", roc_auc_score(t, s) if 0 < t.sum() < len(t) else None)
    say("model_brier_score", brier_score_loss(t, s))
    bins = np.minimum((s * 10).astype(int), 9)
    gaps = [abs(np.sum((s - t)[bins == b])) for b in range(10)]
    say("model_expected_calibration_error", sum(gaps) / len(s))
    estimate, band = right(s)
    accuracy = np.mean([r["outcome"] == r["class"] for r in scored])
    interval("model_accuracy_surprise", accuracy - estimate, band, clip=(-1, 1))


def answer(asked):
    out.clear()
    with open(asked["csv"], newline="", encoding="utf-8-sig") as f:
        rows = list(csv.DictReader(f))
    db = sqlite3.connect(f"file:{quote(asked['log'])}?mode=ro", uri=True)
    newest = "(SELECT {} FROM feedback f WHERE f.prediction_id = p.id ORDER BY seq DESC LIMIT 1)"
    query = f"SELECT features, score, class, {newest.format('outcome')}, {newest.format('seq')} FROM predictions p ORDER BY id"
    keys = "features", "score", "class", "outcome", "seq"
    log = [dict(zip(keys, row)) for row in db.execute(query)][-asked["window"] :]
    missing = asked.get("missing", [])
    for name, kind in asked["features"].items():
        read = lambda v: MISSING if missing and listed(v, missing) else READ[kind](v)
        parse = lambda text: json.loads(text, parse_float=Decimal, parse_int=Decimal).get(name)
        compare(name, kind, [read(r[name]) for r in rows], [read(parse(r["features"])) for r in log], asked)
    if asked.get("score"):
        predictions(asked, rows, log)
    return out


for line in sys.stdin:
    try:
        answered = answer(json.loads(line))
    except Exception:
        answered = traceback.format_exc()
    print(json.dumps(answered), flush=True)
