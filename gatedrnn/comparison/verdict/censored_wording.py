"""The verdict by a censored metric in words: medians, who was first or further how often, and how much was not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from gatedrnn.comparison.verdict.label import Label
from gatedrnn.comparison.verdict.scope import scope
from gatedrnn.experiment.formatting import count, interval, number, percent

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.censored import BoundEntry, CensoredEntry
    from gatedrnn.comparison.schema.pairs import SentenceEntry
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.comparison.verdict.censored import CensoredEvidence
    from gatedrnn.comparison.verdict.decide import Decision
    from gatedrnn.experiment.provenance import Device


class CensoredFindings(NamedTuple):
    """What the words are made from.

    Attributes:
        evidence: the statistics that the label rests on.
        decision: the label with its winner.
        metric: what was seen of each replicate.
        unit: the unit of the task, of which the threshold is.
        aside: what the verdict by scores says, where it names another winner; else nothing.
    """

    evidence: CensoredEvidence
    decision: Decision
    metric: CensoredEntry
    unit: str
    aside: str = ""


def said(bound: BoundEntry, metric: CensoredEntry) -> str:
    """Return a number that may be censored.

    Example:
        >>> said({"value": 41400.0, "beyond": True}, {"name": "steps-to-threshold"})
        'more than 41,400'
        >>> said({"value": 200.0, "beyond": True}, {"name": "longest-length"})
        '200 or more'
    """
    shown = number(bound["value"], int(bound["value"] % 1 > 0))
    if not bound["beyond"]:
        return shown
    match metric["name"]:
        case "steps-to-threshold":
            return f"more than {shown}"
        case "longest-length":
            return f"{shown} or more"
        case _:
            assert_never(metric["name"])


def headline(findings: CensoredFindings) -> str:
    """Return the verdict in a few words."""
    few = "exploratory" if findings.decision.exploratory else ""
    notes = "; ".join(note for note in (findings.aside, few) if note)
    return f"{_headline(findings)}{f' ({notes})' if notes else ''}"


def _headline(findings: CensoredFindings) -> str:
    decision = findings.decision
    match decision.label:
        case Label.NEITHER_BEATS_BASELINE:
            return "Neither beats the baseline"
        case Label.A_BETTER | Label.B_BETTER:
            much = "meaningfully " if decision.meaningful else ""
            return f"{decision.winner} is {much}better: {_better(findings.metric)}"
        case Label.NOT_RESOLVED:
            return "Not resolved at this budget"
        case Label.BUDGET_DEPENDENT | Label.PRACTICALLY_EQUIVALENT:
            raise AssertionError(f"{decision.label} is never given by a censored metric")
        case _:
            assert_never(decision.label)


def sentence(findings: CensoredFindings, task: TestedTask, device: Device) -> SentenceEntry:
    """Return the finding, its scope, and both in one."""
    finding = " ".join([_finding(findings), _medians(findings), _censored(findings), _difference(findings)])
    if findings.decision.exploratory:
        few = findings.evidence.medians[0].n
        finding = f"Exploratory, as {few} replicates are too few for a verdict: {finding}"
    where = scope(task, device)
    return {"finding": finding, "scope": where, "sentence": f"{finding} Scope: {where}."}


def not_seen(findings: CensoredFindings) -> str | None:
    """Return how many replicates of which cell are censored, as a sentence; None where none is."""
    return _censored(findings) if any(median.censored for median in findings.evidence.medians) else None


def goal(metric: CensoredEntry, unit: str) -> str:
    """Return what is counted to, in words.

    Args:
        metric: what was seen of each replicate.
        unit: the unit of the task.
    """
    match metric["name"]:
        case "steps-to-threshold":
            assert metric["threshold"] is not None
            return f"a validation loss of {metric['threshold']:.3g} {unit}"
        case "longest-length":
            return f"all words up to n = {count(metric['limit'])}"
        case _:
            assert_never(metric["name"])


def _finding(findings: CensoredFindings) -> str:
    e, decision, metric = findings.evidence, findings.decision, findings.metric
    (a, b), won, n = e.names, e.signs.superiority, e.medians[0].n
    tied = f", {won.ties} tied" if won.ties else ""
    match decision.label:
        case Label.NEITHER_BEATS_BASELINE:
            models = ", ".join(metric["baselines"])
            return (
                f"Neither {a} nor {b} is better than every simple model ({models}) in more than half of the {n} "
                "replicates."
            )
        case Label.A_BETTER | Label.B_BETTER:
            s = won if decision.label is Label.A_BETTER else won.mirrored()
            loser = b if decision.winner == a else a
            much = "meaningfully " if decision.meaningful else ""
            return (
                f"{decision.winner} is {much}better than {loser}: {_better(metric)} in {s.wins} of {n} replicates"
                f"{tied} (P {number(s.probability, 2)} {interval(s.low, s.high, 2)}, exact sign test p {e.p:.2g})."
            )
        case Label.NOT_RESOLVED:
            open_ = f"{won.wins} of {n} replicates for {a}, {won.losses} for {b}{tied}"
            return f"Which of {a} and {b} is better is not resolved: {open_} (exact sign test p {e.p:.2g})."
        case Label.BUDGET_DEPENDENT | Label.PRACTICALLY_EQUIVALENT:
            raise AssertionError(f"{decision.label} is never given by a censored metric")
        case _:
            assert_never(decision.label)


def _better(metric: CensoredEntry) -> str:
    match metric["name"]:
        case "steps-to-threshold":
            return "it reaches the threshold after fewer updates"
        case "longest-length":
            return "it accepts longer words"
        case _:
            assert_never(metric["name"])


def _medians(findings: CensoredFindings) -> str:
    entry, metric = findings.evidence.entry(), findings.metric
    shown = " and ".join(
        f"{said(median['value'], metric)} of {name} [{said(median['low'], metric)}; {said(median['high'], metric)}]"
        for name, median in entry["cells"].items()
    )
    level = percent(findings.evidence.medians[0].level)
    match metric["name"]:
        case "steps-to-threshold":
            looked = f", looked at every {count(metric['every'])} updates"
            what = f"Updates to {goal(metric, findings.unit)}{looked}"
        case "longest-length":
            what = "Longest n up to which all words are accepted"
        case _:
            assert_never(metric["name"])
    return f"{what}: in the median {shown} (order statistics, {level})."


def _censored(findings: CensoredFindings) -> str:
    metric = findings.metric
    each = zip(findings.evidence.names, findings.evidence.medians, strict=True)
    counted = [f"{median.censored} of {median.n} replicates of {name}" for name, median in each if median.censored]
    if not counted:
        return "No replicate is censored."
    match metric["name"]:
        case "steps-to-threshold":
            how = f"did not reach it within {count(metric['limit'])} updates, or stopped before"
        case "longest-length":
            how = f"accepted {goal(metric, findings.unit)}, and no longer ones were asked for"
        case _:
            assert_never(metric["name"])
    return f"Censored: {' and '.join(counted)} {how}."


def _difference(findings: CensoredFindings) -> str:
    (a, b), signs = findings.evidence.names, findings.evidence.signs
    low, high = (None if abs(end) == float("inf") else number(end, int(end % 1 > 0)) for end in (signs.low, signs.high))
    level = percent(signs.level)
    if low is None and high is None:
        return f"Nothing bounds the median of {a} \u2212 {b}."
    if low is None or high is None:
        side = f"{high} or less" if low is None else f"{low} or more"
        return f"The median of {a} \u2212 {b} is {side} ({level})."
    return f"The median of {a} \u2212 {b} lies in [{low}, {high}] ({level})."
