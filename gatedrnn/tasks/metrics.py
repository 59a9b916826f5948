"""What forecasts are worth by the measures that people mean: the table of metrics, and each from forecasts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, assert_never

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.parts import Scale
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.task import Kind, VisibleTask

MetricName = Literal["nats", "rmse", "mae", "mase", "accuracy", "macro-f1", "coverage-50", "coverage-90", "bits"]
Deciding = Literal["nats", "rmse", "mae", "mase", "accuracy", "macro-f1"]
"""Metrics that a verdict may rest on."""
NUMBERS = ("step-regression", "forecast")
NAMED = ("classification", "step-classification")
EVERY = (*NUMBERS, *NAMED, "next-token", "multi-label")


class Metric(NamedTuple):
    """What a score is.

    Attributes:
        words: the name in words.
        unit: what a score is followed by; empty where it is the unit of the task or of a target.
        kinds: which kinds of task have it.
        higher: whether higher is better; a verdict then rests on 1 less the score. None: neither is.
    """

    words: str
    unit: str
    kinds: tuple[Kind, ...]
    higher: bool | None = False


METRICS: Mapping[MetricName, Metric] = MappingProxyType(
    {
        "nats": Metric("negative log-likelihood", "", EVERY),
        "rmse": Metric("root mean squared error", "", NUMBERS),
        "mae": Metric("mean absolute error", "", NUMBERS),
        "mase": Metric("mean absolute scaled error", "of the naive forecast's error", NUMBERS),
        "coverage-50": Metric("coverage of 50 % intervals", "", NUMBERS, None),
        "coverage-90": Metric("coverage of 90 % intervals", "", NUMBERS, None),
        "accuracy": Metric("accuracy", "of classes wrong", (*NAMED, "next-token"), True),
        "macro-f1": Metric("macro F1", "short of a macro F1 of 1", NAMED, True),
        "bits": Metric("bits", "bits per token", ("next-token",)),
    }
)
"""All metrics, by their names."""
COVERAGES = {"coverage-50": 0.6744897501960817, "coverage-90": 1.6448536269514722}
"""Central intervals of a Gaussian: half-widths in deviations (SciPy's norm.ppf of 0.75 and 0.95)."""
LEAST_NAIVE = 1e-9
"""The least naive error, in deviations of a target, that others are held against: below it there are roundings."""
DECIDING: tuple[Deciding, ...] = ("nats", "rmse", "mae", "mase", "accuracy", "macro-f1")


def deciding(kind: Kind) -> list[Deciding]:
    """Return the metrics that a verdict on such a task may rest on.

    Example:
        >>> deciding("next-token")
        ['nats', 'accuracy']
    """
    return [name for name in DECIDING if kind in METRICS[name].kinds]


def limits(name: MetricName, kind: Kind) -> tuple[float, float]:
    """Return the least and the most that a score can be, which also hold of 1 less it where that is its verdict's.

    Nats of a density have no limits: it may be above 1.

    Example:
        >>> limits("nats", "forecast"), limits("rmse", "forecast"), limits("accuracy", "classification")
        ((-inf, inf), (0.0, inf), (0.0, 1.0))
    """
    match name:
        case "nats":
            return (-math.inf if kind in NUMBERS else 0.0, math.inf)
        case "rmse" | "mae" | "mase" | "bits":
            return (0.0, math.inf)
        case "accuracy" | "macro-f1" | "coverage-50" | "coverage-90":
            return (0.0, 1.0)
        case _:
            assert_never(name)


def metric_of(task: VisibleTask, asked: Deciding | None, scale: Scale | None) -> Deciding:
    """Return what a verdict on a task rests on.

    Unless asked otherwise it is what the task says; else the root mean squared error where targets are numbers whose
    units are known, and nats for everything else.

    Args:
        task: what is asked of the data.
        asked: what the user asked for; None: the task's default.
        scale: how to get back to the user's units; without it numbers have nats alone.

    Raises:
        InputError: where the task has no such metric, naming those that it has.
    """
    known = [name for name in deciding(task.kind) if name == "nats" or task.kind not in NUMBERS or scale is not None]
    exact = "mase" in known and scale is not None and not errs(scale)
    known = [name for name in known if name != "mase" or not exact]
    if asked is not None and asked not in known:
        why = ", as its naive forecast is never wrong" if exact and asked == "mase" else ""
        raise InputError(f"metric: expected one of {', '.join(known)} for {task.name}, got {asked!r}{why}")
    return asked or task.metric or ("rmse" if "rmse" in known else "nats")


def errs(scale: Scale) -> bool:
    """Return whether the naive forecast of each target errs, as a mean absolute scaled error needs.

    It does not where a series repeats itself exactly: its error, which others are divided by, is 0.

    Example:
        >>> from gatedrnn.tasks.parts import Scale
        >>> zero, one = np.zeros(1), np.ones(1)
        >>> errs(Scale(zero, one, one, one)), errs(Scale(zero, one, one, zero))
        (True, False)
    """
    return bool(np.all(scale.naive > LEAST_NAIVE * scale.unit))


def verdict_score(scores: Scores, metric: Deciding) -> float | None:
    """Return a score of which lower is better: where higher is, 1 less it; None where there is no such score.

    Example:
        >>> verdict_score({"nats": 1.2, "accuracy": 0.75}, "accuracy"), verdict_score({"nats": 1.2}, "nats")
        (0.25, 1.2)
    """
    if metric not in scores:
        return None
    return 1.0 - scores[metric] if METRICS[metric].higher else scores[metric]


def number_scores(
    mean: Float[np.ndarray, "N D"], deviation: Float[np.ndarray, "N D"], y: Float[np.ndarray, "N D"], scale: Scale
) -> Scores:
    """Return what Gaussian forecasts of numbers are worth, all given in the user's units.

    .. code-block:: text

        nats         mean over N of sum over d of ((y - mean) / deviation)^2 / 2 + log(deviation / unit) + log(2 pi) / 2
        rmse, mae    of one target in its units; of several the mean over d of RMSE_d / unit_d, MAE_d / unit_d
        mase         mean over d of MAE_d / naive_d; left out where a naive_d is 0 (``errs``)
        coverage-50, coverage-90    the part of all y in the central intervals of that probability

    ``unit`` and ``naive`` are those of ``scale``. The mean absolute scaled error is Hyndman and Koehler's (2006,
    International Journal of Forecasting 22).

    Example:
        >>> from gatedrnn.tasks.parts import Scale
        >>> one = np.ones(1)
        >>> y = np.array([[3.0], [5.0]])
        >>> found = number_scores(np.array([[0.0], [1.0]]), np.full((2, 1), 4.0), y, Scale(0 * one, one, one, 2 * one))
        >>> {name: round(value, 3) for name, value in found.items()}
        {'nats': 2.696, 'rmse': 3.536, 'mae': 3.5, 'mase': 1.75, 'coverage-50': 0.0, 'coverage-90': 1.0}
    """
    z = (y - mean) / deviation
    nats = (0.5 * z**2 + np.log(deviation / scale.unit) + 0.5 * math.log(2 * math.pi)).sum(-1).mean()
    rmse, mae = np.sqrt(np.mean((y - mean) ** 2, axis=0)), np.mean(np.abs(y - mean), axis=0)
    inside = {name: np.mean(np.abs(z) <= half, axis=0) for name, half in COVERAGES.items()}
    return {"nats": float(nats), **of_targets(rmse, mae, inside, scale)}


def of_targets(
    rmse: Float[np.ndarray, "D"],
    mae: Float[np.ndarray, "D"],
    inside: Mapping[str, Float[np.ndarray, "D"]],
    scale: Scale,
) -> dict[str, float]:
    """Return the point metrics of all targets together from each one's, in the user's units."""
    by = scale.unit if len(rmse) > 1 else 1.0
    return {
        "rmse": float(np.mean(rmse / by)),
        "mae": float(np.mean(mae / by)),
        **({"mase": float(np.mean(mae / scale.naive))} if errs(scale) else {}),
        **{name: float(np.mean(part)) for name, part in inside.items()},
    }


def class_scores(log_probabilities: Float[np.ndarray, "N K"], y: Int[np.ndarray, "N"]) -> Scores:
    """Return what probabilities of classes are worth: nats, accuracy and macro-averaged F1.

    Example:
        >>> found = class_scores(np.log([[0.5, 0.5], [0.9, 0.1], [0.25, 0.75]]), np.array([0, 1, 1]))
        >>> {name: round(value, 3) for name, value in found.items()}
        {'nats': 1.094, 'accuracy': 0.667, 'macro-f1': 0.667}
    """
    nats = -np.take_along_axis(log_probabilities, y[:, None].astype(int), axis=1)[:, 0]
    return named_scores(nats, log_probabilities.argmax(1), y)


def named_scores(nats: Float[np.ndarray, "N"], guesses: Int[np.ndarray, "N"], y: Int[np.ndarray, "N"]) -> Scores:
    """Return what named classes are worth, where their probabilities are too many to be held at once.

    Args:
        nats: the negative log-probability of each right class.
        guesses: the classes that were named.
        y: the classes that are right.

    Example:
        >>> found = named_scores(np.log([2.0, 2.0, 4.0]), np.array([0, 0, 1]), np.array([0, 1, 1]))
        >>> {name: round(value, 3) for name, value in found.items()}
        {'nats': 0.924, 'accuracy': 0.667, 'macro-f1': 0.667}
    """
    classes = 1 + int(max(guesses.max(), y.max()))
    right = np.bincount(y[guesses == y], minlength=classes)
    named, there = (np.bincount(each, minlength=classes) for each in (guesses, y))
    accuracy = float(np.mean(guesses == y))
    return {"nats": float(nats.mean()), "accuracy": accuracy, "macro-f1": macro_f1(right, named, there)}


def macro_f1(right: Float[np.ndarray, "K"], named: Float[np.ndarray, "K"], there: Float[np.ndarray, "K"]) -> float:
    """Return the mean over classes of F1 = 2 right / (named + there), of those that occur or were named.

    Args:
        right: how often each class was named and right.
        named: how often each was named.
        there: how often each occurs.

    Raises:
        InputError: where no class occurs.

    Example:
        >>> macro_f1(np.array([1, 1, 0]), np.array([2, 1, 0]), np.array([1, 2, 0]))
        0.6666666666666666
    """
    known = named + there > 0
    if not known.any():
        raise InputError("there: expected a class that occurs, got none")
    return float(np.mean(2 * right[known] / (named + there)[known]))
