"""Recorded sequences as files and arrays give them, and what makes them unfit for a comparison."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.plain import plain
from gatedrnn.tasks.representable import check_representable

if TYPE_CHECKING:
    from jaxtyping import Float, Int

LONGEST = 10_000
"""Steps of a sequence that is read as a whole: what one forward pass over a batch can hold."""
FEWEST = 10
"""Sequences, or groups of such, of which some can be set aside to validate and to test."""
PARTS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences one after another, as they were recorded: N steps in all, of B sequences.

    Attributes:
        x: numbers ``[N, I]`` or tokens ``[N]``.
        lengths: steps of each sequence, ``[B]``.
        y: numbers ``[N, D]`` or classes ``[N]`` of the steps, classes ``[B]`` of the sequences, or None.
        features: names of the I columns of x.
        targets: names of what is to be found: of columns of y, or those of x that are forecast.
        classes: names of the classes or tokens, as y or x count them.
        labels: what the sequences are called, in messages.
        groups: a number for each sequence, ``[B]``: those of one number belong together, in one part of a split.
        parts: ``train``, ``validation`` or ``test`` for each sequence where a split was given, ``[B]``.
        cuts: the steps at which validation and test of each sequence begin where a split in time was given, ``[B, 2]``;
            where it names no validation, both are one.
        notes: what was guessed of the data or left out of them, a sentence each.
        times: when each step was, ``[N]``: datetime64[ns] or numbers; None where nothing says so.
        time_name: what the times are called; None where there are none.
        tokens: names of the tokens where x holds such and y something else, whose classes ``classes`` names.
        day_first: whether the dates that the times were read from start with the day; None where that is no question.
    """

    x: Float[np.ndarray, "N I"] | Int[np.ndarray, "N"]
    lengths: Int[np.ndarray, "B"]
    y: Any = None
    features: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    groups: Int[np.ndarray, "B"] | None = None
    parts: np.ndarray | None = None
    cuts: Int[np.ndarray, "B 2"] | None = None
    notes: tuple[str, ...] = ()
    times: np.ndarray | None = None
    time_name: str | None = None
    tokens: tuple[str, ...] = ()
    day_first: bool | None = None

    def __post_init__(self) -> None:
        """Make plain text of what is only shown; names of tokens stay what they are, as texts are read by them."""
        shown = ["features", "targets", "labels", "notes"]
        shown += ["classes"] if self.tokens or np.ndim(self.x) > 1 else []
        for field in shown:
            object.__setattr__(self, field, tuple(plain(text) for text in getattr(self, field)))

    @property
    def starts(self) -> Int[np.ndarray, "B"]:
        """Where each sequence starts among the N steps."""
        return np.cumsum(self.lengths) - self.lengths

    def label(self, sequence: int) -> str:
        """Return what a sequence is called in messages."""
        return repr(self.labels[sequence]) if self.labels else f"number {sequence}"

    def renamed(self, targets: tuple[str, ...]) -> Sequences:
        """Return the same sequences with other names of what is to be found."""
        return dataclasses.replace(self, targets=targets)

    def where(self, step: int) -> str:
        """Return in words where among the N steps one is."""
        sequence = int(np.searchsorted(np.cumsum(self.lengths), step, side="right"))
        return f"step {step - int(self.starts[sequence])} of sequence {self.label(sequence)}"


def check(data: Sequences) -> None:
    """Refuse what no network can learn from.

    Raises:
        InputError: where there is a missing value, a constant column, a single class, a sequence without steps, a
            group in two parts, or a split without a part; says where, and what to do.

    Example:
        >>> check(Sequences(np.ones((4, 1), np.float32), np.array([2, 2]), features=("a",)))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: column 'a': expected values that vary, got 1 in every row; ...
    """
    if not len(data.lengths) or data.lengths.min() < 1:
        empty = "no sequence" if not len(data.lengths) else f"sequence {data.label(int(data.lengths.argmin()))} empty"
        raise InputError(f"lengths: expected at least one step in each sequence, got {empty}; leave such out")
    for names, values in ((data.features, data.x), (data.targets, data.y)):
        if values is not None and values.ndim == 2:
            for name, column in zip(names, values.T, strict=True):
                _check_column(data, name, column)
    if data.y is not None and data.y.ndim == 1 and len(np.unique(data.y)) < 2:
        only = data.classes[int(data.y[0])] if data.classes else data.y[0]
        raise InputError(f"target: expected at least two classes, got {only!r} alone; there is nothing to tell apart")
    if data.parts is not None:
        _check_parts(data, data.parts)
    if data.cuts is not None and not data.cuts[:, 0].any():
        raise InputError("split: expected steps to train on, got none; leave split out to have them drawn")


def _check_column(data: Sequences, name: str, column: Float[np.ndarray, "N"]) -> None:
    low, high = column.min(), column.max()  # either is NaN where one value is
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = np.flatnonzero(~np.isfinite(column))
        raise InputError(
            f"column {name!r}: expected finite numbers, got {len(bad):,} missing or infinite, the first at "
            f"{data.where(int(bad[0]))}; fill them in, or leave out those rows"
        )
    if low == high:
        raise InputError(
            f"column {name!r}: expected values that vary, got {low:.15g} in every row; name the others with features"
        )
    check_representable(name, column)


def _check_parts(data: Sequences, parts: np.ndarray) -> None:
    unknown = sorted({str(part) for part in parts} - set(PARTS))
    if unknown:
        raise InputError(f"split: expected {', '.join(PARTS)}, got {', '.join(map(repr, unknown))}")
    for part in ("train", "test"):
        if not (parts == part).any():
            raise InputError(f"split: expected sequences to {part} on, got none; leave split out to have them drawn")
    if data.groups is not None:
        for group in np.unique(data.groups):
            found = np.unique(parts[data.groups == group])
            if len(found) > 1:
                raise InputError(f"split: expected each group in one part, got group {group} in {', '.join(found)}")


def encode_classes(values: Any) -> tuple[Int[np.ndarray, "N"], tuple[str, ...]]:
    """Return numbers from 0 for labels, and the labels in their order.

    Example:
        >>> encode_classes(["walk", "run", "walk"])[1]
        ('run', 'walk')
    """
    labels, numbers = np.unique(np.asarray(values), return_inverse=True)
    return numbers.astype(np.int32), tuple(str(label) for label in labels)
