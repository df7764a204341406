"""What teams usually put into production: Flask, scikit-learn, a window in memory,
and a scrape that bootstraps its p-values with scipy. Nothing survives a restart.

    gunicorn --bind 127.0.0.1:0 --workers 1 --threads 8 python:app
"""

import collections
import threading

import numpy as np
from flask import Flask, jsonify, request
from scipy import stats
from sklearn.linear_model import LogisticRegression

NAMES = [
    "interest_rate", "loan_amount", "loan_balance", "loan_to_value_ratio", "credit_score", "debt_to_income_ratio",
    "income", "loan_term", "loan_age", "home_value", "current_rate", "rate_spread",
]
SCALE = np.array([4.5, 3e5, 2.8e5, 0.7, 700, 0.35, 9e4, 30, 40, 4e5, 3.7, 0.7])

random = np.random.default_rng(1)
reference = SCALE * (1 + 0.2 * random.standard_normal((10_000, len(NAMES))))
model = LogisticRegression().fit(reference / SCALE, random.random(10_000) < 0.6)
window = collections.deque(maxlen=1000)
lock = threading.Lock()
app = Flask(__name__)


@app.post("/predict")
def predict():
    body = request.get_json()
    row = np.array([[float(body[name]) for name in NAMES]])
    probability = float(model.predict_proba(row / SCALE)[0, 1])
    with lock:
        window.append(row[0])
        number = len(window)
    return jsonify(prediction_id=number, prediction=int(probability >= 0.5), probability=probability)


@app.get("/metrics")
def metrics():
    with lock:
        rows = np.array(window)
    lines = []
    for i, name in enumerate(NAMES):
        edges = np.quantile(reference[:, i], np.linspace(0, 1, 11))
        edges[0], edges[-1] = -np.inf, np.inf
        p = np.histogram(reference[:, i], edges)[0] / len(reference)

        def divergence(x):
            q = (np.histogram(x, edges)[0] + 0.5) / (len(x) + 5)
            return stats.entropy(p, q)

        draws = [divergence(random.choice(reference[:, i], len(rows))) for _ in range(1000)]
        kl = divergence(rows[:, i])
        lines.append(f'feature_kl_divergence{{feature="{name}"}} {kl}')
        lines.append(f'feature_drift_p_value{{feature="{name}"}} {np.mean(np.array(draws) >= kl)}')
    return "\n".join(lines) + "\n", {"Content-Type": "text/plain; version=0.0.4"}
