"""Time series with classes as the UCR and UEA archives publish them: .ts files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.table import numbered

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.task import Kind


def read_ts(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read a .ts file: a series a line, its dimensions parted by colons, numbers by commas, the class at its end.

    .. code-block:: text

        @classLabel true up down
        @data
        1.0,2.0,3.0:0.1,0.2,0.3:up

    ``?`` is a number that is missing: at the end of a series it is none of its steps, elsewhere it is refused. All
    dimensions of a series have equally many steps; series need not.

    Raises:
        InputError: where it is no such file, a line is unlike others, or another kind or a column is asked for.
    """
    question.refuse_columns("a .ts file")
    try:
        classes, series, labels = _parsed(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"expected a .ts file in UTF-8, got other bytes ({error.reason}); save it as UTF-8") from error
    forecast = not classes or question.kind == "forecast" or question.horizon is not None
    if question.kind not in (None, "forecast" if forecast else "classification"):
        raise InputError(
            f"kind: expected {'forecast' if forecast else 'classification or forecast'}, got {question.kind}"
        )
    names = tuple(f"x{k}" for k in range(series[0].shape[1]))
    x, lengths = np.concatenate(series), np.array([len(one) for one in series])
    if forecast:
        return Sequences(x, lengths, None, names), "forecast"
    known = tuple(dict.fromkeys(labels))
    y, called = numbered(np.array([known.index(label) for label in labels]), known)
    return Sequences(x, lengths, y, names, (), called), "classification"


def _parsed(text: str) -> tuple[tuple[str, ...], list[Float[np.ndarray, "T I"]], list[str]]:
    """Return the classes that are declared, and the numbers and class of each series."""
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    said: dict[str, list[str]] = {}
    for _, line in lines:
        word, *rest = line.split() or [""]
        said[word.lower()] = rest
        if word.lower() == "@data":
            break
    if "@data" not in said:
        raise InputError("expected a .ts file with a line of @data, got another")
    if said.get("@timestamps", ["false"])[0].lower() == "true":
        raise InputError("@timeStamps: expected false, got true; write the numbers alone, evenly spaced")
    declared = said.get("@classlabel", ["false"])
    classes = tuple(declared[1:]) if declared[0].lower() == "true" else ()
    series, labels = [], []
    for number, line in lines:
        if line and not line.startswith(("#", "%")):
            *dimensions, last = line.split(":")
            if classes and last.strip() not in classes:
                raise InputError(f"line {number:,}: expected one of the classes {', '.join(classes)}, got {last!r}")
            labels.append(last.strip())
            series.append(_numbers(dimensions if classes else [*dimensions, last], number))
            if series[-1].shape[1] != series[0].shape[1]:
                raise InputError(
                    f"line {number:,}: expected {series[0].shape[1]} dimensions, got {series[-1].shape[1]}"
                )
    if not series:
        raise InputError("expected series after @data, got none")
    return classes, series, labels


def _numbers(dimensions: list[str], line: int) -> Float[np.ndarray, "T I"]:
    """Return the numbers of a series, without the steps at its end at which all are missing."""
    try:
        columns = [[float("nan" if cell.strip() == "?" else cell) for cell in one.split(",")] for one in dimensions]
    except ValueError as error:
        raise InputError(f"line {line:,}: expected numbers between commas, got other text ({error})") from error
    if len({len(column) for column in columns}) != 1:
        steps = ", ".join(str(len(column)) for column in columns)
        raise InputError(f"line {line:,}: expected equally many steps in each dimension, got {steps}")
    x = np.array(columns).T
    there = np.flatnonzero(~np.isnan(x).all(axis=1))
    return x[: there[-1] + 1 if len(there) else 0]
