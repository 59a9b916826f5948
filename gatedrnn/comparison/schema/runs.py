"""What results.json holds of runs: the procedure, simple baselines, and every trial of every replicate."""

from __future__ import annotations

from typing import TypedDict

from gatedrnn.comparison.schema.censored import LengthsEntry
from gatedrnn.comparison.schema.measures import ForecastEntry, RangeEntry, SharesEntry
from gatedrnn.experiment.architecture import ArchitectureEntry
from gatedrnn.experiment.space import Configuration, Hyperparameter
from gatedrnn.experiment.trials import RunEntry


class ExtensionEntry(TypedDict):
    """What was added to a search whose best runs lay where it was cut off."""

    max_epochs_before: int
    """Cap on epochs of the search itself."""
    ranges: dict[Hyperparameter, list[float]]
    """What was added to which range: its lower and its upper end."""
    trials: int
    """More in each replicate."""
    because: list[str]
    """What was seen, in whole sentences."""


class ProtocolEntry(TypedDict):
    """The procedure, the same for all cells."""

    replicates: int
    """Repetitions of the whole procedure."""
    trials: int | None
    """Configurations in a replicate; None where minutes alone are the budget."""
    minutes: float | None
    """Of training in all; None where trials are the budget."""
    max_epochs: int
    """Cap on epochs, after an extension."""
    patience: int
    """Epochs without a better validation loss after which a run stops."""
    batch_size: int
    """Sequences in an optimiser step."""
    matching: str
    """What was made equal: parameters, width, flops, time, or explicit sizes."""
    architecture: ArchitectureEntry
    """What stands around the cell."""
    space: dict[Hyperparameter, str]
    """Each hyperparameter's distribution in words."""
    extension: ExtensionEntry | None
    """None where the search was not extended."""


class ExtendedProtocol(TypedDict):
    """What an extension changes in a protocol."""

    max_epochs: int
    extension: ExtensionEntry


class ValidatedBaselineEntry(TypedDict):
    """A simple model before the test; scores in the verdict's metric, lower is better."""

    name: str
    choices: list[str]
    """What each split's validation part chose, such as ``order 3``."""
    validation: float
    """Mean over replicates."""
    strongest: bool
    """Whether it is the one of the best mean validation score."""


class BaselineEntry(ValidatedBaselineEntry):
    """A simple model with its tests."""

    test: float
    """Mean over replicates."""
    tests: list[float]
    """Test score in each replicate."""
    scores: dict[str, float]
    """By metric, as people say it: mean over replicates in the test."""


class TrialEntry(RunEntry):
    """A run as one trial of a search."""

    score: float | None
    """What selection looks at: the validation part in the verdict's metric, lower is better. Of a run that diverged the
    trivial baseline's, or its own if worse."""
    seconds: float
    """Of this trial: its part of the search's, by its epochs."""
    ended_by_clock: bool
    """Whether the budget of minutes ended it before its patience or the cap on epochs did."""


class SearchEntry(TypedDict):
    """The search of one cell in one replicate, before the test part was read."""

    trials: list[TrialEntry]
    """In the order of the replicate's configurations."""
    selected: int
    """Place of the trial of the best score."""
    train_curve: list[float | None]
    """Training loss of the selected trial by epoch."""
    seconds: float
    """Of all trials, without compiling."""


class WavesEntry(TypedDict):
    """The searches of one cell in one replicate that ran one after the other within a budget of time."""

    waves: list[SearchEntry]


class TestEntry(TypedDict):
    """Test scores of the selected trial."""

    scores: dict[str, float]
    """By metric, as people say it: an accuracy of 90 % is 0.9."""
    sequence_losses: list[float]
    """Of each test sequence, summed over its targets: all of them by all targets are the score in the verdict's metric,
    lower is better. Empty where that metric is no mean over targets (macro F1)."""


class CountedTest(TestEntry):
    """A test with the targets that it was reckoned over; results.json has these once for the task."""

    counts: list[float]


class TestedSearch(SearchEntry):
    """The search of one cell in one replicate, with its test."""

    test: TestEntry


class ReplicateShared(TypedDict):
    """What all cells share in a replicate."""

    index: int
    """From 0."""
    seed: int
    """Of the split and of all trials."""
    configurations: list[Configuration]
    """One for each trial."""


class FoundReplicate(ReplicateShared):
    """A replicate before the test part was read."""

    cells: dict[str, SearchEntry]
    """By the cell's name."""


class ReplicateEntry(ReplicateShared):
    """A replicate with its tests."""

    cells: dict[str, TestedSearch]
    """By the cell's name."""


class ReadTest(TypedDict):
    """What was read of the test part, once, as ``searches/TASK/test.json`` has it."""

    baselines: list[BaselineEntry]
    others: dict[str, list[float]]
    """By the baseline's name, test scores of each replicate in the metric that stands beside the verdict's."""
    counts: list[float]
    """Targets of each test sequence."""
    cells: dict[str, list[TestEntry]]
    """By the cell's name, one for each replicate."""
    shares: SharesEntry | None
    range: list[RangeEntry]
    forecasts: list[ForecastEntry]
    lengths: LengthsEntry | None
    """None where longest lengths are not asked for."""
