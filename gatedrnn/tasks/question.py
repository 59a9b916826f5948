"""What is asked of a file of one's own, and where in it that stands."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from gatedrnn.arguments import choice, flag
from gatedrnn.errors import InputError

RecordedKind = Literal["classification", "step-classification", "step-regression", "forecast", "next-token"]


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked of FILE; columns are those of a table in long form, a row for each step.

    Raises:
        InputError: where a column is named twice.
    """

    kind: RecordedKind | None = None
    """What is asked; unless given, a forecast where there is no target, else what the target is: classes (text, whole
    numbers, truth values) of sequences or steps, or numbers of steps."""
    group: str | None = None
    """Column that says which sequence a row belongs to; none: all rows are one series, which is split in time."""
    time: str | None = None
    """Column that ascends within each group: numbers or dates. None: the only column of dates, or rows are in order."""
    target: tuple[str, ...] = ()
    """Column of classes, or columns of numbers; of a forecast, which features are forecast (all)."""
    features: tuple[str, ...] = ()
    """Columns that the network reads; none: all that have no other role."""
    split: str | None = None
    """Column of train, validation or test, the same throughout a group or in this order within it; none: drawn."""
    horizon: int | None = None
    """Steps from the last one seen to the one that is forecast (1)."""
    window: int | None = None
    """Longer sequences are cut into windows of so many steps, unless they have one class each."""
    season: int | None = None
    """Steps after which the series comes round again, such as 12 for months; none: found by autocorrelation."""
    split_by: Literal["time", "group", "both"] | None = None
    """What the test is set apart by: later times of all groups, other groups, or later times of other groups. None: a
    forecast with a column of time by time, and else by group."""
    test_from: str | None = None
    """The first time of the test, as the column of time has it, such as 2026-01-31."""
    day_first: bool | None = None
    """Whether 01/02/2026 is the first of February; none: as the other dates of the column decide."""
    fill: Literal["forward", "drop"] | None = None
    """What a missing number becomes: the last one of its group, and a column that says where; or its row is dropped."""
    wide: Literal["rows", "columns"] | None = None
    """Whether each row of a table is a series, of a class that target names, or each column; none: a row is a step."""
    tokens: Literal["characters", "words"] | None = None
    """What a text is read as; none: words of sentences in a table, and else characters."""

    def __post_init__(self) -> None:
        """Refuse what no question has, and a column that is named twice."""
        self._check_types()
        for name in ("target", "features"):
            columns = getattr(self, name)
            if len(set(columns)) < len(columns):
                raise InputError(f"{name}: expected different columns, got {', '.join(columns)}")
        roles: dict[str, str] = {}
        for name in ("group", "time", "split"):
            column = getattr(self, name)
            if column is None:
                continue
            if column in roles:
                raise InputError(f"{name}: expected another column than that of {roles[column]}, got {column}")
            roles[column] = name

    def _check_types(self) -> None:
        for name in ("group", "time", "split", "test_from"):
            if not isinstance(value := getattr(self, name), str | None):
                raise InputError(f"{name}: expected text, got {value!r}")
        for name in ("target", "features"):
            columns = getattr(self, name)
            if not isinstance(columns, tuple | list) or not all(isinstance(one, str) for one in columns):
                raise InputError(f"{name}: expected a tuple of names, got {columns!r}")
        for name in ("horizon", "window", "season"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer | None):
                raise InputError(f"{name}: expected a whole number, got {value!r}")
        for name, words in _words().items():
            if (value := getattr(self, name)) is not None:
                choice(name, value, words)
        if self.day_first is not None:
            flag("day_first", self.day_first)

    def read(self) -> dict[str, Any]:
        """Return what says how a file is read, whatever is asked of it: another one is read likewise.

        Example:
            >>> Question(group="shop", target=("demand",), day_first=True).read()
            {'group': 'shop', 'day_first': True}
        """
        fields = ("group", "time", "day_first", "fill", "wide", "tokens")
        return {name: getattr(self, name) for name in fields if getattr(self, name) is not None}

    def said(self) -> dict[str, Any]:
        """Return what differs from the defaults, tuples as text."""
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        return {name: " ".join(value) if isinstance(value, tuple) else value for name, value in given.items()}

    def refuse_columns(self, what: str) -> None:
        """Refuse names of columns where there are none.

        Raises:
            InputError: where a column is named.
        """
        for name in ("group", "time", "target", "features", "split"):
            if getattr(self, name):
                raise InputError(f"{name}: expected none, as {what} has no columns; got {getattr(self, name)!r}")


@functools.cache
def _words() -> dict[str, tuple[str, ...]]:
    """Return the words that a field may be, of each that may be no other."""
    hints = get_type_hints(Question)
    return {name: get_args(one) for name, hint in hints.items() for one in get_args(hint) if get_origin(one) is Literal}
