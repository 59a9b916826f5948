"""What results.json holds of metrics and of numbers: what a score is, whether a test left training, forecasts."""

from __future__ import annotations

from typing import TypedDict

from gatedrnn.tasks.metrics import Deciding


class MetricEntry(TypedDict):
    """What scores are reckoned in."""

    name: Deciding
    """As ``--metric`` has it."""
    words: str
    """The name in words."""
    unit: str
    """Of a score: a target's own unit goes by its name; ``deviations`` with several targets."""


class RangeEntry(TypedDict):
    """Whether the test stays where training was, for one target in the user's units."""

    target: str
    low: float
    high: float
    """Least and largest value of the first replicate's training part."""
    test_low: float
    test_high: float
    """Likewise of the test part."""
    outside: float
    """Part of the test's values below the least or above the largest of training."""


class CellForecast(TypedDict):
    """What a cell forecasts, in the user's units."""

    mean: list[float]
    deviation: list[float]


class BaselineForecast(TypedDict):
    """What the strongest simple baseline forecasts, in the user's units."""

    name: str
    mean: list[float]


class ForecastEntry(TypedDict):
    """Forecasts of one sequence of the test beside what came, by the first replicate's networks."""

    sequence: str
    target: str
    time: list[float | str]
    """Of ``history`` and then of ``truth``."""
    history: list[float]
    """What stands before."""
    truth: list[float]
    """What is forecast."""
    cells: dict[str, CellForecast]
    """By name, for each of ``truth``."""
    baseline: BaselineForecast | None
    """Likewise; None where it forecasts no recordings."""
