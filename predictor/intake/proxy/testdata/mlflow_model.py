"""Save a scikit-learn classifier as an MLflow model that answers probabilities.

    python3 mlflow_model.py FOLDER
"""
import sys

import mlflow.sklearn
import numpy
import pandas
from sklearn.linear_model import LogisticRegression

random = numpy.random.default_rng(1)
frame = pandas.DataFrame({"age": random.integers(18, 80, 200).astype(float), "income": random.normal(5e4, 1e4, 200)})
model = LogisticRegression(max_iter=1000).fit(frame, frame.income + 500 * frame.age > 75000)
mlflow.sklearn.save_model(model, sys.argv[1], pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle", pip_requirements=[])
