"""What results.json holds of numbers: whether a test left the range of training, and forecasts."""

from __future__ import annotations

from typing import TypedDict


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


class SharesEntry(TypedDict):
    """How often each class comes in the first replicate's training part and in the test."""

    classes: list[str]
    """By their names."""
    known: list[float]
    """Part of the training part's targets that each class has."""
    test: list[float]
    """Likewise of the test."""
    apart: float
    """Total variation distance of the two: half the sum of their differences."""
    chance: float
    """What that would be in the mean, were both drawn alike."""


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
