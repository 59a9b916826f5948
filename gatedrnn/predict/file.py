"""A file of raw data in, a table of predictions out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from gatedrnn.predict.horizon import target_times
from gatedrnn.predict.read import read
from gatedrnn.tasks.facts import said
from gatedrnn.tasks.metrics import COVERAGES

if TYPE_CHECKING:
    from gatedrnn.predict.model import Model, Prediction
    from gatedrnn.tasks.sequences import Sequences

INTERVALS = {
    f"{level} % {end}": sign * COVERAGES[f"coverage-{level}"]
    for level in (50, 90)
    for end, sign in (("low", -1), ("high", 1))
}
"""Ends of central intervals, in deviations from the mean."""


def predict_file(model: Model, path: Path, to: TextIO, *, group: str | None = None, time: str | None = None) -> None:
    """Write a table of predictions as CSV: a row for each sequence that gets a class, else for each step.

    Args:
        model: the network that predicts.
        path: a file of the kind that the comparison read; targets in it are not looked at.
        to: where the table goes.
        group: column of a table that says which sequence a row belongs to; None: that of the comparison.
        time: column that ascends within each group; None: that of the comparison.

    Raises:
        InputError: where the file is unfit; says what to do.
    """
    data = read(model, path, {"group": group, "time": time})
    columns = int(data.lengths.max())
    padded = np.zeros((columns, len(data.lengths), *data.x.shape[1:]), data.x.dtype)
    for k, (start, length) in enumerate(zip(data.starts, data.lengths, strict=True)):
        padded[:length, k] = data.x[start : start + length]
    found = model.predict(padded, data.lengths)
    table = csv.writer(to, lineterminator="\n")
    table.writerows(_rows(model, found, data))


def _rows(model: Model, found: Prediction, data: Sequences) -> Iterator[list[Any]]:
    """Yield the head of the table, and its rows."""
    names = data.labels or tuple(str(k) for k in range(len(data.lengths)))
    classes = model.config["classes"]
    if model.config["kind"] == "classification" and found.probabilities is not None:
        yield ["sequence", "predicted", *(f"p({name})" for name in classes)]
        for name, row in zip(names, found.probabilities, strict=True):
            yield [name, classes[int(row.argmax())], *_shown(row)]
        return
    timed = data.times is not None
    ahead = model.config.get("horizon") if found.mean is not None else None
    when = [*(["time"] if timed else []), *(["target time" if timed else "target step"] if ahead else [])]
    yield ["sequence", "step", *when, *_heads(model, found)]
    for k, (name, start, length) in enumerate(zip(names, data.starts, data.lengths, strict=True)):
        times = None if data.times is None else data.times[start : start + length]
        about = np.arange(length) if times is None else times
        later = target_times(about, ahead) if ahead else None
        for t in range(int(length)):
            stamps = [] if times is None else [said(times[t])]
            stamps += [] if later is None else [said(later[t])]
            yield [name, t, *stamps, *_of_step(model, found, t, k)]


def _heads(model: Model, found: Prediction) -> list[str]:
    """Return what the columns of a step are called."""
    if found.mean is not None:
        names = model.config["targets"] or [f"y{d}" for d in range(found.mean.shape[-1])]
        return [f"{name} {part}" for name in names for part in ("mean", "deviation", *INTERVALS)]
    if model.config["kind"] == "multi-label":
        return [f"p({d})" for d in range(model.config["out_dim"])]
    return ["predicted", "probability"]


def _of_step(model: Model, found: Prediction, t: int, k: int) -> list[Any]:
    if found.mean is not None and found.deviation is not None:
        mean, deviation = found.mean[t, k], found.deviation[t, k]
        ends = [mean + z * deviation for z in INTERVALS.values()]
        return _shown(np.stack([mean, deviation, *ends], axis=-1).ravel())
    assert found.probabilities is not None
    row = found.probabilities[t, k]
    if model.config["kind"] == "multi-label":
        return _shown(row)
    best = int(row.argmax())
    return [model.config["classes"][best], *_shown(row[best : best + 1])]


def _shown(row: np.ndarray) -> list[str]:
    return [f"{value:.6g}" for value in row]
