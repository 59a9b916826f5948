"""The decision: from evidence to exactly one label of a closed vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.comparison.verdict.label import Label, text_of, winner_of
from gatedrnn.statistics.equivalence import Equivalence, equivalence
from gatedrnn.statistics.paired import Estimate, difference_p, estimate, paired_difference
from gatedrnn.statistics.superiority import Superiority, superiority

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import DecisionEntry
    from gatedrnn.comparison.verdict.budgets import Change

MEANINGFUL = 0.75
"""Least probability of superiority of a meaningful difference: Bouthillier et al. 2021, arXiv 2103.03098v1."""
ERROR = 0.05
"""Of all pairs together. With one pair, its intervals say the same."""
FEWEST_REPLICATES = 6
"""With fewer the comparison is exploratory: not even unanimous replicates would reject a sign test at 5 %."""


class Evidence(NamedTuple):
    """All that a verdict rests on.

    Attributes:
        names: the names of the cells, A and B.
        tests: test score of each cell with its interval; lower is better.
        difference: A - B, paired.
        superiority: P(A better than B).
        equivalence: the test of whether the difference lies in the region of equivalence.
        over_baseline: the test score of each cell less that of the strongest simple baseline, paired, as both vary with
            the split; None where the task has no baseline.
        over_others: the same less each other simple baseline's score.
        p: the p-values of difference and equivalence, corrected for the number of pairs that are compared.
        changes: where the two change places as the budget of the search grows.
    """

    names: tuple[str, str]
    tests: tuple[Estimate, Estimate]
    difference: Estimate
    superiority: Superiority
    equivalence: Equivalence
    over_baseline: tuple[Estimate, Estimate] | None
    over_others: tuple[tuple[Estimate, Estimate], ...]
    p: tuple[float, float]
    changes: tuple[Change, ...]

    def beats_baseline(self) -> tuple[bool, bool]:
        """Return for each cell whether all that it is over any simple baseline is below 0; true without baselines.

        The strongest is chosen in validation, and may be no good in the test: to be better than it and worse than the
        last value, say, is to beat nothing. The upper end of a 95 % interval is a test at 2.5 %, so that both cells
        together err in 5 of 100 at most; that each has to pass for every baseline makes it fewer.
        """
        if self.over_baseline is None:
            return True, True
        over_all = (self.over_baseline, *self.over_others)
        return all(a.high < 0 for a, _ in over_all), all(b.high < 0 for _, b in over_all)

    def within(self, least: float, most: float) -> Evidence:
        """Return it with the intervals of the test scores cut to what these can be; differences stay as they are.

        Args:
            least: a number that no score is below.
            most: a number that no score is above.
        """
        a, b = self.tests
        return self._replace(tests=(a.within(least, most), b.within(least, most)))


class Decision(NamedTuple):
    """A verdict without its words.

    Attributes:
        label: the first label in ``PRECEDENCE`` whose condition holds.
        names: the names of the cells A and B.
        meaningful: whether the better cell is better in 3 of 4 replicates or more, in more than half of them for
            certain, and by more than the region of equivalence.
        exploratory: whether there are too few replicates for more than a hint.
    """

    label: Label
    names: tuple[str, str]
    meaningful: bool
    exploratory: bool

    @property
    def winner(self) -> str | None:
        """The better cell's name; None where the label calls neither better."""
        return winner_of(self.label, self.names)

    def entry(self) -> DecisionEntry:
        """Return the decision as results.json holds it, its label as text."""
        return {
            "label": text_of(self.label, self.names),
            "winner": self.winner,
            "meaningful": self.meaningful,
            "exploratory": self.exploratory,
        }


PRECEDENCE: dict[Label, Callable[[Evidence], bool]] = {
    Label.NEITHER_BEATS_BASELINE: lambda e: not any(e.beats_baseline()),
    Label.BUDGET_DEPENDENT: lambda e: bool(e.changes),
    Label.A_BETTER: lambda e: e.difference.high < 0 and e.p[0] <= ERROR,
    Label.B_BETTER: lambda e: e.difference.low > 0 and e.p[0] <= ERROR,
    Label.PRACTICALLY_EQUIVALENT: lambda e: e.equivalence.equivalent and e.p[1] <= ERROR,
    Label.NOT_RESOLVED: lambda e: True,
}
"""Labels with their conditions; the first that holds is the verdict, and the last always holds."""


def decide(evidence: Evidence) -> Decision:
    """Return the one verdict that the precedence table gives.

    Example:
        >>> a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [2.0, 2.2, 1.9, 2.1, 2.0, 2.1]
        >>> decide(weigh(("LSTM", "GRU"), a, b, region=0.1, baseline=3.0)).label
        <Label.A_BETTER: '{a} better'>
    """
    label = next(label for label, holds in PRECEDENCE.items() if holds(evidence))
    s = evidence.superiority if label is Label.A_BETTER else evidence.superiority.mirrored()
    return Decision(
        label=label,
        names=evidence.names,
        meaningful=winner_of(label, evidence.names) is not None
        and s.probability >= MEANINGFUL
        and s.low > 0.5
        and not evidence.equivalence.equivalent,
        exploratory=evidence.difference.n < FEWEST_REPLICATES,
    )


def weigh(
    names: tuple[str, str],
    a: Any,
    b: Any,
    region: float,
    baseline: Any,
    *,
    p: tuple[float, float] | None = None,
    changes: tuple[Change, ...] = (),
) -> Evidence:
    """Return the evidence in test scores ``a [n]`` and ``b [n]`` of paired replicates.

    Args:
        names: the names of A and B.
        a: the test scores of A; lower is better.
        b: the test scores of B, paired with those of A.
        region: half-width of the region of practical equivalence.
        baseline: test score of the strongest simple baseline in each replicate, ``[n]``, one number that is the same in
            all, or those of all baselines, the strongest in validation first, ``[m, n]``; None where there is none.
        p: corrected p-values of difference and equivalence; None takes them as they are, for a single pair.
        changes: where the two change places as the budget grows.

    Raises:
        InputError: as ``statistics.paired_difference`` and ``statistics.equivalence``.
    """
    shape = (*np.shape(baseline)[:-1], len(a))
    every = [] if baseline is None else np.broadcast_to(baseline, shape).reshape(-1, len(a))
    over = [(paired_difference(a, scores), paired_difference(b, scores)) for scores in every]
    difference, equivalent = paired_difference(a, b), equivalence(a, b, region)
    return Evidence(
        names=names,
        tests=(estimate(a), estimate(b)),
        difference=difference,
        superiority=superiority(a, b),
        equivalence=equivalent,
        over_baseline=over[0] if over else None,
        over_others=tuple(over[1:]),
        p=(difference_p(difference), equivalent.p) if p is None else p,
        changes=changes,
    )
