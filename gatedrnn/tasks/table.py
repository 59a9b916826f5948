"""A table in long form, a row for each step, as sequences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import columns
from gatedrnn.tasks.sequences import Sequences

if TYPE_CHECKING:
    from jaxtyping import Int

    from gatedrnn.tasks.columns import Columns, Labels
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.task import Kind


class Roles(NamedTuple):
    """What is asked of a table, and what the network reads of it; a kind of None is that of some class."""

    kind: Kind | None
    features: tuple[str, ...]
    targets: tuple[str, ...]


class Rows(NamedTuple):
    """Rows sequence by sequence: their order, None where they are in it; steps and names of the sequences."""

    order: Int[np.ndarray, "N"] | None
    lengths: Int[np.ndarray, "B"]
    names: tuple[str, ...]

    def sort(self, column: np.ndarray) -> np.ndarray:
        """Return a column in this order."""
        return column if self.order is None else column[self.order]

    @property
    def firsts(self) -> Int[np.ndarray, "B"]:
        """Return the first row of each sequence."""
        return np.cumsum(self.lengths) - self.lengths


def read_table(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read a table in long form, CSV or Parquet; rows of a group may lie apart, in the order of time.

    Raises:
        InputError: where a column is unknown or of another type, a value missing, time not ascending, or a row double.
        MissingPackageError: where pyarrow is missing.
    """
    roles = _roles(columns.types(path), question)
    as_numbers = roles.kind in ("forecast", "step-regression")
    named = (question.group, question.split, *(() if as_numbers else roles.targets))
    table = columns.read(
        path,
        numbers=tuple(dict.fromkeys((*roles.features, *(roles.targets if as_numbers else ())))),
        labels=tuple(dict.fromkeys(name for name in named if name)),
        time=question.time,
    )
    rows = _rows(table.labels[question.group] if question.group else None, table.rows)
    if question.time:
        _check_time(rows, rows.sort(table.times), question.time)
    kind, y, classes = _targets(table, rows, roles)
    x = np.empty((table.rows, len(roles.features)))
    for j, name in enumerate(roles.features):
        x[:, j] = rows.sort(table.take(name))
    parts = _parts(table.labels[question.split], rows, question.split) if question.split else None
    return Sequences(x, rows.lengths, y, roles.features, roles.targets, classes, rows.names, parts=parts), kind


def _roles(types: dict[str, str], question: Question) -> Roles:
    named = [question.group, question.time, question.split, *question.target, *question.features]
    unknown = [name for name in named if name is not None and name not in types]
    if unknown:
        raise InputError(f"columns: expected some of {', '.join(types)}; got {', '.join(unknown)}")
    kind = question.kind or ("forecast" if question.horizon is not None or not question.target else None)
    if kind == "next-token":
        raise InputError("kind: expected another one for a table, got next-token; give a .txt, or tokens in an .npz")
    if kind != "forecast" and not question.target:
        raise InputError(f"target: expected a column, as the kind is {kind}; got none")
    if kind is None and all(types[name] == "number" for name in question.target):
        kind = "step-regression"
    if kind not in ("forecast", "step-regression") and len(question.target) > 1:
        raise InputError(f"target: expected one column of classes, got {', '.join(question.target)}")
    if question.time is not None and types[question.time] == "text":
        raise InputError(f"time: expected numbers or dates such as 2026-01-31 12:00, got text in {question.time!r}")
    others = {question.group, question.time, question.split, *(question.target if kind != "forecast" else ())}
    features = question.features or tuple(name for name in types if name not in others)
    if kind == "forecast":
        features = tuple(dict.fromkeys((*features, *question.target)))
    both = [] if kind == "forecast" else [name for name in features if name in question.target]
    if both:
        raise InputError(f"features: expected columns that are no target, got {', '.join(both)}")
    if not features:
        raise InputError("features: expected at least one column that the network reads, got none")
    numbers = (*features, *(question.target if kind in ("forecast", "step-regression") else ()))
    for name in numbers:
        if types[name] not in ("number", "whole"):
            raise InputError(
                f"column {name!r}: expected numbers, got {types[name]}; give it a role (group, time, target, split), "
                "or name the columns to read with features"
            )
    return Roles(kind, features, question.target)


def _rows(group: Labels | None, count: int) -> Rows:
    if group is None:
        return Rows(None, np.array([count]), ())
    ordered = (np.diff(group.codes) >= 0).all()
    lengths = np.bincount(group.codes)
    return Rows(None if ordered else np.argsort(group.codes, kind="stable"), lengths, group.values)


def _check_time(rows: Rows, times: np.ndarray, name: str) -> None:
    step = np.diff(times) > 0
    step[rows.firsts[1:] - 1] = True
    if step.all():
        return
    row = int(np.flatnonzero(~step)[0]) + 1
    sequence = int(np.searchsorted(np.cumsum(rows.lengths), row, side="right"))
    where = f" in group {rows.names[sequence]!r}" if rows.names else ""
    at = f"at step {row - int(rows.firsts[sequence])}{where}"
    if times[row] == times[row - 1]:
        hint = "leave out double rows" if rows.names else "leave out double rows, or name the column of groups"
        raise InputError(f"time: expected each value of {name!r} once, got one twice {at}; {hint}")
    if np.isnan(times[row - 1 : row + 1]).any():
        raise InputError(f"time: expected a value of {name!r} in each row, got none {at}; fill it in")
    hint = "" if rows.names else ", or name the column of groups"
    raise InputError(f"time: expected {name!r} to ascend, got an earlier one {at}; sort rows by time{hint}")


def _targets(table: Columns, rows: Rows, roles: Roles) -> tuple[Kind, Any, tuple[str, ...]]:
    if roles.kind == "forecast":
        return "forecast", None, ()
    if roles.kind == "step-regression":
        y = [rows.sort(table.take(name)) for name in roles.targets]
        return "step-regression", np.stack(y, axis=1), ()
    codes, values = table.labels[roles.targets[0]]
    order = np.array(sorted(range(len(values)), key=lambda k: _natural(values[k])))
    y = rows.sort(np.argsort(order).astype(np.int32)[codes])
    classes = tuple(values[k] for k in order)
    of_sequences = y[rows.firsts]
    same = bool((np.repeat(of_sequences, rows.lengths) == y).all())
    kind = roles.kind or ("classification" if same and rows.names else "step-classification")
    if kind == "classification" and not same:
        raise InputError(
            f"target: expected the same class {roles.targets[0]!r} in all rows of a group, got several; ask for the "
            "kind step-classification, or name the column of groups"
        )
    return kind, of_sequences if kind == "classification" else y, classes


def _natural(value: str) -> tuple[bool, float, str]:
    """Order numbers by size, before text."""
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def _parts(split: Labels, rows: Rows, name: str) -> np.ndarray:
    codes = rows.sort(split.codes)
    if (np.repeat(codes[rows.firsts], rows.lengths) != codes).any():
        raise InputError(f"split: expected the same in all rows of a group, got several in column {name!r}")
    return np.array(split.values)[codes[rows.firsts]]
