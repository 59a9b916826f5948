"""Metrics in the words of a verdict: what a score is followed by, what it is called, what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from gatedrnn.experiment.reckoning import MetricEntry
    from gatedrnn.tasks.metrics import Deciding


def short(name: Deciding) -> str:
    """Return what a metric is called in a headline.

    Example:
        >>> short("rmse"), short("macro-f1")
        ('RMSE', 'macro F1')
    """
    match name:
        case "rmse" | "mae" | "mase":
            return name.upper()
        case "macro-f1":
            return "macro F1"
        case "nats" | "accuracy":
            return name
        case _:
            assert_never(name)


def unit_in_words(metric: MetricEntry) -> str:
    """Return what follows a score in a sentence.

    Example:
        >>> unit_in_words({"name": "rmse", "words": "root mean squared error", "unit": "Passengers"})
        'Passengers (RMSE)'
    """
    match metric["name"]:
        case "rmse" | "mae":
            return f"{metric['unit']} ({short(metric['name'])})"
        case "mase" | "nats" | "accuracy" | "macro-f1":
            return metric["unit"]
        case _:
            assert_never(metric["name"])


def looks_at(name: Deciding) -> str:
    """Return in a clause what a metric rewards, so that a reader can tell which one is meant."""
    match name:
        case "nats":
            return "nats look at the whole distribution, and reward a model that knows how far off it may be"
        case "rmse":
            return "RMSE looks at the point forecast alone, and at large errors most"
        case "mae" | "mase":
            return f"{short(name)} looks at the point forecast alone, at all errors alike"
        case "accuracy":
            return "accuracy looks at the likeliest class alone"
        case "macro-f1":
            return "macro F1 looks at the likeliest class alone, and at rare classes as much as at common ones"
        case _:
            assert_never(name)
