"""Simple models of recordings against those of statsmodels and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from statsmodels.tsa.ar_model import AutoReg, ar_select_order
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from gatedrnn.tasks.baselines.autoregression import LeastSquares
from gatedrnn.tasks.baselines.smoothing import Form, forecasts
from gatedrnn.tasks.parts import Recording
from tests.tasks.test_baselines_recordings import growth, hours, of_hours, scored  # noqa: F401  (a fixture)


def test_autoregression_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    y = np.zeros(400)
    for t in range(3, 400):
        y[t] = 1.2 * y[t - 1] - 0.7 * y[t - 2] + 0.3 * y[t - 3] + rng.normal()
    y = y[100:] + 50
    chosen = ar_select_order(y, 12, ic="aic").ar_lags
    assert chosen is not None
    lags = np.stack([y[11 - k : -1 - k] for k in range(12)], axis=1)
    fit = LeastSquares(lags, y[12:])
    assert fit.criteria.argmin() + 1 == len(chosen)
    for order in (1, 3, 12):
        model = AutoReg(y, order, hold_back=12).fit()
        np.testing.assert_allclose(fit.coefficients(order), model.params, rtol=1e-7)
        # statsmodels' criterion has a constant of its own, the same for all orders.
        constant = model.aic - AutoReg(y, 1, hold_back=12).fit().aic
        np.testing.assert_allclose(fit.criteria[order - 1] - fit.criteria[0], constant, atol=1e-6)


@pytest.mark.parametrize("ahead", [1, 3, 9])
@pytest.mark.parametrize("trend", [None, "add"])
@pytest.mark.parametrize("season", [None, "add", "mul"])
def test_smoothing_forecasts_what_statsmodels_does(trend: str | None, season: str | None, ahead: int) -> None:
    """A model of what is known at some steps, filtered with the same parameters, and its forecast from there."""
    t = np.arange(50)
    y = 10 + 0.1 * t + 2 * np.sin(2 * np.pi * t / 7) + 0.3 * np.random.default_rng(0).normal(size=50)
    first = 7 if season else 1
    parameters = np.array([0.3, *([0.05] if trend else []), *([0.2] if season else [])])
    found = forecasts(y, Form(trend, season, first), parameters, ahead)
    level = y[:first].mean()
    options: dict[str, Any] = {"initial_trend": 0.0} if trend else {}
    if season:
        seasonal = y[:7] - level if season == "add" else y[:7] / level
        options |= {"seasonal_periods": 7, "initial_seasonal": seasonal}
    for now in (20, 33, 49):
        model = ETSModel(
            y[first : now + 1],
            error="add",
            trend=trend,
            seasonal=season,
            initialization_method="known",
            initial_level=level,
            **options,
        )
        states: Any = model.smooth(parameters)
        expected = np.asarray(states.forecast(ahead))[-1]
        np.testing.assert_allclose(found[now], expected, rtol=1e-10)
    np.testing.assert_array_equal(found[:first], y[:first])


def test_ridge_regression_is_that_of_scikit_learn(of_hours) -> None:  # noqa: F811
    visible, test, found = of_hours
    [train], [last] = visible.past.train, test.recordings
    words = found["ridge regression on the last steps"].choice
    order, penalty = int(words.split()[1].rstrip(",")), float(words.split("penalty ")[1].split(",")[0])
    assert "of changes" not in words

    def read(one: Recording, t: int) -> np.ndarray:
        steps = [*(t - k for k in range(order))]
        season = [one.y[max(0, t - back), 0] for back in (23, 47)]
        return np.concatenate([one.x[np.maximum(steps, 0)].ravel(), season])

    rows = range(len(train.y) - 1)
    inputs = StandardScaler().fit(known := np.stack([read(train, t) for t in rows]))
    model = Ridge(alpha=penalty).fit(inputs.transform(known), train.y[1:, 0])
    _, steps = scored(test)
    expected = model.predict(inputs.transform(np.stack([read(last, t) for t in steps])))
    mean = found["ridge regression on the last steps"].forecast(test.recordings)[0].mean[:, 0]
    np.testing.assert_allclose(mean, expected, rtol=1e-8)
