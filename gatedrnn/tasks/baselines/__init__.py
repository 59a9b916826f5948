"""Simple models of each kind of task, because they decide what a difference between two networks is worth.

Fitted to the training part of a split; whatever is chosen is chosen on its validation part. None is given the test,
which a fitted one scores later (``FittedBaseline.tested``). Those of recorded numbers forecast from all the past
(``recordings.py``). scikit-learn, SciPy and statsmodels are imported where they are used: they come with
``pip install 'gatedrnn[compare]'``.
"""

from gatedrnn.tasks.baselines.classification import REGULARISATIONS, classification, summaries
from gatedrnn.tasks.baselines.forecast import ORDERS, forecast, histories
from gatedrnn.tasks.baselines.labels import multi_label
from gatedrnn.tasks.baselines.recordings import forecast_recordings, step_regression
from gatedrnn.tasks.baselines.steps import step_classification
from gatedrnn.tasks.baselines.token_classes import token_classification, token_step_classification
from gatedrnn.tasks.baselines.tokens import next_token

__all__ = [
    "ORDERS",
    "REGULARISATIONS",
    "classification",
    "forecast",
    "forecast_recordings",
    "histories",
    "multi_label",
    "next_token",
    "step_classification",
    "step_regression",
    "summaries",
    "token_classification",
    "token_step_classification",
]
