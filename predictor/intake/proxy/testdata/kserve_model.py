"""Serve a scikit-learn regression with KServe's server, v1 and v2.

    python3 kserve_model.py PORT
"""
import sys

import numpy
from kserve import Model, ModelServer
from kserve.utils.utils import get_predict_input, get_predict_response
from sklearn.linear_model import LinearRegression


class Rent(Model):
    def __init__(self):
        super().__init__("rent")
        rooms = numpy.array([[1.0, 20.0], [2.0, 50.0], [3.0, 80.0]])
        self.model = LinearRegression().fit(rooms, [400.0, 800.0, 1300.0])
        self.ready = True

    def predict(self, payload, headers=None):
        rows = numpy.asarray(get_predict_input(payload), dtype=float)
        return get_predict_response(payload, self.model.predict(rows), self.name)


ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, workers=1).start([Rent()])
