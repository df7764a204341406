"""Log the answers of real models, and compare the log with what they answered.

    python3 models.py predictions.db
"""
import json
import sqlite3
import sys
import warnings

import lightgbm
import numpy
import pandas
import xgboost
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, ".")
import drift_log

warnings.filterwarnings("ignore")
path = sys.argv[1]
random = numpy.random.default_rng(1)
frame = pandas.DataFrame({
    "age": random.integers(18, 80, 300),
    "income": random.normal(5e4, 1e4, 300).astype(numpy.float32),
    "urban": random.random(300) < 0.5,
})
frame.loc[::10, "income"] = numpy.nan
filled = frame.fillna(5e4)
binary = (filled.income + 500 * filled.age > 75000).astype(int)
three = pandas.cut(filled.age, [0, 35, 60, 99], labels=["young", "middle", "old"]).astype(str)
amount = filled.income * 0.3 + filled.age


def logged(model):
    rows = sqlite3.connect(path).execute("SELECT features, score, class, latency FROM predictions WHERE model = ? ORDER BY id", (model,)).fetchall()
    return [json.loads(r[0]) for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows]


def same_features(got, want):
    names = list(want.columns)
    assert all(list(g) == names for g in got), got[0]
    for g, w in zip(got, want.itertuples(index=False)):
        for name, a, b in zip(names, g.values(), w):
            assert (a is None and b != b) or a == b, (name, a, b)


def check(model, estimator, rows, returns, classes=None):
    with drift_log.Log(path, model, "1") as log:
        function = estimator.predict_proba if returns == "probabilities" else estimator.predict
        answers = log.watch(function, returns=returns, classes=classes)(rows)
    features, scores, labels, latencies = logged(model)
    same_features(features, rows)
    assert min(latencies) > 0
    if returns == "value":
        assert labels == [""] * len(rows) and scores == [float(a) for a in answers]
    elif returns == "label":
        assert scores == [None] * len(rows) and labels == [str(a) for a in answers]
    else:
        want = answers[:, 1] if answers.shape[1] == 2 else answers.max(axis=1)
        assert scores == [float(a) for a in want]
        assert labels == [str(classes[i]) for i in answers.argmax(axis=1)]
    print(model, len(rows))


half = filled.iloc[:100]
sklearn_model = LogisticRegression(max_iter=2000).fit(filled, binary)
check("sklearn-binary", sklearn_model, half, "probabilities", sklearn_model.classes_)
forest = RandomForestClassifier(5, random_state=1).fit(filled, three)
check("sklearn-multiclass", forest, half, "probabilities", forest.classes_)
check("sklearn-label", forest, half, "label")
check("sklearn-regression", RandomForestRegressor(5, random_state=1).fit(filled, amount), half, "value")
small = dict(n_estimators=5, n_jobs=1)
boosted = xgboost.XGBClassifier(**small).fit(frame, binary)
check("xgboost-binary", boosted, frame, "probabilities", boosted.classes_)
check("xgboost-regression", xgboost.XGBRegressor(**small).fit(frame, amount), frame, "value")
gradient = lightgbm.LGBMClassifier(verbose=-1, **small).fit(frame, three)
check("lightgbm-multiclass", gradient, frame, "probabilities", gradient.classes_)
check("lightgbm-regression", lightgbm.LGBMRegressor(verbose=-1, **small).fit(frame, amount), frame, "value")

# A native booster answers an array of float32; one row is a Series.
booster = xgboost.train({"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(frame, binary), 5)
log = drift_log.Log(path, "xgboost-native", features=list(frame.columns))


@log.watch(returns="probability")
def predict(rows):
    rows = pandas.DataFrame(rows if isinstance(rows, numpy.ndarray) else [rows], columns=frame.columns)
    return booster.predict(xgboost.DMatrix(rows.astype(float)))


one = predict(frame.iloc[3])
many = predict(frame.to_numpy(dtype=float)[:20])
features, scores, labels, _ = logged("xgboost-native")
assert scores == [float(one[0])] + [float(a) for a in many] and len(features) == 21
assert labels == [str(int(s >= 0.5)) for s in scores]
id = log.predicted(frame.iloc[5], score=numpy.float32(0.25), label=numpy.int64(0), request_id="r-1")
assert log.predicted(frame.iloc[5], score=0.25, label=0, request_id="r-1") == id
log.observed(numpy.int64(id), numpy.bool_(True), source="audit")
log.observed_many([id, id - 1], [0.0, 1], confidence=1)
print("xgboost-native", 22)
