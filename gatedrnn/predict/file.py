"""A file of raw data in, a table of predictions out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.predict.horizon import target_times
from gatedrnn.tasks.arrays import KEYS, from_arrays, open_npz
from gatedrnn.tasks.facts import said
from gatedrnn.tasks.files import READERS, ending
from gatedrnn.tasks.metrics import COVERAGES
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table
from gatedrnn.tasks.text import read_text

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
        group: column of a table that says which sequence a row belongs to.
        time: column that ascends within each group.

    Raises:
        InputError: where the file is unfit; says what to do.
    """
    data = read(model, path, group, time)
    columns = int(data.lengths.max())
    padded = np.zeros((columns, len(data.lengths), *data.x.shape[1:]), data.x.dtype)
    for k, (start, length) in enumerate(zip(data.starts, data.lengths, strict=True)):
        padded[:length, k] = data.x[start : start + length]
    found = model.predict(padded, data.lengths)
    table = csv.writer(to, lineterminator="\n")
    table.writerows(_rows(model, found, data))


def read(model: Model, path: Path, group: str | None, time: str | None) -> Sequences:
    """Return what a file holds of the network's inputs.

    Raises:
        InputError: where it lacks some, or has others.
    """
    if not ending(path) or not path.is_file():
        raise InputError(f"file: expected one that exists and ends in {', '.join(READERS)}, got {str(path)!r}")
    try:
        return _read(model, path, group, time)
    except MissingPackageError:
        raise  # it is not about this file
    except (InputError, OSError) as error:
        raise InputError(f"{path.name}: {error}") from error


def _read(model: Model, path: Path, group: str | None, time: str | None) -> Sequences:
    tokens, features = model.config["kind"] == "next-token", tuple(model.config["features"])
    if path.suffix.lower() == ".txt":
        data, _ = read_text(path, Question())
    elif path.suffix.lower() == ".npz":
        with open_npz(path) as file:
            held = {key: file[key] for key in file.files if key in KEYS and key not in ("y", "groups", "split")}
        if "x" not in held:
            raise InputError("keys: expected x, got none")
        data, _ = from_arrays(held, Question(kind="next-token" if tokens else "forecast"))
    else:
        data, _ = read_table(path, Question(kind="forecast", group=group, time=time, features=features))
    if tokens != (data.x.ndim == 1) or (not tokens and data.x.shape[-1] != model.config["in_dim"]):
        wanted = "tokens" if tokens else f"{model.config['in_dim']} features ({', '.join(features)})"
        got = "tokens" if data.x.ndim == 1 else f"{data.x.shape[-1]} features"
        raise InputError(f"expected {wanted}, got {got}")
    if tokens:
        return _same_tokens(data, model.config["classes"])
    if not np.isfinite(data.x).all():
        raise InputError("expected finite numbers, got some missing or infinite; fill them in")
    return data


def _same_tokens(data: Sequences, classes: list[str]) -> Sequences:
    """Return tokens as the network counts them."""
    unknown = [name for name in data.classes if name not in classes]
    if unknown:
        raise InputError(f"tokens: expected those of the training data, got {', '.join(map(repr, unknown))} as well")
    numbers = np.array([classes.index(name) for name in data.classes], np.int32)
    return type(data)(numbers[data.x], data.lengths, classes=tuple(classes), labels=data.labels)


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
