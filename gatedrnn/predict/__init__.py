"""The tuned networks of a comparison, put to use by ``load(run).predict(x)``; only commands import it."""

from gatedrnn.predict.model import Model, Prediction, load

__all__ = ["Model", "Prediction", "load"]
