"""Forecasts of a few test sequences beside what came, in the user's units: what a plot of them needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from gatedrnn.tasks.facts import said
from gatedrnn.tasks.objectives import bounded_log_scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jaxtyping import Bool, Float

    from gatedrnn.comparison.schema.measures import BaselineForecast, CellForecast, ForecastEntry
    from gatedrnn.tasks.parts import FinalTest, Recording
    from gatedrnn.tasks.simple_models import FittedBaseline, Forecasts

MOST_SEQUENCES, MOST_STEPS, MOST_HISTORY = 3, 200, 100
DIGITS = 6
"""Significant ones of what is kept: a plot shows no more."""


class Shown(NamedTuple):
    """What is shown of one recording.

    Attributes:
        recording: the series that the forecast is of, with its past.
        place: how many scored steps of the part stand before its own.
        steps: how many of its scored steps are shown.
    """

    recording: Recording
    place: int
    steps: int


def shown_of(recordings: tuple[Recording, ...]) -> list[Shown]:
    """Return the first few recordings, and the first steps of each that are scored.

    Example:
        >>> from gatedrnn.tasks.parts import Recording
        >>> y = np.zeros((9, 1))
        >>> [(one.place, one.steps) for one in shown_of((Recording(y, y, 4, 1), Recording(y, y, 0, 1)))]
        [(0, 4), (4, 8)]
    """
    counts = [len(one.y) - one.ahead - one.first for one in recordings]
    places = np.cumsum(counts) - counts
    return [
        Shown(one, int(place), min(count, MOST_STEPS))
        for one, place, count in zip(recordings, places, counts, strict=True)
    ][:MOST_SEQUENCES]


def forecast_entries(
    test: FinalTest,
    targets: tuple[str, ...],
    outputs: Mapping[str, Float[np.ndarray, "B T 2D"]],
    best: FittedBaseline | None,
) -> list[ForecastEntry]:
    """Return forecasts of the first target of a few sequences, by every cell and the strongest baseline.

    An empty list where the test has no recordings, numbers are not forecast but found for the same step, or sequences
    are no windows of the recordings in their order.

    Args:
        test: the test of a split.
        targets: names of the targets.
        outputs: what each cell's head gives for each sequence of the test.
        best: the strongest simple baseline, fitted to the same split; None where there is none.
    """
    if not test.recordings or test.recordings[0].ahead == 0 or test.scale is None or not targets:
        return []
    scored = np.asarray(test.batch.scored()).T
    truth = np.swapaxes(np.asarray(test.batch.y, np.float64), 0, 1)[scored] * test.scale.deviation + test.scale.mean
    cells = {name: _gaussian(of_cell, scored, test) for name, of_cell in outputs.items()}
    forecast = None if best is None else best.forecast
    baseline = None if forecast is None else forecast(test.recordings[:MOST_SEQUENCES])
    entries = []
    for k, shown in enumerate(shown_of(test.recordings)):
        one, rows = shown.recording, slice(shown.place, shown.place + shown.steps)
        first = one.first + one.ahead
        came = one.y[first : first + shown.steps]
        if len(truth[rows]) != len(came) or not np.allclose(truth[rows], came, rtol=1e-3, atol=1e-3 * test.scale.unit):
            return []
        before = max(0, first - MOST_HISTORY)
        entries.append(
            {
                "sequence": one.name or f"test sequence {k + 1}",
                "target": targets[0],
                "time": _times(one, before, first + shown.steps),
                "history": _rounded(one.y[before:first, 0]),
                "truth": _rounded(came[:, 0]),
                "cells": {name: _of_cell(mean[rows], deviation[rows]) for name, (mean, deviation) in cells.items()},
                "baseline": None
                if best is None or baseline is None
                else _of_baseline(best.name, baseline[k], shown.steps),
            }
        )
    return entries


def _times(one: Recording, start: int, stop: int) -> list[float | str]:
    """Return when steps were, dates as text; without times these are counted."""
    if one.times is None:
        return [*range(start, stop)]
    times = one.times[start:stop]
    return [said(time) for time in times] if times.dtype.kind == "M" else times.astype(float).tolist()


def _gaussian(
    outputs: Float[np.ndarray, "B T 2D"], scored: Bool[np.ndarray, "B T"], test: FinalTest
) -> tuple[Float[np.ndarray, "N D"], Float[np.ndarray, "N D"]]:
    """Return mean and deviation of each scored step, in the user's units."""
    assert test.scale is not None
    mean, raw = np.split(outputs[scored], 2, axis=-1)
    deviation = np.exp(np.asarray(bounded_log_scale(jnp.asarray(raw)), np.float64))
    return mean * test.scale.deviation + test.scale.mean, deviation * test.scale.deviation


def _of_cell(mean: Float[np.ndarray, "N D"], deviation: Float[np.ndarray, "N D"]) -> CellForecast:
    return {"mean": _rounded(mean[:, 0]), "deviation": _rounded(deviation[:, 0])}


def _of_baseline(name: str, found: Forecasts, steps: int) -> BaselineForecast:
    return {"name": name, "mean": _rounded(found.mean[:steps, 0])}


def _rounded(values: Float[np.ndarray, "N"]) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values]
