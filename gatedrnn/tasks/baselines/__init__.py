"""Simple models of each kind of task, because they decide what a difference between two networks is worth.

Fitted to the training part of a split; whatever is chosen is chosen on its validation part. None is given the test,
which a fitted one scores later (``FittedBaseline.tested``). scikit-learn is imported where it is used: it comes with
``pip install 'gatedrnn[compare]'``.
"""

from gatedrnn.tasks.baselines.ahead import forecast_ahead
from gatedrnn.tasks.baselines.classification import REGULARISATIONS, classification, summaries
from gatedrnn.tasks.baselines.forecast import ORDERS, forecast, gaussian_nats, histories
from gatedrnn.tasks.baselines.labels import multi_label
from gatedrnn.tasks.baselines.steps import step_classification, step_regression
from gatedrnn.tasks.baselines.token_classes import token_classification, token_step_classification
from gatedrnn.tasks.baselines.tokens import next_token

__all__ = [
    "ORDERS",
    "REGULARISATIONS",
    "classification",
    "forecast",
    "forecast_ahead",
    "gaussian_nats",
    "histories",
    "multi_label",
    "next_token",
    "step_classification",
    "step_regression",
    "summaries",
    "token_classification",
    "token_step_classification",
]
