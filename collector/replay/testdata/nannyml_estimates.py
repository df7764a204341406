"""Estimate performance without outcomes by NannyML, on the data sets that its package ships.

Writes reference and analysis rows of each data set as CSV files into the folder of the first
argument. The file estimates.json there has, for each data set and chunk of analysis rows, NannyML's
estimate, its thresholds, and what the outcomes turned out to say.
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import pandas as pd  # noqa: E402

pd.set_option("future.infer_string", False)  # NannyML expects numpy's arrays

import nannyml  # noqa: E402
import numpy as np  # noqa: E402

folder, chunk = sys.argv[1], 6000


def chunks(estimator, metric, reference, analysis, realised):
    estimator.fit(reference)
    frame = estimator.estimate(analysis).filter(period="analysis", metrics=[metric]).to_df()
    one = frame[metric]
    return [
        {"estimate": float(e), "lower": float(lo) if lo is not None else None, "upper": float(hi) if hi is not None else None, "realised": float(r)}
        for e, lo, hi, r in zip(one["value"], one["lower_threshold"], one["upper_threshold"], realised)
    ]


def by_chunk(values):
    return [float(np.mean(values[i:i + chunk])) for i in range(0, len(values) - len(values) % chunk, chunk)]


def write(name, reference, analysis, columns, renamed):
    for part, rows in (("reference", reference), ("analysis", analysis)):
        rows[columns].rename(columns=renamed).to_csv(f"{folder}/{name}_{part}.csv", index=False)


out = {}

reference, analysis, truth = nannyml.load_synthetic_car_price_dataset()
analysis["y_true"] = truth["y_true"]
write("regression", reference, analysis, ["car_age", "km_driven", "price_new", "fuel", "transmission", "y_pred", "y_true"], {"y_pred": "score", "y_true": "outcome"})
features = ["car_age", "km_driven", "price_new", "accident_count", "door_count", "fuel", "transmission"]
out["regression"] = chunks(
    nannyml.DLE(feature_column_names=features, y_pred="y_pred", y_true="y_true", metrics=["mae"], chunk_size=chunk, tune_hyperparameters=False),
    "mae", reference, analysis.drop(columns="y_true"), by_chunk(np.abs(analysis["y_pred"] - analysis["y_true"])))

reference, analysis, truth = nannyml.load_synthetic_multiclass_classification_dataset()
analysis["y_true"] = truth["y_true"]
names = {"prepaid_card": "y_pred_proba_prepaid_card", "highstreet_card": "y_pred_proba_highstreet_card", "upmarket_card": "y_pred_proba_upmarket_card"}
for rows in (reference, analysis):
    rows["score"] = rows[list(names.values())].max(axis=1)
write("multiclass", reference, analysis, ["app_behavioral_score", "requested_credit_limit", "credit_bureau_score", "stated_income", "score", "y_pred", "y_true"],
      {"y_pred": "class", "y_true": "outcome"})
out["multiclass"] = chunks(
    nannyml.CBPE(y_pred_proba=names, y_pred="y_pred", y_true="y_true", problem_type="classification_multiclass", metrics=["accuracy"], chunk_size=chunk),
    "accuracy", reference, analysis.drop(columns="y_true"), by_chunk(analysis["y_pred"] == analysis["y_true"]))

reference, analysis, truth = nannyml.load_synthetic_car_loan_dataset()
analysis["repaid"] = truth["repaid"]
write("binary", reference, analysis, ["car_value", "debt_to_income_ratio", "loan_length", "driver_tenure", "y_pred_proba", "y_pred", "repaid"],
      {"y_pred_proba": "score", "y_pred": "class", "repaid": "outcome"})
out["binary"] = chunks(
    nannyml.CBPE(y_pred_proba="y_pred_proba", y_pred="y_pred", y_true="repaid", problem_type="classification_binary", metrics=["accuracy"], chunk_size=chunk),
    "accuracy", reference, analysis.drop(columns="repaid"), by_chunk(analysis["y_pred"] == analysis["repaid"]))

with open(f"{folder}/estimates.json", "w") as file:
    json.dump(out, file)
