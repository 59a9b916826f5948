"""Another metric's verdict beside the one that counts, and what is said where the two disagree."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, assert_never

from gatedrnn.comparison.verdict.decide import Decision, Evidence, decide
from gatedrnn.comparison.verdict.entries import estimate_entry
from gatedrnn.comparison.verdict.label import text_of
from gatedrnn.comparison.verdict.metric import looks_at, short

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import OtherEntry
    from gatedrnn.experiment.reckoning import MetricEntry


class Disagreement(Enum):
    """How two verdicts on the same pair differ in what a reader would do."""

    WINNER = "each names another cell the better one"
    BASELINE = "not the same cells beat the baseline"


class Other(NamedTuple):
    """The verdict by another metric.

    Attributes:
        metric: the other metric, as results.json has it.
        evidence: the statistics of the pair in the other metric.
        decision: the label that follows from those statistics by the same table.
        disagreement: the way in which the decision differs from the verdict that counts; None where it agrees.
    """

    metric: MetricEntry
    evidence: Evidence
    decision: Decision
    disagreement: Disagreement | None

    def aside(self) -> str:
        """Return what the headline says of it in brackets; nothing where the two agree."""
        by = f"by {short(self.metric['name'])}"
        match self.disagreement:
            case None:
                return ""
            case Disagreement.WINNER:
                return f"{by}, {self.decision.winner} is"
            case Disagreement.BASELINE:
                return f"{by}, {_beat(self.evidence)}"
            case _:
                assert_never(self.disagreement)

    def caveat(self, metric: MetricEntry, headline: str) -> str | None:
        """Return why the two disagree; None where they agree.

        Args:
            metric: the metric that counts.
            headline: the other verdict in a few words.
        """
        if self.disagreement is None:
            return None
        mine, other = metric["name"], self.metric["name"]
        return (
            f"By {short(other)} the verdict would be another one: \u201c{headline}\u201d. {_first(looks_at(mine))}; "
            f"{looks_at(other)}. Take the one that says what a forecast is for."
        )

    def entry(self, headline: str) -> OtherEntry:
        """Return it as results.json has it, with its own headline."""
        names, over = self.evidence.names, self.evidence.over_baseline or (None, None)
        return {
            "metric": self.metric,
            "label": text_of(self.decision.label, names),
            "headline": headline,
            "disagrees": self.disagreement is not None,
            "tests": {name: estimate_entry(test) for name, test in zip(names, self.evidence.tests, strict=True)},
            "difference": estimate_entry(self.evidence.difference),
            "over_baseline": {
                name: None if less is None else estimate_entry(less) for name, less in zip(names, over, strict=True)
            },
        }


def beside(metric: MetricEntry, other: Evidence, mine: Evidence) -> Other:
    """Return the verdict by another metric, held against the one that counts.

    Args:
        metric: the metric that the other verdict rests on.
        other: the statistics in that metric.
        mine: the statistics of the verdict that counts.
    """
    decision = decide(other)
    return Other(metric, other, decision, _disagreement((decide(mine), mine), (decision, other)))


def _disagreement(mine: tuple[Decision, Evidence], other: tuple[Decision, Evidence]) -> Disagreement | None:
    winners = {decision.winner for decision, _ in (mine, other)} - {None}
    if len(winners) == 2:
        return Disagreement.WINNER
    if mine[1].beats_baseline() != other[1].beats_baseline():
        return Disagreement.BASELINE
    return None


def _beat(evidence: Evidence) -> str:
    which = [name for name, beats in zip(evidence.names, evidence.beats_baseline(), strict=True) if beats]
    if not which:
        return "neither beats the baseline"
    return "both beat the baseline" if len(which) == 2 else f"only {which[0]} beats the baseline"


def _first(words: str) -> str:
    """Return words with a capital, where they do not start with a short name."""
    return words[0].upper() + words[1:]
