"""The vocabulary is closed: every label has its words and its advice, and no other text is taken for a label."""

from __future__ import annotations

import copy
from typing import Any

import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.verdict import wording
from gatedrnn.comparison.verdict.budgets import Change
from gatedrnn.comparison.verdict.decide import Decision, weigh
from gatedrnn.comparison.verdict.label import Label, label_of, text_of, winner_of
from gatedrnn.costs.cheaper import cheaper
from gatedrnn.errors import InputError
from gatedrnn.report.next_steps import next_steps
from gatedrnn.report.overall import overall
from tests.helpers.fake_results import PARTS, make_task
from tests.helpers.paths import ROOT
from tests.helpers.report_pages import judged

NAMES = ("LSTM", "GRU")
HEADLINES = {
    Label.NEITHER_BEATS_BASELINE: "Neither beats the baseline",
    Label.BUDGET_DEPENDENT: "It depends on the budget: LSTM with less, GRU with more",
    Label.A_BETTER: "LSTM is better",
    Label.B_BETTER: "GRU is better",
    Label.PRACTICALLY_EQUIVALENT: "Practically equivalent: take GRU, the cheaper",
    Label.NOT_RESOLVED: "Not resolved at this budget",
}


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return judged(make_task(replicates=6, trials=2))


def relabelled(results: dict[str, Any], text: str) -> dict[str, Any]:
    """Return results whose one pair has another label, with what a verdict of any label needs."""
    changed = copy.deepcopy(results)
    (pair,) = changed["tasks"][0]["pairs"]
    pair["verdict"]["label"] = text
    pair["statistics"]["replicates_needed"] = 20
    pair["statistics"]["expected_best"] = {"changes": [{"better_before": "LSTM", "better_after": "GRU"}]}
    return changed


@pytest.mark.parametrize("label", Label)
def test_every_label_has_words_of_its_own(label: Label) -> None:
    a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [1.1, 1.0, 1.0, 0.9, 1.0, 1.1]
    change = Change("trials", 2.0, 9.0, "LSTM", "GRU")
    baseline = {"name": "autoregression", "test": 3.0}
    evidence = weigh(NAMES, a, b, region=0.01, baseline=3.0, changes=(change,))
    decision = Decision(label, NAMES, meaningful=False, exploratory=False)
    findings = wording.Findings(evidence, decision, baseline, 20, cheaper(PARTS), "nats", 0.02)
    assert wording.headline(findings) == HEADLINES[label]
    task = make_task(replicates=6, trials=1)
    device = {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2}
    said = {}
    for other in Label:
        of_other = findings._replace(decision=decision._replace(label=other))
        said[other] = wording.sentence(of_other, task, device)["finding"]
    assert [other for other in Label if said[other] == said[label]] == [label]


@pytest.mark.parametrize("label", Label)
def test_every_label_has_advice(label: Label, results: dict[str, Any]) -> None:
    changed = relabelled(results, text_of(label, NAMES))
    said = [step.text for step in next_steps(changed["tasks"][0], changed)]
    starts = {
        Label.NEITHER_BEATS_BASELINE: "Use autoregression: it is simpler",
        Label.BUDGET_DEPENDENT: "Decide what tuning may cost: with less, LSTM; with more, GRU.",
        Label.A_BETTER: "Use LSTM, with learning rates near",
        Label.B_BETTER: "Use GRU, with learning rates near",
        Label.PRACTICALLY_EQUIVALENT: "Of LSTM and GRU, take GRU, the cheaper",
        Label.NOT_RESOLVED: "To tell LSTM and GRU apart, plan about 20 replicates",
    }
    assert said[0].startswith(starts[label])


@pytest.mark.parametrize("label", Label)
def test_a_label_comes_back_from_its_text(label: Label) -> None:
    assert label_of(text_of(label, NAMES), NAMES) is label
    assert winner_of(label, NAMES) == {Label.A_BETTER: "LSTM", Label.B_BETTER: "GRU"}.get(label)


@pytest.mark.parametrize("text", ["GRU is best", "SimpleRNN better", "{a} better", "", "Not resolved"])
def test_no_other_text_is_a_label(text: str, results: dict[str, Any]) -> None:
    said = f"label: expected one of .*'not resolved', got '{text}'"
    with pytest.raises(InputError, match=said):
        label_of(text, NAMES)
    changed = relabelled(results, text)
    for shown in (overall, lambda task: next_steps(task, changed)):
        with pytest.raises(InputError, match=said):
            shown(changed["tasks"][0])


def test_the_documentation_lists_the_labels_in_their_order() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    rows = text.split("| label | condition |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    assert [row.split("`")[1] for row in rows] == [text_of(label, ("A", "B")) for label in Label]
