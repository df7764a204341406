"""Write predictions and their outcomes to a drift_exporter prediction log.

Make the log once with `drift_exporter log init --predictions.log=predictions.db`,
or start the predictor. Any number of workers may write it; each opens its own.
"""
import json
import sqlite3


def open_log(path):
    # Autocommit: an INSERT is one transaction, which waits its turn for up to 30 s.
    log = sqlite3.connect(path, timeout=30, isolation_level=None)
    log.execute("PRAGMA synchronous = FULL")  # a row whose INSERT returned survives a power cut
    return log


def predicted(log, model, version, features, score, label, request_id=None):
    """Log one prediction and return its id. NaN is not JSON: pass None for a missing value."""
    row = (model, version, json.dumps(features, allow_nan=False), score, str(label), request_id)
    sql = "INSERT INTO predictions (model, version, features, score, class, request_id) VALUES (?, ?, ?, ?, ?, ?)"
    return log.execute(sql, row).lastrowid


def observed(log, prediction_id, outcome):
    """Log what really happened, once it is known."""
    log.execute("INSERT INTO feedback (prediction_id, outcome) VALUES (?, ?)", (prediction_id, str(outcome)))


if __name__ == "__main__":
    log = open_log("predictions.db")
    loan = {"credit_score": 701, "income": 84000, "loan_term": 30, "interest_rate": None}
    observed(log, predicted(log, "loan_refinance", "1", loan, score=0.83, label=1), outcome=1)
