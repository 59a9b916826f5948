"""Statistics as results.json has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import BootstrapEntry, EquivalenceEntry, EstimateEntry, SuperiorityEntry
    from gatedrnn.statistics.bootstrap import Interval
    from gatedrnn.statistics.equivalence import Equivalence
    from gatedrnn.statistics.paired import Estimate
    from gatedrnn.statistics.superiority import Superiority


def estimate_entry(e: Estimate) -> EstimateEntry:
    """Return a mean over replicates with its interval."""
    return {
        "mean": e.mean,
        "low": e.low,
        "high": e.high,
        "level": e.level,
        "standard_deviation": e.standard_deviation,
        "n": e.n,
    }


def bootstrap_entry(interval: Interval) -> BootstrapEntry:
    """Return a bootstrap interval."""
    return {
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
        "resamples": interval.resamples,
    }


def superiority_entry(s: Superiority) -> SuperiorityEntry:
    """Return a probability of superiority with what it was counted from."""
    return {
        "probability": s.probability,
        "low": s.low,
        "high": s.high,
        "level": s.level,
        "wins": s.wins,
        "losses": s.losses,
        "ties": s.ties,
    }


def equivalence_entry(e: Equivalence) -> EquivalenceEntry:
    """Return two one-sided tests against the region of equivalence."""
    return {
        "region": e.region,
        "low": e.low,
        "high": e.high,
        "level": e.level,
        "p": e.p,
        "equivalent": e.equivalent,
    }
