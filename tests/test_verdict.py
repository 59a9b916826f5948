"""Exactly one verdict for every input, by the table of precedence, with words that say what was shown."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.costs.cheaper import cheaper
from gatedrnn.comparison.verdict import decide as verdict
from gatedrnn.comparison.verdict import judge as judging
from gatedrnn.comparison.verdict.caveats import caveats
from tests.fake_results import PARTS, make_task

LABELS = ("neither beats the baseline", "LSTM better", "GRU better", "practically equivalent", "not resolved")
CPU = {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2}
NAMES = ("LSTM", "GRU")


def scores(differences: list[float], b: float = 1.0) -> tuple[list[float], list[float]]:
    """Return A's and B's scores with these differences A - B."""
    return [b + d for d in differences], [b] * len(differences)


def decide(differences: list[float], region: float = 0.0, baseline: float | None = 5.0) -> verdict.Decision:
    return verdict.decide(verdict.weigh(NAMES, *scores(differences), region=region, baseline=baseline))


def test_every_random_input_gives_exactly_one_verdict() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(1500):
        n = int(rng.integers(2, 20))
        a = rng.normal(0, 1, n)
        b = a + rng.choice([0.0, 0.02, 0.3, 2.0]) * rng.normal(0, 1, n) + rng.choice([-0.5, 0.0, 0.5])
        baseline = None if rng.uniform() < 0.1 else float(rng.normal(1, 2))
        evidence = verdict.weigh(NAMES, a, b, region=float(rng.choice([0.0, 0.1, 1.0])), baseline=baseline)
        decision = verdict.decide(evidence)
        seen.add(decision.label)
        assert LABELS.count(decision.label) == 1
        assert decision.winner == {"LSTM better": "LSTM", "GRU better": "GRU"}.get(decision.label)
        assert decision.exploratory == (n < 6)
        assert not (decision.meaningful and decision.winner is None)
        mirrored = verdict.decide(
            verdict.weigh(NAMES[::-1], b, a, region=evidence.equivalence.region, baseline=baseline)
        )
        assert mirrored == decision
    assert seen == set(LABELS)


def test_the_table_lists_the_vocabulary_and_always_ends() -> None:
    labels = [label.format(a="LSTM", b="GRU") for label, _ in verdict.PRECEDENCE]
    assert tuple(labels) == LABELS
    assert verdict.PRECEDENCE[-1][1](None)  # type: ignore[arg-type]


NOISE = [0.02, -0.01, 0.01, -0.02, 0.015, -0.015, 0.0, 0.0]


@pytest.mark.parametrize(
    ("shift", "region", "baseline", "label"),
    [
        (-0.5, 0.1, 5.0, "LSTM better"),
        (0.5, 0.1, 5.0, "GRU better"),
        (0.0, 0.1, 5.0, "practically equivalent"),
        (0.0, 0.001, 5.0, "not resolved"),
        (0.0, 0.0, 5.0, "not resolved"),
        (0.0, 0.1, None, "practically equivalent"),
        (-0.5, 0.1, 0.2, "neither beats the baseline"),  # comes before "LSTM better"
        (0.0, 0.1, 0.2, "neither beats the baseline"),  # and before "practically equivalent"
        (-0.05, 0.1, 5.0, "LSTM better"),  # comes before "practically equivalent", both hold
        (-0.5, 0.1, 0.7, "LSTM better"),  # one that beats the baseline is enough
    ],
)
def test_the_first_label_that_holds_is_the_verdict(
    shift: float, region: float, baseline: float | None, label: str
) -> None:
    assert decide([shift + d for d in NOISE], region, baseline).label == label


def test_the_whole_interval_of_a_cell_must_beat_the_baseline() -> None:
    # Interval of A: 1 ± t(7, 0.975) s / sqrt(8) with s = 0.0155, so 1 ± 0.013.
    assert decide(NOISE, baseline=1.02).label == "not resolved"
    a, b = [1 + d for d in NOISE], [1 - d for d in NOISE]
    evidence = verdict.weigh(NAMES, a, b, region=0.0, baseline=1.005)
    assert evidence.beats_baseline() == (False, False)


def test_meaningful_takes_superiority_with_its_interval_and_a_size_that_matters() -> None:
    assert decide([-0.5 + d for d in NOISE]).meaningful
    # Seven of eight: 0.875, but its exact interval reaches below a half.
    most = decide([-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 0.1])
    assert (most.winner, most.meaningful) == ("LSTM", False)
    # All of eight, but too little to matter.
    assert not decide([-0.05 + d for d in NOISE], region=0.1).meaningful
    # All of five are too few for certainty, which six are not.
    assert not decide([0.5, 0.51, 0.52, 0.5, 0.5]).meaningful
    assert decide([0.5, 0.51, 0.52, 0.5, 0.5, 0.5]).meaningful


@pytest.mark.parametrize(("n", "exploratory"), [(2, True), (5, True), (6, False), (8, False)])
def test_fewer_than_six_replicates_are_exploratory(n: int, exploratory: bool) -> None:
    task = make_task(replicates=n, trials=2)
    result = judging.judge(task, CPU)["verdict"]
    assert result["exploratory"] is exploratory
    for words in (result["headline"], result["sentence"]):
        assert ("xploratory" in words) is exploratory


def test_no_difference_between_a_cell_and_itself_in_95_of_100() -> None:
    # A/A with true differences of 0: 3 standard errors of 5 in 100 of 1000 are 0.021.
    rng = np.random.default_rng(3)
    labels = [decide(list(rng.normal(0, 1, 8)), baseline=None).label for _ in range(1000)]
    assert sum(label in ("LSTM better", "GRU better") for label in labels) / 1000 < 0.05 + 0.021


def test_the_region_comes_from_validation_alone() -> None:
    task = make_task(means=(-2.5, -2.75), baseline=-2.0)
    expected = 0.02 * (-2.0 - judging.mean_validation(task, "GRU"))
    assert judging.region(task) == pytest.approx(expected, rel=1e-12)
    assert 0.013 < expected < 0.016
    other = copy.deepcopy(task)
    for replicate in other["replicates"]:
        for cell in replicate["cells"].values():
            cell["test"]["nats"] += 1.0
    for baseline in other["baselines"]:
        baseline["test"] -= 1.0
    assert judging.region(other) == judging.region(task)


def test_there_is_no_region_without_a_gain_over_the_baseline() -> None:
    task = make_task(baseline=-3.0)
    assert judging.region(task) == 0.0
    result = judging.judge(task, CPU)["verdict"]
    assert result["label"] == "neither beats the baseline"
    assert "is shown to beat the strongest simple baseline, autoregression (" in result["sentence"]
    assert any("nothing can count as equivalent" in line for line in result["caveats"])


def test_a_task_without_baselines_has_a_verdict() -> None:
    task = {**make_task(), "baselines": []}
    result = judging.judge(task, CPU)
    assert result["verdict"]["label"] == "GRU better"
    assert "There is no simple baseline" in result["verdict"]["sentence"]
    assert result["statistics"]["cells"]["GRU"]["beats_baseline"] is None


def test_judge_returns_the_statistics_of_the_tests_scores() -> None:
    task = make_task("classification", means=(0.2, 0.14), baseline=0.6)
    result = judging.judge(task, CPU)
    json.dumps(result, allow_nan=False)
    a, b = (np.array(judging.replicate_scores(task, name, "nats")) for name in NAMES)
    statistics = result["statistics"]
    assert statistics["difference"]["mean"] == pytest.approx((a - b).mean(), rel=1e-12)
    assert statistics["superiority"]["probability"] == (a < b).mean()
    assert statistics["equivalence"]["region"] == judging.region(task)
    assert statistics["cells"]["LSTM"]["test"]["mean"] == pytest.approx(a.mean(), rel=1e-12)
    accuracy = [np.mean(judging.replicate_scores(task, name, "accuracy")) for name in NAMES]
    assert statistics["accuracy"]["difference"]["mean"] == pytest.approx(accuracy[0] - accuracy[1], rel=1e-9)
    assert judging.judge(make_task(), CPU)["statistics"]["accuracy"] is None


def test_the_sentence_says_what_was_shown_and_for_which_scope() -> None:
    task = make_task()
    result = judging.judge(task, CPU)["verdict"]
    said = result["sentence"]
    assert said.startswith("GRU is meaningfully better than LSTM: −2.763 against −2.619 nats per frame")
    assert "0.143 [0.124, 0.162]" in said
    assert "in 8 of 8 replicates" in said
    for part in (
        task["data_sha256"][:12],
        "LSTM(hidden=32) and GRUResetAfter(hidden=37) matched by parameters (6,552 and 6,499)",
        "8 replicates of 16 trials",
        "at most 300 epochs",
        "CPU (2 cores)",
    ):
        assert part in result["scope"]
        assert part in said


def test_not_resolved_names_the_replicates_needed() -> None:
    task = make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4)
    result = judging.judge(task, CPU)
    assert result["verdict"]["label"] == "not resolved"
    assert f"About {result['statistics']['replicates_needed']} replicates" in result["verdict"]["sentence"]


def test_practically_equivalent_names_the_cheaper_cell() -> None:
    task = make_task(means=(-2.78, -2.781), spread=0.006)
    result = judging.judge(task, CPU)["verdict"]
    assert result["label"] == "practically equivalent"
    assert result["headline"] == "Practically equivalent: take GRU, the cheaper"
    assert "Take GRU, the cheaper by measured time per step." in result["sentence"]


def test_the_cheaper_cell_is_named_with_what_speaks_against_it() -> None:
    cells = copy.deepcopy(PARTS)
    assert cheaper(cells) == ("GRU", ("measured time per step",), ())
    cells["GRU"]["parameters"]["total"] *= 2
    assert cheaper(cells) == ("GRU", ("measured time per step",), ("parameters",))
    cells["GRU"]["step_seconds"] = dict(cells["LSTM"]["step_seconds"])
    assert cheaper(cells) == ("LSTM", ("parameters",), ())
    cells["GRU"] = cells["LSTM"]
    assert cheaper(cells) == (None, (), ())


def test_caveats_count_what_went_wrong() -> None:
    task = make_task(diverging=0.0)
    assert caveats(task, 0.01) == []
    for replicate in task["replicates"]:
        trials = replicate["cells"]["LSTM"]["trials"]
        trials[0]["diverged_at"] = 3
        trials[1]["best_epoch"] = trials[2]["best_epoch"] = 290
        rates = [configuration["learning_rate"] for configuration in replicate["configurations"]]
        replicate["cells"]["GRU"]["selected"] = int(np.argmax(rates))
    task["cells"]["GRU"]["parameters"]["total"] = 7207  # 6552 times 1.1
    said = caveats(task, 0.01)
    assert len(said) == 4
    assert said[0].startswith("8 of 128 LSTM runs and 0 of 128 GRU runs diverged.")
    assert said[1].startswith("16 of 128 LSTM runs (12 %) had their best epoch in the last 5 % of the 300 epochs")
    assert said[2].startswith("GRU does best at the upper edge of the range of learning rate")
    assert said[3] == "GRU has 10 % more parameters than LSTM."


def test_best_epochs_at_the_cap_are_counted_from_95_percent_of_it() -> None:
    task = make_task(diverging=0.0)
    for replicate in task["replicates"]:
        for trial in replicate["cells"]["GRU"]["trials"]:
            trial["best_epoch"] = 285
    assert caveats(task, 0.01) == []
    for replicate in task["replicates"]:
        for trial in replicate["cells"]["GRU"]["trials"]:
            trial["best_epoch"] = 286
    assert len(caveats(task, 0.01)) == 1


def test_wrong_input_is_named() -> None:
    task = make_task(replicates=2, trials=2)
    with pytest.raises(ValueError, match="cells: expected two, got LSTM"):
        judging.judge({**task, "cells": {"LSTM": task["cells"]["LSTM"]}}, CPU)
    with pytest.raises(ValueError, match="baselines: expected one that is the strongest, got 0"):
        judging.judge({**task, "baselines": [{**task["baselines"][0], "strongest": False}]}, CPU)
    with pytest.raises(ValueError, match="2 replicates or more"):
        judging.judge({**task, "replicates": task["replicates"][:1]}, CPU)
    task["replicates"][0]["cells"]["GRU"]["test"]["nats"] = float("nan")
    with pytest.raises(ValueError, match="expected finite numbers, got nan"):
        judging.judge(task, CPU)
