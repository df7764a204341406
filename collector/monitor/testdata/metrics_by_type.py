"""Recompute with scikit-learn what a page says about models of each type.

Standard input has one object for each model: what was predicted and observed, and the score.
Standard output has the metrics by name and labels.
"""
import json
import math
import sys
import warnings

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def calibration_error(right, score):
    """Mean distance of score and share of right ones over ten bins of equal width."""
    edges = np.linspace(0, 1, 11)
    shares, means = calibration_curve(right, score, n_bins=10, strategy="uniform")
    sizes = np.histogram(score, bins=edges)[0]
    return float(np.sum(np.abs(shares - means) * sizes[sizes > 0]) / len(score))


def classes(predicted, actual, score):
    macro = dict(average="macro", zero_division=0)
    out = {
        "model_accuracy": metrics.accuracy_score(actual, predicted),
        "model_accuracy_samples": len(actual),
        "model_precision": metrics.precision_score(actual, predicted, **macro),
        "model_recall": metrics.recall_score(actual, predicted, **macro),
        "model_f1_score": metrics.f1_score(actual, predicted, **macro),
        "model_expected_calibration_error": calibration_error(np.equal(predicted, actual), np.array(score)),
    }
    for name in sorted(set(actual) | set(predicted)):
        if name in predicted:
            out["model_class_precision/" + name] = metrics.precision_score(actual, predicted, labels=[name], average=None)[0]
        if name in actual:
            out["model_class_recall/" + name] = metrics.recall_score(actual, predicted, labels=[name], average=None)[0]
        out["model_class_samples/" + name] = actual.count(name)
    return out


def binary(predicted, actual, score):
    one = dict(pos_label="1")
    return {
        "model_accuracy": metrics.accuracy_score(actual, predicted),
        "model_accuracy_samples": len(actual),
        "model_precision": metrics.precision_score(actual, predicted, **one),
        "model_recall": metrics.recall_score(actual, predicted, **one),
        "model_f1_score": metrics.f1_score(actual, predicted, **one),
        "model_roc_auc": metrics.roc_auc_score([a == "1" for a in actual], score),
        "model_brier_score": metrics.brier_score_loss([int(a == "1") for a in actual], score),
        "model_expected_calibration_error": calibration_error(np.array([a == "1" for a in actual]), np.array(score)),
    }


def regression(actual, score):
    return {
        "model_error_samples": len(actual),
        "model_mean_absolute_error": metrics.mean_absolute_error(actual, score),
        "model_root_mean_squared_error": math.sqrt(metrics.mean_squared_error(actual, score)),
        "model_mean_error": float(np.mean(np.subtract(score, actual))),
        "model_r_squared": metrics.r2_score(actual, score),
    }


asked = json.load(sys.stdin)
json.dump({
    "binary": binary(**asked["binary"]),
    "multiclass": classes(**asked["multiclass"]),
    "regression": regression(asked["regression"]["truth"], asked["regression"]["score"]),
}, sys.stdout)
