"""Exponential smoothing with trend and season, statsmodels' fit: one set of parameters for each target."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.tasks.baselines.points import Point, best, known

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.baselines.points import Known
    from gatedrnn.tasks.baselines.stack import Stack
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.simple_models import FittedBaseline

SEQUENCES, STEPS = 5, 2000
"""Recordings that parameters are fitted to, and steps of each, the latest."""
LONGEST = 400
"""The longest season that is smoothed: each of its steps is a state."""


def exponential_smoothing(visible: Visible, season: int | None) -> FittedBaseline:
    """Smooth each target exponentially (Holt 1957, Winters 1960); trend and season as validation decides.

    .. code-block:: text

        level[t]  = level[t - 1] + trend[t - 1] + alpha e[t]
        trend[t]  = trend[t - 1] + beta e[t]                             or none
        season[t] = season[t - period] + gamma e[t]                      or none
        forecast  = level[t] + h trend[t] + season of the target         e[t]: y[t] less the forecast of one step before

    A multiplicative season is tried where all known values are positive. Parameters are statsmodels' of largest
    likelihood on the training part; states start from the first season of a recording, and then follow all of it.

    Args:
        visible: a split with recordings.
        season: the period of the data.

    Raises:
        MissingPackageError: where statsmodels is missing.
    """
    data = known(visible)
    seasons: list[str | None] = [None]
    if season and 2 <= season <= LONGEST and _longest(data) >= 2 * season + 8:
        positive = min(data.train.y.min(), data.validation.y.min()) > 0
        seasons = ["add", "mul"] if positive else ["add"]
    forms = [Form(trend, kind, season or 1) for trend, kind in itertools.product((None, "add"), seasons)]
    return best("exponential smoothing", [_fit(data, form) for form in forms], visible)


class Form(NamedTuple):
    """Which states there are: a trend or none, a season that is added or multiplied with or none, and its period."""

    trend: str | None
    season: str | None
    period: int

    def __str__(self) -> str:
        words = {None: "no season", "add": "additive season", "mul": "multiplicative season"}
        return f"{'trend' if self.trend else 'no trend'}, {words[self.season]}"

    def first(self) -> int:
        """Return the steps that the states start from."""
        return self.period if self.season else 1


def _longest(data: Known) -> int:
    return int(np.bincount(np.unique(data.train.starts, return_inverse=True)[1]).max())


def _fit(data: Known, form: Form) -> Point:
    scale = [_unit(column, form) for column in data.train.y.T]
    parameters = [_parameters(data.train, d, form, *unit) for d, unit in enumerate(scale)]

    def means(stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        found = stack.y[rows].copy()  # the last value, where there are no states yet
        bounds = np.unique(stack.starts[rows])
        edges = np.searchsorted(rows, bounds)
        for start, own in zip(bounds, np.split(rows, edges[1:]), strict=True):
            series = stack.y[start : own[-1] + 1]
            late = own - start >= form.first()
            if late.any():
                for d, (fitted, (shift, spread)) in enumerate(zip(parameters, scale, strict=True)):
                    ahead = forecasts((series[:, d] - shift) / spread, form, fitted, stack.ahead)
                    found[np.searchsorted(rows, own[late]), d] = shift + spread * ahead[own[late] - start]
        return found

    return Point(str(form), means)


def _unit(column: Float[np.ndarray, "N"], form: Form) -> tuple[float, float]:
    """Return what is taken from a target, and what it is divided by; what is multiplied with keeps its zero."""
    if form.season == "mul":
        return 0.0, float(column.mean())
    return float(column.mean()), max(float(column.std()), 1e-300)


def _parameters(train: Stack, target: int, form: Form, shift: float, spread: float) -> Float[np.ndarray, "P"]:
    """Return the median of the parameters of largest likelihood in some recordings, the longest ones."""
    starts, counts = np.unique(train.starts, return_counts=True)
    chosen = [b for b in np.argsort(-counts, kind="stable")[:SEQUENCES] if counts[b] > form.first() + 4]
    fitted = []
    for b in chosen:
        series = (train.y[starts[b] : starts[b] + counts[b], target][-STEPS:] - shift) / spread
        if series.std() > 0:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of an optimum at a limit, which smoothing often has
                fitted.append(np.asarray(_model(series, form).fit(disp=False, maxiter=100).params))
    smooth = 1 + (form.trend is not None) + (form.season is not None)
    return np.median(fitted, axis=0)[:smooth] if fitted else np.full(smooth, 0.1)


def _model(series: Float[np.ndarray, "n"], form: Form) -> Any:
    """Return statsmodels' model of what follows the first season, whose states are known from that."""
    with needed("baselines need statsmodels", "statsmodels", "gatedrnn[compare]"):
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    level = series[: form.first()].mean()
    options: dict[str, Any] = {"initial_trend": 0.0} if form.trend else {}
    if form.season:
        first = series[: form.period]
        seasonal = first - level if form.season == "add" else first / level
        options |= {"seasonal_periods": form.period, "initial_seasonal": seasonal}
    return ETSModel(
        series[form.first() :],
        error="add",
        trend=form.trend,
        seasonal=form.season,
        initialization_method="known",
        initial_level=level,
        **options,
    )


def forecasts(
    series: Float[np.ndarray, "n"], form: Form, parameters: Float[np.ndarray, "P"], ahead: int
) -> Float[np.ndarray, "n"]:
    """Return the forecasts ``ahead`` steps on that are made at each step of a series, from all of it so far.

    Where there are no states yet, in the first season, it is the last value.

    Args:
        series: the values of one target, at least one step more than the first season.
        form: the form of smoothing: which states there are.
        parameters: alpha, and beta and gamma where there are a trend and a season.
        ahead: h, steps from a forecast to what it is about.

    Raises:
        MissingPackageError: where statsmodels is missing.
    """
    first = form.first()
    states = _model(series, form).smooth(parameters)
    level = np.asarray(states.level)
    if form.trend:
        level = level + ahead * np.asarray(states.slope)
    if form.season:
        initial = (
            series[:first] - series[:first].mean() if form.season == "add" else series[:first] / series[:first].mean()
        )
        of_season = np.concatenate([initial, np.asarray(states.season)])
        at = np.arange(first, len(series)) + ahead - -(-ahead // form.period) * form.period
        level = level + of_season[at] if form.season == "add" else level * of_season[at]
    return np.concatenate([series[:first], level])
