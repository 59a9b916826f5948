"""A table in long form, a row for each step, as sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import columns
from gatedrnn.tasks.dates import said_of, starts_with_day
from gatedrnn.tasks.given import given
from gatedrnn.tasks.guesses import check_stray, guess
from gatedrnn.tasks.inputs import inputs
from gatedrnn.tasks.missing import fill
from gatedrnn.tasks.rows import rows_of
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.time_column import NUMBERS, spells_dates
from gatedrnn.tasks.timing import check_ascends, spacing, times_of_text

if TYPE_CHECKING:
    from gatedrnn.tasks.columns import Columns
    from gatedrnn.tasks.guesses import Roles
    from gatedrnn.tasks.profile import Profile
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.rows import Rows
    from gatedrnn.tasks.source import Source
    from gatedrnn.tasks.task import Kind


def read_long(source: Source, looks: dict[str, Profile], question: Question) -> tuple[Sequences, Kind]:
    """Read a table in long form; rows of a group may lie apart, in the order of time.

    Args:
        source: where the table comes from.
        looks: the profiles of the table's columns.
        question: what is asked of the table.

    Raises:
        InputError: where a column is unknown or of another type, a value missing, time not ascending, or a row double.
        MissingPackageError: where pandas is missing, and dates are text.
    """
    roles = guess(looks, question, source)
    numbers = [name for name in roles.features if looks[name].type in NUMBERS]
    sought = list(roles.targets) if roles.kind == "step-regression" else []
    table = _read(source, looks, roles, question, tuple(dict.fromkeys((*numbers, *sought))))
    rows = rows_of(table.labels[question.group] if question.group is not None else None, table.rows)
    times, written = _times(table, looks, roles, question, source)
    if times is not None and roles.time is not None:
        check_ascends(rows, rows.sort(times), roles.time)
    x = np.empty((table.rows, len(numbers) + len(sought)), columns.exact(source, [*numbers, *sought]))
    for j, name in enumerate((*numbers, *sought)):
        x[:, j] = rows.sort(table.take(name))
    filled = fill(x, [*numbers, *sought], rows, question, source)
    invented = [name for name in sought if name in filled.masks]
    if invented:
        raise InputError(f"fill: expected drop, as the target {invented[0]!r} is missing in places, got forward")
    texts = {name: table.labels[name] for name in roles.features if name not in numbers}
    read, names = inputs(filled.x[:, : len(numbers)], numbers, filled.masks, texts, rows, question.features)
    y = filled.x[:, len(numbers) :] if sought else None
    if filled.kept is not None:
        read, y, rows = read[filled.kept], y if y is None else y[filled.kept], rows.keep(filled.kept)
    kind, y, classes = ("step-regression", y, ()) if sought else _targets(table, rows, roles)
    times = None if times is None else rows.sort(times)
    parts, cuts = (None, None) if question.split is None else given(table.labels[question.split], rows, question.split)
    if cuts is not None and kind == "classification":
        raise InputError("split: expected the same in all rows of a group, as each has one class, got several")
    spaced = [] if times is None else spacing(rows, times)
    data = Sequences(
        read,
        rows.lengths,
        y,
        names,
        roles.targets if roles.targets or kind != "forecast" or list(names) == numbers else tuple(numbers),
        classes,
        rows.names,
        parts=parts,
        cuts=cuts,
        notes=(*source.notes, *roles.notes, *said_of(written), *spaced, *filled.notes),
        times=times,
        time_name=roles.time,
        day_first=starts_with_day(written),
    )
    return data, kind


def _read(
    source: Source, looks: dict[str, Profile], roles: Roles, question: Question, numbers: tuple[str, ...]
) -> Columns:
    """Read the columns of a table that have a role."""
    texts = [name for name in roles.features if looks[name].type not in NUMBERS]
    classes = roles.targets if roles.kind not in ("forecast", "step-regression") else ()
    of_text = roles.time is not None and _spelled(looks[roles.time])
    named = [question.group, question.split, *classes, *texts, *([roles.time] if of_text else [])]
    return columns.read(
        source,
        numbers=numbers,
        labels=tuple(dict.fromkeys(name for name in named if name is not None)),
        gaps=tuple(texts),
        time=None if of_text else roles.time,
    )


def _times(
    table: Columns, looks: dict[str, Profile], roles: Roles, question: Question, source: Source
) -> tuple[np.ndarray | None, str]:
    """Return when each row was, in the order of the table, and how that is written where it is text."""
    if roles.time is None:
        return None, ""
    if not _spelled(looks[roles.time]):
        return table.times, ""
    if looks[roles.time].type == "text":
        check_stray(roles.time, looks[roles.time], source)
    return times_of_text(table.labels[roles.time], roles.time, source, question.day_first)


def _spelled(one: Profile) -> bool:
    """Return whether times have to be read from text: all text, and whole numbers such as 20260131."""
    return one.type == "text" or (one.type in NUMBERS and spells_dates(one))


def _targets(table: Columns, rows: Rows, roles: Roles) -> tuple[Kind, Any, tuple[str, ...]]:
    if roles.kind == "forecast":
        return "forecast", None, ()
    codes, values = table.labels[roles.targets[0]]
    y, classes = numbered(rows.sort(codes), values)
    of_sequences = y[rows.firsts]
    same = bool((np.repeat(of_sequences, rows.lengths) == y).all())
    kind = roles.kind or ("classification" if same and rows.names else "step-classification")
    if kind == "classification" and not same:
        raise InputError(
            f"target: expected the same class {roles.targets[0]!r} in all rows of a group, got several; ask for the "
            "kind step-classification, or name the column of groups"
        )
    return kind, of_sequences if kind == "classification" else y, classes


def numbered(codes: np.ndarray, values: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return classes counted in their order, numbers by size and before text, and their names.

    Example:
        >>> numbered(np.array([0, 1, 1]), ("10", "9"))
        (array([1, 0, 0], dtype=int32), ('9', '10'))
    """
    order = np.array(sorted(range(len(values)), key=lambda k: _natural(values[k])))
    return np.argsort(order).astype(np.int32)[codes], tuple(values[k] for k in order)


def _natural(value: str) -> tuple[bool, float, str]:
    """Order numbers by size, before text."""
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value
