"""The verdict by a censored metric: by the order of paired values alone, as nothing more is known of some of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison.verdict.decide import ERROR, FEWEST_REPLICATES, MEANINGFUL, Decision
from gatedrnn.comparison.verdict.entries import superiority_entry
from gatedrnn.comparison.verdict.label import Label
from gatedrnn.comparison.verdict.pairs import names_of_pairs
from gatedrnn.statistics.holm import holm
from gatedrnn.statistics.ordered import Bound, Median, Signs, censored_median, paired_signs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float

    from gatedrnn.comparison.schema.censored import BoundEntry, CensoredEntry, MedianEntry
    from gatedrnn.comparison.schema.pairs import CensoredPair


class CensoredEvidence(NamedTuple):
    """All that a verdict by a censored metric rests on.

    Attributes:
        names: the names of the cells, A and B.
        medians: the median of each cell over its replicates.
        signs: the two held against each other, replicate by replicate.
        beats: whether each cell is better than every simple model in more than half of the replicates; None
            without such models.
        p: the p-value of the sign test, corrected for the number of pairs that are compared.
    """

    names: tuple[str, str]
    medians: tuple[Median, Median]
    signs: Signs
    beats: tuple[bool, bool] | None
    p: float

    def entry(self) -> CensoredPair:
        """Return it as results.json has it."""
        beats = self.beats or (None, None)
        each = zip(self.names, self.medians, beats, strict=True)
        return {
            "cells": {name: _median_entry(median, better) for name, median, better in each},
            "superiority": superiority_entry(self.signs.superiority),
            "p": self.p,
            "difference": {
                "low": self.signs.low if math.isfinite(self.signs.low) else None,
                "high": self.signs.high if math.isfinite(self.signs.high) else None,
                "level": self.signs.level,
            },
        }


def weigh_censored(censored: CensoredEntry, cells: Sequence[str]) -> dict[tuple[str, str], CensoredEvidence]:
    """Return the evidence of each pair of cells, p-values corrected for their number (Holm 1979).

    Args:
        censored: what was seen of each replicate.
        cells: the names of the cells in their order.

    Example:
        >>> seen = {"LSTM": [10, 20, 20, 30, 10, 20], "GRU": [None, None, 40, None, 20, 30]}
        >>> entry = {"higher": False, "limit": 40, "cells": seen, "baselines": {"always the mean": [None] * 6}}
        >>> weighed = weigh_censored(entry, ["LSTM", "GRU"])["LSTM", "GRU"]
        >>> weighed.p, weighed.beats, weighed.medians[1].value
        (0.03125, (True, False), Bound(value=40.0, beyond=True))
    """
    every, limit, higher = names_of_pairs(cells), censored["limit"], censored["higher"]
    seen = {name: _numbers(censored["cells"][name]) for name in cells}
    models = [_numbers(each) for each in censored["baselines"].values()]
    signs = [paired_signs(seen[a], seen[b], limit, higher=higher) for a, b in every]
    medians = {name: censored_median(each, limit) for name, each in seen.items()}
    beats = {name: all(_mostly_better(each, model, higher=higher) for model in models) for name, each in seen.items()}
    return {
        (a, b): CensoredEvidence(
            (a, b), (medians[a], medians[b]), of_pair, (beats[a], beats[b]) if models else None, float(p)
        )
        for (a, b), of_pair, p in zip(every, signs, holm([each.p for each in signs]), strict=True)
    }


def decide_censored(evidence: CensoredEvidence) -> Decision:
    """Return the one verdict that follows, of the same labels as by scores, in the same order of precedence.

    There is no region of equivalence, and no curve against the budget: those two labels are not given.
    """
    won = evidence.signs.superiority
    if evidence.beats is not None and not any(evidence.beats):
        label = Label.NEITHER_BEATS_BASELINE
    elif evidence.p <= ERROR and won.wins > won.losses:
        label = Label.A_BETTER
    elif evidence.p <= ERROR:
        label = Label.B_BETTER
    else:
        label = Label.NOT_RESOLVED
    of_winner = won if label is Label.A_BETTER else won.mirrored()
    better = label in (Label.A_BETTER, Label.B_BETTER)
    return Decision(
        label=label,
        names=evidence.names,
        meaningful=better and of_winner.probability >= MEANINGFUL and of_winner.low > 0.5,
        exploratory=evidence.medians[0].n < FEWEST_REPLICATES,
    )


def _numbers(seen: Sequence[int | None]) -> Float[np.ndarray, "n"]:
    return np.array([np.inf if value is None else value for value in seen], float)


def _mostly_better(cell: Float[np.ndarray, "n"], model: Float[np.ndarray, "n"], *, higher: bool) -> bool:
    better = cell > model if higher else cell < model
    return 2 * int(better.sum()) > len(cell)


def _median_entry(median: Median, beats: bool | None) -> MedianEntry:
    return {
        "value": _bound_entry(median.value),
        "low": _bound_entry(median.low),
        "high": _bound_entry(median.high),
        "level": median.level,
        "censored": median.censored,
        "n": median.n,
        "beats_baseline": beats,
    }


def _bound_entry(bound: Bound) -> BoundEntry:
    return {"value": bound.value, "beyond": bound.beyond}
