"""Each bad input has its sentence, and nothing of it is logged.

    python3 bad_input.py predictions.db
"""
import datetime
import decimal
import sqlite3
import sys

import numpy
import pandas

sys.path.insert(0, ".")
from drift_log import BadInput, Log

path = sys.argv[1]
log = Log(path, "bad", "1")
named = Log(path, "bad", "1", features=["a", "b"])
good = log.predicted({"a": 1}, 0.5, 1, request_id="taken")
row = {"a": 1}
naive = datetime.datetime(2026, 1, 1)
early = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
three = lambda rows: [[0.1, 0.2, 0.7]]

cases = [
    ("is infinite: pass None", lambda: log.predicted({"a": float("inf")}, 0.5)),
    ("feature 'a' is infinite", lambda: log.predicted({"a": numpy.float32("-inf")}, 0.5)),
    ("feature 'a' is infinite", lambda: log.predicted({"a": decimal.Decimal("Infinity")}, 0.5)),
    ("feature 'a' is a list", lambda: log.predicted({"a": [1]}, 0.5)),
    ("feature 'a' is a ndarray", lambda: log.predicted({"a": numpy.zeros(2)}, 0.5)),
    ("feature 'a' is a dict", lambda: log.predicted({"a": {}}, 0.5)),
    ("feature 'a' is bytes: decode", lambda: log.predicted({"a": b"x"}, 0.5)),
    ("feature 'a' is a complex", lambda: log.predicted({"a": 1j}, 0.5)),
    ("not valid Unicode", lambda: log.predicted({"a": "\ud800"}, 0.5)),
    ("feature name 1 is not a text", lambda: log.predicted({1: 2}, 0.5)),
    ("feature name '' is not a text", lambda: log.predicted({"": 2}, 0.5)),
    ("features have no names", lambda: log.predicted([1, 2], 0.5)),
    ("3 values for 2 features", lambda: named.predicted([1, 2, 3], 0.5)),
    ("features are a text", lambda: log.predicted("a=1", 0.5)),
    ("features of type int cannot be read", lambda: log.predicted(7, 0.5)),
    ("score is infinite", lambda: log.predicted(row, float("inf"))),
    ("score is infinite", lambda: log.predicted(row, 10**400)),
    ("score '0.5' is not a number", lambda: log.predicted(row, "0.5")),
    ("score is an array: pass one number", lambda: log.predicted(row, numpy.array([0.1, 0.9]))),
    ("score True is not a number", lambda: log.predicted(row, True)),
    ("neither score nor label", lambda: log.predicted(row, float("nan"))),
    ("label is a list", lambda: log.predicted(row, label=["a"])),
    ("without NUL", lambda: log.predicted(row, label="a\0b")),
    ("latency must be in seconds", lambda: log.predicted(row, 0.5, latency=-1)),
    ("request_id '' must be a text of 1 to 128", lambda: log.predicted(row, 0.5, request_id="")),
    ("request_id", lambda: log.predicted(row, 0.5, request_id="x" * 129)),
    ("was used for another prediction", lambda: log.predicted({"a": 2}, 0.5, 1, request_id="taken")),
    ("2 scores for 1 rows", lambda: log.predicted_many([row], [0.5, 0.6])),
    ("scores must be a list", lambda: log.predicted_many([row], 0.5)),
    ("row 1: feature 'a' is infinite", lambda: log.predicted_many([row, {"a": float("inf")}], [0.5, 0.5])),
    ("row 1: score", lambda: log.predicted_many([row, row], [0.5, "x"])),
    ("this is one row", lambda: log.predicted_many(row, [0.5])),
    ("rows of type int cannot be read", lambda: log.predicted_many(7, [0.5])),
    ("feature 'a' is there twice", lambda: log.predicted_many(pandas.DataFrame([[1, 2]], columns=["a", "a"]), [0.5])),
    ("feature name 0 is not a text", lambda: log.predicted_many(pandas.DataFrame([[1, 2]]), [0.5])),
    ("10001 rows are too many", lambda: log.predicted_many([row] * 10001, [0.5] * 10001)),
    ("outcome of prediction", lambda: log.observed(good, None)),
    ("outcome is infinite", lambda: log.observed(good, float("inf"))),
    ("is not one that predicted returned", lambda: log.observed("1", 1)),
    ("unknown prediction", lambda: log.observed(10**9, 1)),
    ("confidence 0 must be above 0", lambda: log.observed(good, 1, confidence=0)),
    ("with a time zone", lambda: log.observed(good, 1, observed_at=naive)),
    ("before the time of the prediction", lambda: log.observed(good, 1, observed_at=early)),
    ("2 outcomes for 1 rows", lambda: log.observed_many([good], [1, 2])),
    ("returns='prob': use one of", lambda: log.watch(three, returns="prob")),
    ("needs the classes", lambda: log.watch(three, returns="probabilities")),
    ("there are 2 classes", lambda: log.watch(three, returns="probabilities", classes=[0, 1])([row])),
    ("1.5 is no probability", lambda: log.watch(lambda rows: [1.5], returns="probability")([row])),
    ("answer is missing", lambda: log.watch(lambda rows: [None], returns="value")([row])),
    ("1 answers for 2 rows", lambda: log.watch(lambda rows: [1.5], returns="value")([row, row])),
    ("failure='ignore': use refuse or serve", lambda: log.watch(three, returns="label", failure="ignore")),
    ("model='': pass a text", lambda: Log(path, "")),
    ("feature 'a' is there twice", lambda: Log(path, "m", features=["a", "a"])),
]
for want, call in cases:
    try:
        call()
    except BadInput as error:
        assert want in str(error), "want %r in %r" % (want, str(error))
        assert len(str(error)) > 20, error
    else:
        raise AssertionError("no error: want %r" % want)
connection = sqlite3.connect(path)
assert connection.execute("SELECT count(*) FROM predictions").fetchone() == (1,)
assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (0,)

# A missing value has many spellings, and all are null.
id = log.predicted({"a": None, "b": float("nan"), "c": pandas.NA, "d": pandas.NaT, "e": numpy.float32("nan"), "f": decimal.Decimal("NaN"),
                    "day": pandas.Timestamp("2026-01-02"), "n": numpy.int8(3), "t": numpy.str_("x"), "y": numpy.bool_(True), "l": numpy.longdouble(0.5)}, 1)
features = connection.execute("SELECT features FROM predictions WHERE id = ?", (id,)).fetchone()[0]
assert features == '{"a": null, "b": null, "c": null, "d": null, "e": null, "f": null, "day": "2026-01-02T00:00:00", "n": 3, "t": "x", "y": true, "l": 0.5}', features

# With failure="serve" the answer is given all the same.
serving = log.watch(lambda rows: [float("inf")], returns="value", failure="serve")
assert serving([row]) == [float("inf")] and log.unlogged == 1
print(len(cases), "bad inputs")
