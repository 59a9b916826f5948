"""The tuned networks of a comparison, put to use: ``load(run).predict(x)``."""

from gatedrnn.predict.model import Model, Prediction, load

__all__ = ["Model", "Prediction", "load"]
