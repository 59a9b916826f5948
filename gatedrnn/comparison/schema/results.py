"""What results.json holds: the file, its tasks, and what each cell is and costs."""

from __future__ import annotations

from typing import Any, TypedDict

from gatedrnn.comparison.schema.censored import CensoredEntry
from gatedrnn.comparison.schema.further import FullEntry
from gatedrnn.comparison.schema.measures import ForecastEntry, RangeEntry, SharesEntry
from gatedrnn.comparison.schema.pairs import PairEntry
from gatedrnn.comparison.schema.runs import (
    BaselineEntry,
    FoundReplicate,
    ProtocolEntry,
    ReplicateEntry,
    ValidatedBaselineEntry,
)
from gatedrnn.costs.cheaper import TimedCosts
from gatedrnn.experiment.provenance import Device
from gatedrnn.experiment.reckoning import MetricEntry
from gatedrnn.tasks.task import Kind


class CellEntry(TimedCosts):
    """What a cell is and costs on a task."""

    training_seconds: float
    """Of all trials of a replicate, mean over replicates."""
    compile_seconds: float
    """Of the program that trains all trials, traced and compiled."""


class RegionEntry(TypedDict):
    """The region of practical equivalence, as region.json has it too; from validation scores alone."""

    half_width: float
    """R, in the metric's unit: ``part`` of the distance from the baseline to the best cell, or 0."""
    part: float
    """Of that distance, 0.02 for 2 %."""
    baseline: str | None
    """The strongest one's name; None where there are no baselines."""
    baseline_validation: float | None
    """Its mean validation score."""
    best_cell: str | None
    """The cell of the best mean validation score; None where no cell has one."""
    best_validation: float | None
    """That score."""


class BesideEntry(TypedDict):
    """What the verdict of the other metric rests on, besides the cells' tests."""

    metric: MetricEntry
    region: RegionEntry
    """By that metric, with its own strongest baseline; written down before the test part is read."""
    tests: list[list[float]] | None
    """Test scores of that baseline in each replicate, and then of the others; None without one."""


class Found(TypedDict):
    """What is known of a task before the test part is read."""

    protocol: ProtocolEntry
    baselines: list[ValidatedBaselineEntry]
    replicates: list[FoundReplicate]


class TestedTask(TypedDict):
    """A task with its tests, before anything is concluded from them."""

    name: str
    title: str
    """The question in words."""
    kind: Kind
    """Forecast, classification and others, as in the table of tasks."""
    unit: str
    """Of losses and curves, such as ``nats per frame``."""
    metric: MetricEntry
    """What scores are reckoned in, and the verdict rests on unless it does on ``censored``; lower is better."""
    facts: dict[str, str]
    """What was understood of the data, in words."""
    source: str
    """Where the data come from."""
    data_sha256: str
    """Hash of the file that holds the data."""
    protocol: ProtocolEntry
    baselines: list[BaselineEntry]
    cells: dict[str, CellEntry]
    """By name, in their order."""
    replicates: list[ReplicateEntry]
    region: RegionEntry
    beside: BesideEntry | None
    """Of the other metric; None where there is none."""
    censored: CensoredEntry | None
    """What the verdict rests on instead of scores; None where it rests on these."""
    test_counts: list[float]
    """Targets (frames, sequences) of each test sequence."""
    shares: SharesEntry | None
    """Of classes; None where something else is looked for."""
    range: list[RangeEntry]
    """One for each target that is a number."""
    forecasts: list[ForecastEntry]
    """A few sequences of the test; empty where there are no forecasts of recorded numbers."""
    full: FullEntry | None
    """None without ``--full``."""


class TaskEntry(TestedTask):
    """A task as results.json has it."""

    pairs: list[PairEntry]
    """One for each two cells."""


class Results(TypedDict):
    """The whole of results.json."""

    schema: int
    """Changes when a key changes its meaning or goes."""
    command: str
    """The command line, for a shell."""
    started: str
    """ISO 8601 with time zone."""
    seconds: float
    """Duration of this call; a resumed comparison counts from its last start."""
    versions: dict[str, str]
    """Of Python and of what computes, by package."""
    device: Device
    seed: int
    """Everything random follows from it."""
    settings: dict[str, Any]
    """What was asked for, by the names of ``Settings``: JSON of any kind, which nothing here reads."""
    tasks: list[TaskEntry]


Searched = Found | TestedTask
"""A task whose searches are finished, before or after the test."""
