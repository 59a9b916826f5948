"""A pair whose verdict rests on a censored metric: that of the scores then stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict import censored_wording as wording
from gatedrnn.comparison.verdict.censored import decide_censored
from gatedrnn.comparison.verdict.metric import short
from gatedrnn.comparison.verdict.pairs import restricted

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import OtherEntry, PairEntry
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.comparison.verdict.censored import CensoredEvidence
    from gatedrnn.experiment.provenance import Device


def by_censored(pair: PairEntry, evidence: CensoredEvidence, task: TestedTask, device: Device) -> PairEntry:
    """Return a pair with the verdict by a censored metric, the one by scores beside it.

    Args:
        pair: the pair's entry as it is by scores.
        evidence: what was seen of the two cells by the censored metric.
        task: the task's entry, which has a censored metric.
        device: the entry of the device in results.json.
    """
    metric = task["censored"]
    assert metric is not None
    decision, by_scores = decide_censored(evidence), pair["verdict"]
    disagrees = len({decision.winner, by_scores["winner"]} - {None}) == 2
    aside = f"by {short(task['metric']['name'])}, {by_scores['winner']} is" if disagrees else ""
    findings = wording.CensoredFindings(evidence, decision, metric, task["unit"], aside)
    unseen = wording.not_seen(findings)
    return {
        "names": pair["names"],
        "statistics": pair["statistics"],
        "verdict": {
            **decision.entry(),
            "headline": wording.headline(findings),
            **wording.sentence(findings, restricted(task, pair["names"]), device),
            "cheaper": by_scores["cheaper"],
            "caveats": [*([unseen] if unseen else []), *by_scores["caveats"]],
        },
        "other": _of_scores(pair, task, disagrees=disagrees),
        "censored": evidence.entry(),
    }


def _of_scores(pair: PairEntry, task: TestedTask, *, disagrees: bool) -> OtherEntry:
    cells = pair["statistics"]["cells"]
    d = pair["statistics"]["difference"]
    return {
        "metric": task["metric"],
        "label": pair["verdict"]["label"],
        "headline": pair["verdict"]["headline"],
        "disagrees": disagrees,
        "tests": {name: each["test"] for name, each in cells.items()},
        "difference": {
            "mean": d["mean"],
            "low": d["low"],
            "high": d["high"],
            "level": d["level"],
            "standard_deviation": d["standard_deviation"],
            "n": d["n"],
        },
        "over_baseline": {name: each["over_baseline"] for name, each in cells.items()},
    }
