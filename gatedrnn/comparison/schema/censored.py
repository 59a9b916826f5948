"""What results.json holds of a censored metric: of each replicate what was seen, and of each pair what follows."""

from __future__ import annotations

from typing import TypedDict

from gatedrnn.tasks.censored import CensoredName


class LengthsEntry(TypedDict):
    """How far was counted, as ``searches/TASK/test.json`` has it."""

    longest: int
    """The n of the longest word that was asked for."""
    cells: dict[str, list[int]]
    """By the cell's name, the longest n of each replicate up to which all words were accepted."""
    baselines: dict[str, list[int]]
    """Likewise of those simple models that could be fitted to every split."""


class CensoredEntry(TypedDict):
    """What the verdict rests on, of each replicate."""

    name: CensoredName
    """As ``--metric`` has it."""
    words: str
    """The name in words."""
    unit: str
    """What is counted."""
    higher: bool
    """Whether more is better."""
    threshold: float | None
    """The validation loss that steps are counted to; None where no steps are."""
    every: int
    """Steps between two looks at it; 1 of lengths."""
    limit: int
    """The most that could be seen."""
    cells: dict[str, list[int | None]]
    """By the cell's name, of the selected trial of each replicate; None where it is beyond the limit."""
    baselines: dict[str, list[int | None]]
    """By the name of a simple model, likewise."""


class BoundEntry(TypedDict):
    """A number, or what a number is beyond."""

    value: float
    beyond: bool


class MedianEntry(TypedDict):
    """A median over replicates, with the interval of two of them."""

    value: BoundEntry
    low: BoundEntry
    high: BoundEntry
    level: float
    """Exact coverage of the interval."""
    censored: int
    """How many replicates are beyond the limit."""
    n: int
    """Number of replicates."""
    beats_baseline: bool | None
    """Whether it is better than each simple model in more than half of the replicates; None without one."""


class MedianDifference(TypedDict):
    """The interval of the median of A - B; an end is None where nothing bounds it."""

    low: float | None
    high: float | None
    level: float
    """Its exact coverage; where something is censored it covers as much or more."""
