"""What columns look like, found in one pass: what guesses of their roles rest on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.columns import explained, types
from gatedrnn.tasks.source import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatedrnn.tasks.source import Source

LEVELS = 50
"""Different values of a column that are counted."""
SPELLED = r"^\s*[-+]?(\d{1,3}([.,]\d{3})+([.,]\d+)?|\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*%?$"
"""A text that spells a number, perhaps with signs between thousands; 01.02.2024 is none."""


@dataclasses.dataclass
class Profile:
    """What a column looks like.

    Attributes:
        type: one of those that ``columns.types`` gives.
        rows: rows that were looked at.
        missing: rows without a value.
        counts: how often each value occurs; None where there are more than ``LEVELS``.
        integral: whether all numbers are whole.
        falls: rows whose value is smaller than that of the row before, of texts: another one than before.
        ties: rows whose number is that of the row before.
        counted: whether each number is one more than that of the row before.
        spelled: rows whose text spells a number.
        stray: the first row whose text spells none, and that text.
        sample: the first different texts, and whole numbers as text.
        words: words in all texts.
    """

    type: str
    rows: int = 0
    missing: int = 0
    counts: dict[Any, int] | None = dataclasses.field(default_factory=dict)
    integral: bool = True
    falls: int = 0
    ties: int = 0
    counted: bool = True
    spelled: int = 0
    stray: tuple[int, str] | None = None
    sample: tuple[str, ...] = ()
    words: int = 0
    last: Any = None

    @property
    def constant(self) -> bool:
        """Whether there are not two values that differ."""
        return self.counts is not None and len(self.counts) < 2

    def add(self, column: Any) -> None:
        """Look at the next rows of the column."""
        there = column.drop_null()
        self.missing += column.null_count
        if len(there) and self.type in ("number", "whole"):
            self._add_numbers(there.cast(arrow().float64(), safe=False).to_numpy(zero_copy_only=False))
        elif len(there) and self.type == "text":
            self._add_texts(column, there)
        self.rows += len(column)

    def _add_numbers(self, values: np.ndarray) -> None:
        values = values[~np.isnan(values)]
        if not len(values):
            return
        before = values[:1] if self.last is None else np.array([self.last])
        with np.errstate(invalid="ignore"):  # what is infinite is said of the column, and differs from nothing
            steps = values - np.concatenate([before, values[:-1]])
        self.falls += int((steps < 0).sum())
        self.ties += int((steps[self.last is None :] == 0).sum())
        self.counted = self.counted and bool((steps[self.last is None :] == 1).all())
        self.last = values[-1]
        self.integral = self.integral and bool((values == np.floor(values)).all())
        if self.integral and len(self.sample) < LEVELS:
            first = (f"{value:.0f}" for value in values[:LEVELS])
            self.sample = tuple(dict.fromkeys((*self.sample, *first)))[:LEVELS]
        if self.counts is not None:
            self._count(*(found.tolist() for found in np.unique(values, return_counts=True)))

    def _add_texts(self, column: Any, there: Any) -> None:
        pa = arrow()
        spelled = pa.compute.match_substring_regex(there, SPELLED)
        self.spelled += pa.compute.sum(spelled).as_py()
        if self.stray is None and not pa.compute.all(spelled).as_py():
            at = pa.compute.index(pa.compute.match_substring_regex(column, SPELLED), False).as_py()
            self.stray = self.rows + at, column[at].as_py()
        self.words += pa.compute.sum(pa.compute.count_substring_regex(there, r"\S+")).as_py()
        codes = there.dictionary_encode()
        numbers = codes.indices.to_numpy()
        self.falls += int((np.diff(numbers) != 0).sum())
        self.falls += self.last is not None and self.last != there[0].as_py()
        self.last = there[-1].as_py()
        values = codes.dictionary.to_pylist()
        self.sample = tuple(dict.fromkeys((*self.sample, *values[:LEVELS])))[:LEVELS]
        if self.counts is not None:
            self._count(values, np.bincount(numbers).tolist())

    def _count(self, values: Iterable[Any], counts: Iterable[int]) -> None:
        held = self.counts or {}
        for value, count in zip(values, counts, strict=True):
            held[value] = held.get(value, 0) + count
        self.counts = held if len(held) <= LEVELS else None


def profile(source: Source) -> dict[str, Profile]:
    """Return what each column of a table looks like.

    Raises:
        InputError: where a value is of another type than its column.
    """
    pa = arrow()
    found = {name: Profile(type_) for name, type_ in types(source).items()}
    read_as = {"whole": pa.float64(), "number": pa.float64(), "text": pa.string()}
    schema = source.schema
    wanted = {
        name: pa.bool_()
        if pa.types.is_boolean(schema.field(name).type)
        else read_as.get(one.type, schema.field(name).type)
        for name, one in found.items()
    }
    # Columns that lie apart are looked at one by one: a batch of all would hold much of the file.
    passes = [tuple(found)] if source.at_once else [(name,) for name in found]
    with explained(source):
        for names in passes:
            for batch in source.batches(names, wanted):
                for name in names:
                    column = batch[name]
                    if pa.types.is_dictionary(column.type):
                        column = column.cast(column.type.value_type)
                    found[name].add(column)
    return found
