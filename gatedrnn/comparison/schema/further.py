"""What ``full`` adds to results.json: scores on parts of the training data, what the gates do, other windows."""

from __future__ import annotations

from typing import Literal, TypedDict

from gatedrnn.comparison.schema.pairs import EstimateEntry


class DataEntry(TypedDict):
    """The selected configurations, trained again on parts of the training sequences."""

    parts: list[float]
    """Of the training sequences, ascending to 1."""
    examples: list[int]
    """How many sequences each part has."""
    validation: dict[str, list[list[float | None]]]
    """By the cell's name, for each part, the score of each replicate; None where it diverged."""


State = Literal["before", "after"]
"""Of a network: before or after training."""


class BeforeAfter(TypedDict):
    """Numbers before and after training, over the validation part."""

    before: list[float]
    after: list[float]


class GatesEntry(TypedDict):
    """What the gates of one cell do, in all replicates together: in the first layer, read forward."""

    timescales: BeforeAfter
    """Of each unit, ascending: the steps in which the gate that keeps memory lets it decay to 1/e."""
    histograms: dict[str, BeforeAfter]
    """By gate: the parts of its values in 20 equal bins from 0 to 1, of which high ones are long memory."""
    keeps: str
    """Name of the gate that keeps memory."""


class WindowPair(TypedDict):
    """Two cells in validation, with each window, by the rules of the verdict."""

    names: list[str]
    """A and B."""
    differences: list[EstimateEntry | None]
    """A - B in the verdict's metric; None where a run had no score."""
    labels: list[str | None]
    """The verdict's label, as on validation; None where a run had no score."""


class WindowsEntry(TypedDict):
    """The selected configurations, trained again with other windows."""

    windows: list[int]
    """Steps, ascending."""
    searched: int
    """The one that configurations were searched with."""
    validation: dict[str, list[list[float | None]]]
    """By the cell's name, for each window, the score of each replicate in the verdict's metric."""
    pairs: list[WindowPair]


class FullEntry(TypedDict):
    """What ``full`` adds."""

    data: DataEntry
    gates: dict[str, GatesEntry]
    """By the name of those cells whose gates can be read."""
    windows: WindowsEntry | None
    """None where a task is not read in windows, or has steps for no other."""
