"""The verdict in words: what was shown, with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from gatedrnn.comparison.verdict.label import Label
from gatedrnn.comparison.verdict.scope import scope
from gatedrnn.experiment.formatting import count, decimals, interval, number, seconds

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import SentenceEntry
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.comparison.schema.runs import BaselineEntry
    from gatedrnn.comparison.verdict.decide import Decision, Evidence
    from gatedrnn.costs.cheaper import Cheaper
    from gatedrnn.experiment.provenance import Device


class Findings(NamedTuple):
    """What the words are made from.

    Attributes:
        evidence: the statistics that the label rests on.
        decision: the label with its winner.
        baseline: the entry of the strongest simple baseline; None where there is none.
        replicates_needed: how many replicates would resolve the observed difference; None where no number would.
        cheaper: which of the two cells costs less.
        unit: the unit of the test scores.
        part: the part of the gain over the baseline that the region of equivalence is.
        aside: what another metric says, where it disagrees.
        best: the entry of the simple baseline of the best test score; None where there is none.
    """

    evidence: Evidence
    decision: Decision
    baseline: BaselineEntry | None
    replicates_needed: int | None
    cheaper: Cheaper
    unit: str
    part: float
    aside: str = ""
    best: BaselineEntry | None = None

    @property
    def places(self) -> int:
        """Decimals that the uncertainty of the difference allows."""
        d = self.evidence.difference
        return decimals((d.high - d.low) / 2)


def headline(findings: Findings) -> str:
    """Return the verdict in a few words."""
    notes = "; ".join(note for note in (findings.aside, "exploratory" if findings.decision.exploratory else "") if note)
    return _headline(findings) + (f" ({notes})" if notes else "")


def _headline(findings: Findings) -> str:
    decision = findings.decision
    match decision.label:
        case Label.NEITHER_BEATS_BASELINE:
            return "Neither beats the baseline"
        case Label.BUDGET_DEPENDENT:
            first = findings.evidence.changes[0]
            return f"It depends on the budget: {first.better_before} with less, {first.better_after} with more"
        case Label.A_BETTER | Label.B_BETTER:
            if findings.evidence.equivalence.equivalent:
                return f"{decision.winner} is better, by too little to matter"
            return f"{decision.winner} is {'meaningfully ' if decision.meaningful else ''}better"
        case Label.PRACTICALLY_EQUIVALENT:
            take = f": take {findings.cheaper.cell}, the cheaper" if findings.cheaper.cell else ""
            return f"Practically equivalent{take}"
        case Label.NOT_RESOLVED:
            return "Not resolved at this budget"
        case _:
            assert_never(decision.label)


def sentence(findings: Findings, task: TestedTask, device: Device) -> SentenceEntry:
    """Return the finding, its scope, and both in one."""
    n = findings.evidence.difference.n
    finding = _finding(findings)
    if findings.decision.exploratory:
        finding = f"Exploratory, as {n} replicates are too few for a verdict: {finding}"
    where = scope(task, device)
    return {"finding": finding, "scope": where, "sentence": f"{finding} Scope: {where}."}


def _finding(findings: Findings) -> str:
    label, (a, b) = findings.decision.label, findings.evidence.names
    match label:
        case Label.NEITHER_BEATS_BASELINE:
            return _neither(findings)
        case Label.BUDGET_DEPENDENT:
            return _budget_dependent(findings)
        case Label.A_BETTER:
            return _better(findings, winner=a, loser=b)
        case Label.B_BETTER:
            return _better(findings, winner=b, loser=a)
        case Label.PRACTICALLY_EQUIVALENT:
            return _equivalent(findings)
        case Label.NOT_RESOLVED:
            return _not_resolved(findings)
        case _:
            assert_never(label)


def _better(findings: Findings, winner: str, loser: str) -> str:
    decision, places, e = findings.decision, findings.places, findings.evidence
    scores = dict(zip(e.names, e.tests, strict=True))
    d = e.difference
    low, high = sorted((abs(d.low), abs(d.high)))
    superiority = e.superiority if winner == e.names[0] else e.superiority.mirrored()
    return (
        f"{winner} is {'meaningfully ' if decision.meaningful else ''}better than {loser}: "
        f"{number(scores[winner].mean, places)} against {number(scores[loser].mean, places)} {findings.unit} on the "
        f"test set, lower by {number(abs(d.mean), places)} {interval(low, high, places)} (mean of {d.n} paired "
        f"replicates, 95 % t interval), and better in {superiority.wins} of {d.n} replicates. "
        f"{_how_much(findings)}{_against_baseline(findings)}"
    )


def _how_much(findings: Findings) -> str:
    """Say why a difference that is there is not called meaningful."""
    e, decision = findings.evidence, findings.decision
    if e.equivalence.equivalent:
        return f"That is inside {_region(findings)}, so it is too little to matter. "
    if decision.meaningful:
        return ""
    s = e.superiority if decision.winner == e.names[0] else e.superiority.mirrored()
    return (
        f"Its probability of superiority, {number(s.probability, 2)} {interval(s.low, s.high, 2)}, falls short of a "
        "meaningful improvement (0.75 or more, with the interval above 0.5). "
    )


def _equivalent(findings: Findings) -> str:
    (a, b), places, q = findings.evidence.names, findings.places, findings.evidence.equivalence
    return (
        f"{a} and {b} are practically equivalent: the difference {a} \u2212 {b}, "
        f"{number(findings.evidence.difference.mean, places)} {interval(q.low, q.high, places)} {findings.unit} "
        f"(90 % interval), lies inside {_region(findings)}. {_take(findings.cheaper)} {_against_baseline(findings)}"
    )


def _not_resolved(findings: Findings) -> str:
    (a, b), places, d = findings.evidence.names, findings.places, findings.evidence.difference
    needed = findings.replicates_needed
    estimated = (
        "No number of replicates can be estimated, as the observed difference is next to nothing."
        if needed is None
        else f"About {count(needed)} replicates would resolve it (power 0.8), were this difference the true one."
    )
    region = findings.evidence.equivalence.region
    inside = f" and does not lie inside {_region(findings)}" if region > 0 else ""
    return (
        f"The difference between {a} and {b} is not resolved: {a} \u2212 {b} is {number(d.mean, places)} "
        f"{interval(d.low, d.high, places)} {findings.unit} (mean of {d.n} paired replicates, 95 % t interval), which "
        f"{_not_excluded(findings)}{inside}. {estimated} {_against_baseline(findings)}"
    )


def _not_excluded(findings: Findings) -> str:
    d = findings.evidence.difference
    if d.low <= 0 <= d.high:
        return "does not exclude 0"
    return f"excludes 0 by itself, but not among all pairs (Holm's p is {findings.evidence.p[0]:.2g})"


def _budget_dependent(findings: Findings) -> str:
    (a, b), places, e = findings.evidence.names, findings.places, findings.evidence
    said = "; ".join(
        f"against {'number of trials' if c.against == 'trials' else 'time of training'}, {c.better_before} is better "
        f"up to {_amount(c.against, c.before)}, {c.better_after} from {_amount(c.against, c.after)} on"
        for c in e.changes
    )
    return (
        f"Which of {a} and {b} is better depends on the budget of the search. By expected best validation, {said} "
        f"(intervals exclude 0 on both sides). With all of this budget, {a} \u2212 {b} is "
        f"{number(e.difference.mean, places)} {interval(e.difference.low, e.difference.high, places)} {findings.unit} "
        f"in the test (mean of {e.difference.n} paired replicates, 95 % t interval). {_against_baseline(findings)}"
    )


def _amount(against: str, value: float) -> str:
    return f"{round(value)}" if against == "trials" else seconds(value)


def _neither(findings: Findings) -> str:
    e, places = findings.evidence, findings.places
    assert findings.baseline is not None
    scores = " nor ".join(
        f"{name} ({number(test.mean, places)} {interval(test.low, test.high, places)})"
        for name, test in zip(e.names, e.tests, strict=True)
    )
    strongest = f"{findings.baseline['name']} ({_baseline(findings.baseline, places)} {findings.unit})"
    beaten = e.over_baseline is not None and any(less.high < 0 for less in e.over_baseline)
    what = (
        f"every simple baseline in the test; {strongest}, the strongest in validation, is beaten, but not the others"
        if beaten
        else f"the strongest simple baseline, {strongest}{_better_in_test(findings)}"
    )
    return f"Neither {scores} is shown to beat {what}. Until one does, the simpler model is the better choice."


def _better_in_test(findings: Findings) -> str:
    """Return which baseline is the best in the test, where it is another than the strongest in validation."""
    best = findings.best
    if best is None or findings.baseline is None or best["test"] >= findings.baseline["test"]:
        return ""
    return f", let alone the best in the test, {best['name']} ({_baseline(best, findings.places)})"


def _against_baseline(findings: Findings) -> str:
    if findings.baseline is None:
        return "There is no simple baseline to hold them against."
    e = findings.evidence
    which = [name for name, beats in zip(e.names, e.beats_baseline(), strict=True) if beats]
    subject = "Both are" if len(which) == 2 else f"Only {which[0]} is shown to be"
    strongest = f"{findings.baseline['name']} ({_baseline(findings.baseline, findings.places)})"
    return f"{subject} better than every simple baseline; the strongest in validation is {strongest}."


def _baseline(baseline: BaselineEntry, places: int) -> str:
    """Return the baseline's score, two digits of it at least: it may be much smaller than cells differ by."""
    return number(baseline["test"], max(places, decimals(abs(baseline["test"]))))


def _region(findings: Findings) -> str:
    half_width = findings.evidence.equivalence.region
    size = number(half_width, max(findings.places, decimals(half_width)))
    return (
        f"the region of practical equivalence, ±{size} ({100 * findings.part:g} % of what the best cell gains over "
        "the strongest simple baseline in validation)"
    )


def _take(cheaper: Cheaper) -> str:
    if cheaper.cell is None:
        return "Neither costs less by measured time, FLOPs or parameters."
    text = f"Take {cheaper.cell}, the cheaper by {_listed(cheaper.by)}"
    return text + (f" (by {_listed(cheaper.against)}, the other one is)." if cheaper.against else ".")


def _listed(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
