"""What a comparison says of its baselines beside what NumPy, statsmodels and scikit-learn say on the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from study import classes, forecasts
from study.sets import DataSet

SAME, NEAR = 1e-3, 0.1
"""Relative differences up to which scores are the same number, networks' arithmetic being float32, or near."""


TRAIN = 0.8
"""Part of what is not the test that the comparison trains on, about: its models are fitted to that alone."""
EARLY = ", fitted to its first 80 %"


class Check(NamedTuple):
    """One simple model, twice.

    Attributes:
        name: what it is called.
        ours: its score in the comparison's test, mean over replicates; None where the comparison has no such model.
        independent: the score reckoned here.
        agreement: ``same``, ``near`` or ``differs``; ``only here`` where the comparison has none.
        nats: of classes, the independent model's log loss.
    """

    name: str
    ours: float | None
    independent: float
    agreement: str
    nats: float | None = None


def agreement(ours: float | None, independent: float) -> str:
    """Return how near two scores are.

    Example:
        >>> [agreement(one, 2.0) for one in (2.0001, 2.1, 3.0, None)]
        ['same', 'near', 'differs', 'only here']
    """
    if ours is None:
        return "only here"
    apart = abs(ours - independent) / max(abs(independent), 1e-12)
    return "same" if apart <= SAME else "near" if apart <= NEAR else "differs"


def season_of(task: dict[str, Any], data_set: DataSet) -> int:
    """Return the season that the comparison forecast by, else the one that the study names."""
    said = str(task["facts"].get("season", "")).split(" ")[0]
    return int(said) if said.isdigit() else data_set.season


def check_forecast(all_series: list[forecasts.Series], horizon: int, season: int) -> dict[str, float]:
    """Return the test RMSE of each simple forecast, in the units of the file.

    Args:
        all_series: the series, with where the test of each begins.
        horizon: steps ahead.
        season: steps of a season; 0 where there is none.
    """
    short = season if season <= 60 else 0  # a year of days is too long for models of each step of a season
    of: dict[str, list[Any]] = {
        "persistence": [forecasts.persistence(one, horizon) for one in all_series],
        "autoregression": [forecasts.autoregression(one, horizon, short) for one in all_series],
        "exponential smoothing": [forecasts.smoothing(one, horizon, short) for one in all_series],
    }
    of["autoregression" + EARLY] = [forecasts.autoregression(one, horizon, short, TRAIN) for one in all_series]
    of["exponential smoothing" + EARLY] = [forecasts.smoothing(one, horizon, short, TRAIN) for one in all_series]
    if horizon > 1:  # of one step it is the same model
        name = "autoregression, straight to the horizon"
        of[name] = [forecasts.straight(one, horizon, short) for one in all_series]
        of[name + EARLY] = [forecasts.straight(one, horizon, short, TRAIN) for one in all_series]
    if season:
        of["seasonal-naive"] = [forecasts.seasonal_naive(one, horizon, season) for one in all_series]
    return {name: forecasts.rmse(all_series, found, horizon) for name, found in of.items()}


def checks(task: dict[str, Any], data_set: DataSet, path: Path) -> list[Check]:
    """Return every simple model's two scores: RMSE in the file's units, of classes the accuracy.

    Args:
        task: its entry in results.json.
        data_set: what was asked.
        path: the file that was compared on.
    """
    nats: dict[str, float | None] = {}
    if data_set.horizon:
        series = forecasts.read_series(path, data_set.time, data_set.target, data_set.group)
        found, metric = check_forecast(series, data_set.horizon, season_of(task, data_set)), "rmse"
    else:
        days = data_set.target != ""
        parts = classes.read_days(path, data_set.time, data_set.target) if days else classes.read_archive(path)
        scores, metric = classes.scores(parts), "accuracy"
        if days:
            known, name = round(TRAIN * len(parts.y)), "logistic regression on all numbers"
            scores[name + EARLY] = classes.scores(parts._replace(x=parts.x[:known], y=parts.y[:known]))[name]
        found = {name: score.accuracy for name, score in scores.items()}
        nats = {name: score.nats for name, score in scores.items()}
    ours = {baseline["name"]: float(baseline["scores"][metric]) for baseline in task["baselines"]}
    return [
        Check(name, mine, score, agreement(mine, score), nats.get(name))
        for name, score in found.items()
        for mine in [next((value for known, value in ours.items() if known.startswith(name.split(",")[0])), None)]
    ]
