"""A file of raw data in, a table of predictions out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.predict.horizon import target_times
from gatedrnn.predict.paths import ahead
from gatedrnn.predict.read import read
from gatedrnn.tasks.facts import said
from gatedrnn.tasks.metrics import COVERAGES
from gatedrnn.tasks.plain import cell

with needed("predictions need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy.special import ndtr

if TYPE_CHECKING:
    from gatedrnn.predict.model import Model, Prediction
    from gatedrnn.tasks.sequences import Sequences

INTERVALS = {
    f"{level} % {end}": sign * COVERAGES[f"coverage-{level}"]
    for level in (50, 90)
    for end, sign in (("low", -1), ("high", 1))
}
"""Ends of central intervals, in deviations from the mean."""


def predict_file(
    model: Model,
    path: Path,
    to: TextIO,
    *,
    group: str | None = None,
    time: str | None = None,
    horizon: int | None = None,
) -> None:
    """Write a table of predictions as CSV: a row for each sequence that gets a class, else for each step.

    With a horizon, a row for each of so many steps after the last one of each sequence.

    Args:
        model: the network that predicts.
        path: a file of the kind that the comparison read; targets in it are not looked at.
        to: where the table goes.
        group: column of a table that says which sequence a row belongs to; None: that of the comparison.
        time: column that ascends within each group; None: that of the comparison.
        horizon: steps after the last row that are forecast, each from the forecasts before it; None: each row's own
            forecast, as far ahead as the network was trained to.

    Raises:
        InputError: where the file is unfit; says what to do.
    """
    data = read(model, path, {"group": group, "time": time})
    columns = int(data.lengths.max())
    padded = np.zeros((columns, len(data.lengths), *data.x.shape[1:]), data.x.dtype)
    for k, (start, length) in enumerate(zip(data.starts, data.lengths, strict=True)):
        padded[:length, k] = data.x[start : start + length]
    table = csv.writer(to, lineterminator="\n")
    found = (
        _rows(model, model.predict(padded, data.lengths), data)
        if horizon is None
        else _rows_ahead(model, padded, data, horizon)
    )
    table.writerows([cell(one) if isinstance(one, str) else one for one in row] for row in found)


def _rows_ahead(model: Model, padded: np.ndarray, data: Sequences, horizon: int) -> Iterator[list[Any]]:
    """Yield the head of a table of paths, and its rows: from the last row of each sequence on."""
    found = ahead(model, padded, data.lengths, horizon, tuple(float(ndtr(z)) for z in INTERVALS.values()))
    yield ["sequence", "step", *_when(data, forecast=True), *_heads_of_numbers(model.config["targets"])]
    for k, (name, times) in enumerate(zip(_names(data), _times(data), strict=True)):
        last = len(times) - 1
        stamps = [] if data.times is None else [said(times[last])]
        for h in range(horizon):
            numbers = [found.mean[h, k], found.deviation[h, k], *found.quantiles[:, h, k]]
            yield [name, last, *stamps, _later(data, times, h + 1)[last], *_shown_numbers(numbers)]


def _names(data: Sequences) -> tuple[str, ...]:
    return data.labels or tuple(str(k) for k in range(len(data.lengths)))


def _times(data: Sequences) -> list[np.ndarray]:
    """Return the times of each sequence's steps; without any, their numbers."""
    if data.times is None:
        return [np.arange(length, dtype=float) for length in data.lengths]
    return np.split(data.times, data.starts[1:])


def _later(data: Sequences, times: np.ndarray, horizon: int) -> list[str]:
    """Return in words when it is so many steps after each row; nothing where nobody knows."""
    later = times + horizon if data.times is None else target_times(times, horizon)
    return ["" if one != one else said(one) for one in later]  # neither NaN nor NaT is itself


def _when(data: Sequences, *, forecast: bool) -> list[str]:
    """Return what the columns are called that say when a row is, and what it is about."""
    timed = data.times is not None
    return [*(["time"] if timed else []), *(["target time" if timed else "target step"] if forecast else [])]


def _rows(model: Model, found: Prediction, data: Sequences) -> Iterator[list[Any]]:
    """Yield the head of the table, and its rows."""
    classes = model.config["classes"]
    if model.config["kind"] == "classification" and found.probabilities is not None:
        yield ["sequence", "predicted", *(f"p({name})" for name in classes)]
        for name, row in zip(_names(data), found.probabilities, strict=True):
            yield [name, classes[int(row.argmax())], *_shown(row)]
        return
    horizon = model.config["horizon"] if found.mean is not None else None
    yield ["sequence", "step", *_when(data, forecast=horizon is not None), *_heads(model, found)]
    for k, (name, times) in enumerate(zip(_names(data), _times(data), strict=True)):
        later = None if horizon is None else _later(data, times, horizon)
        for t in range(len(times)):
            stamps = [] if data.times is None else [said(times[t])]
            stamps += [] if later is None else [later[t]]
            yield [name, t, *stamps, *_of_step(model, found, t, k)]


def _heads(model: Model, found: Prediction) -> list[str]:
    """Return what the columns of a step are called."""
    if found.mean is not None:
        return _heads_of_numbers(model.config["targets"] or [f"y{d}" for d in range(found.mean.shape[-1])])
    if model.config["kind"] == "multi-label":
        return [f"p({d})" for d in range(model.config["out_dim"])]
    return ["predicted", "probability"]


def _heads_of_numbers(targets: list[str]) -> list[str]:
    return [f"{name} {part}" for name in targets for part in ("mean", "deviation", *INTERVALS)]


def _of_step(model: Model, found: Prediction, t: int, k: int) -> list[Any]:
    if found.mean is not None and found.deviation is not None:
        mean, deviation = found.mean[t, k], found.deviation[t, k]
        return _shown_numbers([mean, deviation, *(mean + z * deviation for z in INTERVALS.values())])
    assert found.probabilities is not None
    row = found.probabilities[t, k]
    if model.config["kind"] == "multi-label":
        return _shown(row)
    best = int(row.argmax())
    return [model.config["classes"][best], *_shown(row[best : best + 1])]


def _shown(row: np.ndarray) -> list[str]:
    return [f"{value:.9g}" for value in row]


def _shown_numbers(numbers: list[np.ndarray]) -> list[str]:
    """Return mean, deviation and ends of each target: nine digits, of large means as many as show the deviation."""
    cells = []
    for mean, deviation, *ends in np.stack(numbers, axis=-1):
        beside = abs(mean) / deviation if deviation > 0 else 1.0
        digits = int(np.clip(9 + np.floor(np.log10(max(beside, 1e4))) - 4, 9, 17))
        cells += [f"{mean:.{digits}g}", f"{deviation:.9g}", *(f"{end:.{digits}g}" for end in ends)]
    return cells
