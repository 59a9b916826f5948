"""Simple models of recorded numbers, with all the past that a forecaster has: forecasts, and numbers of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.tasks.baselines.autoregression import autoregression
from gatedrnn.tasks.baselines.fitting import by_validation, one_thread
from gatedrnn.tasks.baselines.lags import boosting, ridge
from gatedrnn.tasks.baselines.naive import drift, persistence, seasonal_naive, unconditional
from gatedrnn.tasks.baselines.smoothing import exponential_smoothing

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.simple_models import FittedBaseline


def forecast_recordings(visible: Visible, *, season: int | None, columns: tuple[int, ...]) -> list[FittedBaseline]:
    """Return simple forecasts, the strongest on validation first, each of them in the user's units.

    An unconditional Gaussian; persistence; drift; seasonal-naive where there is a season; autoregression; exponential
    smoothing; ridge regression and gradient boosting on the last steps of all features. Each is fitted to the training
    part, and forecasts from a recording's whole past; what is chosen is chosen on the validation part. The deviation
    of each follows its own past errors (``scales.adapted``).

    Args:
        visible: the split, with its recordings in ``past``.
        season: the period of the data in steps; None where there is none.
        columns: which features are the targets.

    Raises:
        InputError: where the split has no recordings.
        MissingPackageError: where scikit-learn, SciPy or statsmodels is missing.
    """
    with one_thread():
        fitted = [
            unconditional(visible),
            persistence(visible),
            drift(visible),
            autoregression(visible, season),
            exponential_smoothing(visible, season),
            ridge(visible, season, columns),
            boosting(visible, season, columns),
        ]
        if season:
            fitted.append(seasonal_naive(visible, season))
    return by_validation(fitted)


def step_regression(visible: Visible) -> list[FittedBaseline]:
    """Return simple models of each step's numbers, the strongest on validation first.

    An unconditional Gaussian, ridge regression and gradient boosting on the last steps. What was looked for is never
    told, so that deviations are those of the training part.

    Args:
        visible: the split, with its recordings in ``past``.

    Raises:
        InputError: where the split has no recordings.
        MissingPackageError: where scikit-learn is missing.
    """
    with one_thread():
        return by_validation([unconditional(visible), ridge(visible, None, ()), boosting(visible, None, ())])
