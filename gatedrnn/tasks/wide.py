"""Wide tables: a series a row, with its class beside it, or a series a column."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import columns
from gatedrnn.tasks.dates import are_dates, said_of, starts_with_day
from gatedrnn.tasks.guesses import INDEX, check_stray, is_class
from gatedrnn.tasks.missing import fill
from gatedrnn.tasks.rows import Rows
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.table import numbered
from gatedrnn.tasks.time_column import NUMBERS, holds_dates
from gatedrnn.tasks.timing import check_ascends, spacing, times_of_text

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

    from gatedrnn.tasks.profile import Profile
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.source import Source
    from gatedrnn.tasks.task import Kind

RUN, TALL = 20, 5
"""Columns counted by their names from which on a table looks wide, and how many rows it may have for each of them."""
COUNTED = re.compile(r"(.*?)(\d+)")


def refuse_wide(looks: dict[str, Profile], question: Question) -> None:
    """Ask where each row looks like a series: many columns counted by their names, or called by dates, and few rows.

    Raises:
        InputError: says which columns, and what to do.
    """
    if question.wide is not None or question.group is not None or question.time is not None or question.features:
        return
    numbers = [name for name, one in looks.items() if one.type in NUMBERS and name not in question.target]
    run = _run(numbers)
    others = [name for name in looks if name not in run]
    rows = next(iter(looks.values())).rows
    headless = len(run) > RUN and not others and is_class(looks[run[0]])
    if len(run) < RUN or any(holds_dates(looks[name]) for name in others):
        return
    if headless or rows <= TALL * len(run):
        raise InputError(
            f"wide: expected a word on whether each row is a series, as {len(run)} columns are called {run[0]} to "
            f"{run[-1]}; add --wide rows if so (and --target for the column of their classes), or name the columns to "
            "read with features"
        )


def _run(names: list[str]) -> list[str]:
    """Return the longest run of names that count on, such as t0, t1, t2; or all, where they are dates."""
    if len(names) >= RUN and are_dates(tuple(names)):
        return names
    found = [COUNTED.fullmatch(name) for name in names]
    runs, last = [[]], None
    for name, one in zip(names, found, strict=True):
        here = None if one is None else (one[1], int(one[2]))
        follows = here is not None and last is not None and here == (last[0], last[1] + 1)
        runs = [*runs[:-1], [*runs[-1], name]] if follows else [*runs, [name] if here is not None else []]
        last = here
    return max(runs, key=len)


def read_wide(source: Source, looks: dict[str, Profile], question: Question) -> tuple[Sequences, Kind]:
    """Read a wide table; numbers that lack at the start or end of a series are no part of it.

    Raises:
        InputError: where a column is unknown or of another type, or a number missing inside a series.
    """
    named = [question.group, question.time, question.split, *question.target, *question.features]
    unknown = [name for name in named if name is not None and name not in looks]
    if unknown:
        raise InputError(f"columns: expected some of {', '.join(looks)}; got {', '.join(unknown)}")
    return (_rows if question.wide == "rows" else _columns)(source, looks, question)


def _rows(source: Source, looks: dict[str, Profile], question: Question) -> tuple[Sequences, Kind]:
    if question.time is not None:
        raise InputError(f"time: expected none where each row is a series, got {question.time!r}")
    label, notes = _label(looks, question)
    beside = (label, question.group, question.split)
    numbers = _numbers(looks, source, question, beside)
    labels = tuple(dict.fromkeys(name for name in beside if name is not None))
    table = columns.read(source, numbers=numbers, labels=labels, gaps=(), time=None)
    grid = np.stack([table.take(name) for name in numbers])  # [T, B]
    series = _series(grid, source, question)
    kind = question.kind or ("forecast" if label is None or question.horizon is not None else "classification")
    y, classes = None, ()
    if kind == "classification" and label is not None:
        y, classes = numbered(*table.labels[label])
    elif kind != "forecast":
        raise InputError(f"kind: expected classification with a target, or forecast, as rows are series; got {kind}")
    groups = None if question.group is None else table.labels[question.group].codes
    parts = None
    if question.split is not None:
        codes, values = table.labels[question.split]
        parts = np.array(values)[codes]
    targets = ("value",) if y is None or label is None else (label,)
    notes = (*source.notes, *notes, *series.notes)
    x, lengths, features = series[:3]
    return Sequences(x, lengths, y, features, targets, classes, groups=groups, parts=parts, notes=notes), kind


def _columns(source: Source, looks: dict[str, Profile], question: Question) -> tuple[Sequences, Kind]:
    for name in ("group", "split", "target"):
        if getattr(question, name):
            raise InputError(f"{name}: expected none where each column is a series, got {getattr(question, name)!r}")
    if question.kind not in (None, "forecast"):
        raise InputError(f"kind: expected forecast where each column is a series, got {question.kind}")
    dates = [name for name, one in looks.items() if holds_dates(one)]
    time = question.time if question.time is not None else dates[0] if len(dates) == 1 else None
    numbers = _numbers(looks, source, question, (time,))
    of_text = time is not None and looks[time].type == "text"
    table = columns.read(
        source,
        numbers=numbers,
        labels=(time,) if of_text and time is not None else (),
        gaps=(),
        time=None if of_text else time,
    )
    grid = np.stack([table.take(name) for name in numbers], axis=1)  # [T, B]
    series = _series(grid, source, question, numbers)
    times, written, notes = None, "", [*source.notes, *series.notes]
    if time is not None:
        one = table.times
        if of_text:
            one, written = times_of_text(table.labels[time], time, source, question.day_first)
            notes += said_of(written)
        whole = Rows(None, np.array([len(one)]), ())
        check_ascends(whole, one, time)
        times = np.tile(one, len(numbers))[series.kept]
        notes += spacing(whole, one)
    x, lengths, features = series[:3]
    targets, said = ("value",), tuple(notes)
    data = Sequences(x, lengths, None, features, targets, labels=numbers, notes=said, times=times, time_name=time)
    data = dataclasses.replace(data, day_first=starts_with_day(written))
    return data, "forecast"


def _label(looks: dict[str, Profile], question: Question) -> tuple[str | None, list[str]]:
    """Return the column of classes: the one asked for, else the first or last where it looks like classes."""
    if len(question.target) > 1:
        raise InputError(f"target: expected one column of classes, got {', '.join(question.target)}")
    if question.target:
        return question.target[0], []
    taken = (question.group, question.split, *question.features)
    names = [name for name in looks if name not in taken]
    ends = (names[0], names[-1]) if len(names) > 1 else ()
    found = [name for name in ends if is_class(looks[name]) and min((looks[name].counts or {"": 0}).values()) > 1]
    if not found or question.kind == "forecast" or question.horizon is not None:
        return None, []
    return found[0], [f"column {found[0]!r} looks like classes: read as the class of each row"]


def _numbers(
    looks: dict[str, Profile], source: Source, question: Question, beside: tuple[str | None, ...]
) -> tuple[str, ...]:
    """Return the columns that hold the numbers of series."""
    left = question.features or tuple(name for name in looks if name not in beside and name not in question.target)
    for name in left:
        check_stray(name, looks[name], source)
    numbers = tuple(
        name
        for name in left
        if looks[name].type in NUMBERS and not (looks[name].counted and INDEX.fullmatch(name) and not question.features)
    )
    if len(numbers) < 2:
        raise InputError(f"wide: expected two columns of numbers or more, got {', '.join(numbers) or 'none'}")
    return numbers


class Series(NamedTuple):
    """Series one after another.

    Attributes:
        x: numbers and, where some were filled, where that was, ``[N, I]``.
        lengths: steps of each series, ``[B]``.
        features: names of the columns of x.
        kept: which of all steps, series by series, stay, ``[B T]``.
        notes: what was done to missing numbers.
    """

    x: Float[np.ndarray, "N I"]
    lengths: Int[np.ndarray, "B"]
    features: tuple[str, ...]
    kept: Bool[np.ndarray, "BT"]
    notes: tuple[str, ...]


def _series(grid: Float[np.ndarray, "T B"], source: Source, question: Question, names: tuple[str, ...] = ()) -> Series:
    """Return the columns of a grid one after another, without what lacks at their starts and ends."""
    there = ~np.isnan(grid)
    called = names or tuple(source.place(k) for k in range(grid.shape[1]))
    first, last = there.argmax(axis=0), len(grid) - 1 - there[::-1].argmax(axis=0)
    steps = np.arange(len(grid))[:, None]
    inside = (steps >= first) & (steps <= last)
    holes = inside & ~there
    for k in np.flatnonzero(~there.any(axis=0) | (holes.any(axis=0) & (question.fill is None))):
        what = f"{holes[:, k].sum():,} missing inside" if there[:, k].any() else "none"
        raise InputError(
            f"series: expected a number at each step, got {what} in {called[k]}; add --fill or leave it out"
        )
    kept = inside.T.ravel()
    rows = Rows(None, last - first + 1, ())
    filled = fill(grid.T.ravel()[kept][:, None], ["value"], rows, question, source)
    x, features = filled.x, ("value",)
    if filled.masks:
        x, features = np.column_stack([x, filled.masks["value"]]), ("value", "value missing")
    if filled.kept is not None:
        kept[np.flatnonzero(kept)[~filled.kept]] = False
        x, rows = x[filled.kept], rows.keep(filled.kept)
    return Series(x, rows.lengths, features, kept, tuple(filled.notes))
