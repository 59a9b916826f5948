"""The decision: from evidence to exactly one label of a closed vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.statistics.equivalence import Equivalence, equivalence
from gatedrnn.statistics.paired import Estimate, difference_p, estimate, paired_difference
from gatedrnn.statistics.superiority import Superiority, superiority

if TYPE_CHECKING:
    from gatedrnn.compare.verdict.budgets import Change

MEANINGFUL = 0.75
"""Least probability of superiority of a meaningful difference: Bouthillier et al. 2021, arXiv 2103.03098v1."""
ERROR = 0.05
"""Of all pairs together. With one pair, its intervals say the same."""
FEWEST_REPLICATES = 6
"""With fewer the comparison is exploratory: not even unanimous replicates would reject a sign test at 5 %."""


class Evidence(NamedTuple):
    """All that a verdict rests on.

    Attributes:
        names: of the cells A and B.
        tests: test score of each with its interval; lower is better.
        difference: A - B, paired.
        superiority: P(A better than B).
        equivalence: of A and B.
        over_baseline: of each cell, its test score less that of the strongest simple baseline, paired: both vary with
            the split; None where the task has no baseline.
        p: of the difference and of the equivalence, corrected for the number of pairs that are compared.
        changes: where the two change places as the budget of the search grows.
    """

    names: tuple[str, str]
    tests: tuple[Estimate, Estimate]
    difference: Estimate
    superiority: Superiority
    equivalence: Equivalence
    over_baseline: tuple[Estimate, Estimate] | None
    p: tuple[float, float]
    changes: tuple[Change, ...]

    def beats_baseline(self) -> tuple[bool, bool]:
        """Return for each cell whether the whole interval of what it is over the baseline is below 0; true without one.

        The upper end of a 95 % interval is a test at 2.5 %, so that both cells together err in 5 of 100 at most.
        """
        if self.over_baseline is None:
            return True, True
        a, b = self.over_baseline
        return a.high < 0, b.high < 0


class Decision(NamedTuple):
    """A verdict without its words.

    Attributes:
        label: of the vocabulary that ``PRECEDENCE`` lists.
        winner: the better cell; None where there is none.
        meaningful: whether it is better in 3 of 4 replicates or more, in more than half of them for certain, and
            by more than the region of equivalence.
        exploratory: whether there are too few replicates for more than a hint.
    """

    label: str
    winner: str | None
    meaningful: bool
    exploratory: bool


PRECEDENCE: tuple[tuple[str, Callable[[Evidence], bool]], ...] = (
    ("neither beats the baseline", lambda e: not any(e.beats_baseline())),
    ("budget-dependent", lambda e: bool(e.changes)),
    ("{a} better", lambda e: e.difference.high < 0 and e.p[0] <= ERROR),
    ("{b} better", lambda e: e.difference.low > 0 and e.p[0] <= ERROR),
    ("practically equivalent", lambda e: e.equivalence.equivalent and e.p[1] <= ERROR),
    ("not resolved", lambda e: True),
)
"""Labels with their conditions; the first that holds is the verdict, and the last always holds."""


def decide(evidence: Evidence) -> Decision:
    """Return the one verdict that the precedence table gives.

    Example:
        >>> a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [2.0, 2.2, 1.9, 2.1, 2.0, 2.1]
        >>> decide(weigh(("LSTM", "GRU"), a, b, region=0.1, baseline=3.0)).label
        'LSTM better'
    """
    a, b = evidence.names
    label = next(label for label, holds in PRECEDENCE if holds(evidence))
    winner = {"{a} better": a, "{b} better": b}.get(label)
    s = evidence.superiority if winner == a else evidence.superiority.mirrored()
    return Decision(
        label=label.format(a=a, b=b),
        winner=winner,
        meaningful=winner is not None
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
        names: of A and B.
        a: of A, lower is better.
        b: of B.
        region: half-width of the region of practical equivalence.
        baseline: test score of the strongest simple baseline in each replicate, ``[n]``, or one number that is the same
            in all; None where there is none.
        p: corrected p-values of difference and equivalence; None takes them as they are, for a single pair.
        changes: where the two change places as the budget grows.

    Raises:
        InputError: as ``statistics.paired_difference`` and ``statistics.equivalence``.
    """
    over = None if baseline is None else np.broadcast_to(baseline, np.shape(a))
    difference, equivalent = paired_difference(a, b), equivalence(a, b, region)
    return Evidence(
        names=names,
        tests=(estimate(a), estimate(b)),
        difference=difference,
        superiority=superiority(a, b),
        equivalence=equivalent,
        over_baseline=None if over is None else (paired_difference(a, over), paired_difference(b, over)),
        p=(difference_p(difference), equivalent.p) if p is None else p,
        changes=changes,
    )
