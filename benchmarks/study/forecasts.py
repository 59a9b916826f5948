"""Simple forecasts of the test of a comparison, with nothing of gatedrnn: NumPy and statsmodels on the same file."""

from __future__ import annotations

import gzip
import io
import math
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

HELD = 0.2
"""Part of the times that the test is, the last ones: gatedrnn/tasks/in_time.py says so."""
ORDERS, LATEST, FEWEST = 26, 4000, 50
"""Lags that Akaike's criterion chooses from where no season says more; most and least steps to fit models to."""


class Series(NamedTuple):
    """A series, and the step of the first number of its test.

    Attributes:
        y: its numbers, ``[n]``.
        first: the step of the first number that is tested.
    """

    y: np.ndarray
    first: int


def read_series(path: Path, time: str, target: str, group: str = "") -> list[Series]:
    """Return the series of a table, whose last fifth of all different times is the test.

    Times are compared as they are written, which is their order in all sets of the study. A missing number is the
    one before it.

    Args:
        path: a .csv file, also in gzip.
        time: the column of times.
        target: the column of numbers.
        group: the column that says which series a row is of; empty: there is one.
    """
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    table = pd.read_csv(io.BytesIO(content))
    axis = np.unique(table[time].to_numpy())
    start = axis[len(axis) - round(HELD * len(axis))]
    parts = [table] if not group else [part for _, part in table.groupby(group, sort=False)]
    found = []
    for part in parts:
        ordered = part.sort_values(time, kind="stable")
        y = ordered[target].ffill().to_numpy(np.float64)
        found.append(Series(y, int((ordered[time].to_numpy() < start).sum())))
    return found


def origins(series: Series, horizon: int) -> np.ndarray:
    """Return the steps at which the forecasts of the test are made."""
    return np.arange(max(series.first - horizon, 0), len(series.y) - horizon)


def rmse(all_series: list[Series], forecasts: list[np.ndarray], horizon: int) -> float:
    """Return the root mean squared error over all series together, in the units of the file."""
    errors = [of - one.y[origins(one, horizon) + horizon] for one, of in zip(all_series, forecasts, strict=True)]
    return math.sqrt(float(np.mean(np.concatenate(errors) ** 2)))


def persistence(series: Series, horizon: int) -> np.ndarray:
    """Forecast the last number."""
    return series.y[origins(series, horizon)]


def seasonal_naive(series: Series, horizon: int, season: int) -> np.ndarray:
    """Forecast the number of the same time of the last season that is over."""
    back = math.ceil(horizon / season) * season - horizon
    return series.y[origins(series, horizon) - back]


def _known(series: Series, horizon: int) -> np.ndarray:
    """Return what models are fitted to: what was known when the first forecast was made."""
    return series.y[: max(0, series.first - horizon + 1)][-LATEST:]


def autoregression(series: Series, horizon: int, season: int = 0, part: float = 1.0) -> np.ndarray:
    """Forecast by statsmodels' AutoReg on what came before, its order by Akaike's criterion, step upon step.

    A series that begins in the test, or just before, is forecast by persistence; also when it is smoothed.
    """
    from statsmodels.tsa.ar_model import ar_select_order

    known = _known(series, horizon)
    if len(known) < FEWEST:
        return persistence(series, horizon)
    known = known[: round(part * len(known))]
    most = max(1, min(max(ORDERS, 2 * season), len(known) // 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an index without a frequency
        fit: Any = ar_select_order(known, most, ic="aic", trend="c").model.fit()
    constant, weights = fit.params[0], np.asarray(fit.params[1:])
    made = origins(series, horizon)
    order = len(weights)
    padded = np.concatenate([np.full(order, series.y[0]), series.y])
    past = np.stack([padded[made + order - lag] for lag in range(order)], 1) if order else np.zeros((len(made), 0))
    ahead = np.full(len(made), constant)
    for _ in range(horizon):
        ahead = constant + past @ weights
        past = np.concatenate([ahead[:, None], past], 1)[:, :order]
    return ahead


def straight(series: Series, horizon: int, season: int = 0, part: float = 1.0) -> np.ndarray:
    """Forecast by least squares of the number a horizon on from the last ones, their count by Akaike's criterion."""
    known = _known(series, horizon)
    known = known[: round(part * len(known))]
    if len(known) < FEWEST:
        return persistence(series, horizon)
    most = max(1, min(max(ORDERS, 2 * season), len(known) // 5))
    made, rows = origins(series, horizon), np.arange(most - 1, len(known) - horizon)
    padded = np.concatenate([np.full(most, series.y[0]), series.y])
    best: tuple[float, np.ndarray] | None = None
    for order in range(1, most + 1):
        past = np.stack([np.ones(len(rows)), *(known[rows - lag] for lag in range(order))], 1)
        weights = np.linalg.lstsq(past, known[rows + horizon], rcond=None)[0]
        left = float(np.sum((known[rows + horizon] - past @ weights) ** 2))
        criterion = len(rows) * math.log(left / len(rows)) + 2 * order
        if best is None or criterion < best[0]:
            lags = np.stack([np.ones(len(made)), *(padded[made + most - lag] for lag in range(order))], 1)
            best = criterion, lags @ weights
    assert best is not None
    return best[1]


def smoothing(series: Series, horizon: int, season: int = 0, part: float = 1.0) -> np.ndarray:
    """Forecast by statsmodels' exponential smoothing, fitted to all before the test; its form by Akaike's criterion."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    known = _known(series, horizon)
    if len(known) < FEWEST:
        return persistence(series, horizon)
    begin = max(0, series.first - horizon + 1 - len(known))
    whole = series.y[begin:]
    known = known[: round(part * len(known))]
    seasonal = (
        [None, "add", *(["mul"] if known.min() > 0 else [])] if season > 1 and 2 * season < len(known) else [None]
    )
    best: tuple[float, np.ndarray] | None = None
    for trend in (None, "add"):
        for form in seasonal:
            asked: dict[str, Any] = {"trend": trend, "seasonal": form, "initialization_method": "heuristic"}
            asked |= {"seasonal_periods": season} if form else {}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an optimiser that stops early is chosen against by its criterion
                fit: Any = ExponentialSmoothing(known, **asked).fit()
                names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal")
                there = (True, trend is not None, form is not None)
                fixed = {name: fit.params[name] for name, is_there in zip(names, there, strict=True) if is_there}
                on: Any = ExponentialSmoothing(whole, **asked).fit(optimized=False, **fixed)
            made = origins(series, horizon) - begin
            ahead = on.level[made] + (horizon * on.trend[made] if trend else 0.0)
            if form:
                same = on.season[made + horizon - math.ceil(horizon / season) * season]
                ahead = ahead + same if form == "add" else ahead * same
            if best is None or fit.aic < best[0]:
                best = float(fit.aic), ahead
    assert best is not None
    return best[1]
