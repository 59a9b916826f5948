"""What results.json holds of a pair of cells, A before B: statistics and verdict; a difference is A - B."""

from __future__ import annotations

from typing import TypedDict

from gatedrnn.comparison.schema.censored import MedianDifference, MedianEntry
from gatedrnn.experiment.reckoning import MetricEntry


class IntervalEntry(TypedDict):
    """An interval of a number."""

    low: float
    high: float
    level: float
    """Nominal coverage, 0.95 for 95 %."""


class EstimateEntry(IntervalEntry):
    """A mean over replicates with its t interval."""

    mean: float
    standard_deviation: float
    """Of the replicates, with n - 1."""
    n: int
    """Number of replicates."""


class DifferenceEntry(EstimateEntry):
    """An estimate of A - B with its test."""

    p: float
    """Of the t test, corrected for the number of pairs."""


class CellStatistics(TypedDict):
    """What is said of one cell's scores."""

    test: EstimateEntry
    validation: float | None
    """Mean of the selected trials; None where one has no score."""
    over_baseline: EstimateEntry | None
    """Test score less the strongest baseline's, paired; None without baselines."""
    beats_baseline: bool | None
    """Whether that whole interval lies below 0, and that over every other baseline; None without baselines."""


class BootstrapEntry(IntervalEntry):
    """A bootstrap interval of the mean of A - B."""

    resamples: int
    """How many its ends were taken from."""


class SuperiorityEntry(IntervalEntry):
    """How often A is better than B in one and the same replicate, with its exact interval."""

    probability: float
    """(wins + ties / 2) / n."""
    wins: int
    ties: int
    losses: int


class EquivalenceEntry(IntervalEntry):
    """Two one-sided t tests of A - B against the region of practical equivalence; its interval is that of 90 %."""

    region: float
    """Half-width R."""
    p: float
    """The larger of the two, corrected for the number of pairs."""
    equivalent: bool
    """Whether the interval lies in (-R, R)."""


class CurveDifference(TypedDict):
    """A - B at each budget, with its t interval."""

    mean: list[float]
    low: list[float]
    high: list[float]


class BudgetCurves(TypedDict):
    """Expected best validation score at several budgets."""

    budgets: list[float]
    """Trials, or seconds of training; ascending."""
    cells: dict[str, list[float]]
    """By name: mean over replicates."""
    difference: CurveDifference


class ChangeEntry(TypedDict):
    """A change of places between two cells."""

    against: str
    """``trials`` or ``seconds``."""
    before: float
    """Largest budget at which the first one is better."""
    after: float
    """Smallest budget at which the other one is."""
    better_before: str
    better_after: str


class ExpectedBest(TypedDict):
    """Expected best validation score as the budget of the search grows."""

    against_trials: BudgetCurves | None
    against_seconds: BudgetCurves | None
    """None where no time is common to all searches."""
    level: float
    """Of the intervals: 0.95; with m pairs 1 - 0.05/m."""
    changes: list[ChangeEntry]


class AccuracyEntry(TypedDict):
    """Accuracies, of which higher is better; they decide nothing."""

    cells: dict[str, EstimateEntry]
    difference: EstimateEntry


class TestStatistics(TypedDict):
    """What is said of the test scores of two cells."""

    cells: dict[str, CellStatistics]
    difference: DifferenceEntry
    bootstrap: BootstrapEntry
    two_way_bootstrap: BootstrapEntry | None
    """Likewise, replicates and test sequences drawn apart; None where the metric is no mean over targets."""
    superiority: SuperiorityEntry
    equivalence: EquivalenceEntry
    accuracy: AccuracyEntry | None
    """None without classes."""


class StatisticsEntry(TestStatistics):
    """All statistics of a pair."""

    replicates_needed: int | None
    """To exclude 0, were the observed difference the true one; None where no number up to a million does."""
    power: float
    """With which that number does so."""
    expected_best: ExpectedBest | None
    """None where a trial has no score."""
    pairs: int
    """How many there are, for which p-values and levels are corrected."""


class CheaperEntry(TypedDict):
    """The cell to take where quality does not decide."""

    cell: str | None
    """None where no measure tells the two apart."""
    by: list[str]
    """Measures by which it is the cheaper, the deciding one first."""
    against: list[str]
    """Measures by which the other one is."""


class SentenceEntry(TypedDict):
    """A verdict in sentences."""

    finding: str
    """What was shown."""
    scope: str
    """What it holds for: data, cells, sizes, budget and device."""
    sentence: str
    """Both in one."""


class DecisionEntry(TypedDict):
    """A verdict without its words."""

    label: str
    """Exactly one of the closed vocabulary of labels."""
    winner: str | None
    """The better cell; None where there is none."""
    meaningful: bool
    """Whether the winner is better often enough, and by more than the region of equivalence."""
    exploratory: bool
    """Whether there are too few replicates for more than a hint."""


class VerdictEntry(SentenceEntry, DecisionEntry):
    """What is concluded of a pair."""

    headline: str
    """The verdict in a few words."""
    cheaper: CheaperEntry
    caveats: list[str]
    """What a reader must know before believing the verdict, in whole sentences."""


class OtherEntry(TypedDict):
    """The verdict that another metric would give, beside the one that counts."""

    metric: MetricEntry
    label: str
    """Of the same closed vocabulary."""
    headline: str
    """In a few words."""
    disagrees: bool
    """Whether it names another winner, or only one of the two verdicts sees the baseline beaten."""
    tests: dict[str, EstimateEntry]
    """By the cell's name; lower is better."""
    difference: EstimateEntry
    over_baseline: dict[str, EstimateEntry | None]
    """By the cell's name, less the baseline that is the strongest by this metric; None without one."""


class CensoredPair(TypedDict):
    """What is said of two cells by a censored metric; the verdict rests on it where there is one."""

    cells: dict[str, MedianEntry]
    """By name."""
    superiority: SuperiorityEntry
    p: float
    """Of the exact sign test, corrected for the number of pairs."""
    difference: MedianDifference


class PairEntry(TypedDict):
    """Two cells, with what is said of them."""

    names: list[str]
    """A, and B."""
    statistics: StatisticsEntry
    verdict: VerdictEntry
    other: OtherEntry | None
    """None where there is no other metric."""
    censored: CensoredPair | None
    """None where the verdict rests on scores."""
