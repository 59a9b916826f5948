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
from gatedrnn.comparison.verdict.budgets import Change, expected_best
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.comparison.verdict.region import mean_validation, region_entry
from tests.fake_results import PARTS, make_task

LABELS = (
    "neither beats the baseline",
    "budget-dependent",
    "LSTM better",
    "GRU better",
    "practically equivalent",
    "not resolved",
)
CHANGE = Change("trials", 2.0, 9.0, "LSTM", "GRU")
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
        changes = (CHANGE,) if rng.uniform() < 0.1 else ()
        region = float(rng.choice([0.0, 0.1, 1.0]))
        evidence = verdict.weigh(NAMES, a, b, region=region, baseline=baseline, changes=changes)
        decision = verdict.decide(evidence)
        seen.add(decision.label)
        assert LABELS.count(decision.label) == 1
        assert decision.winner == {"LSTM better": "LSTM", "GRU better": "GRU"}.get(decision.label)
        assert decision.exploratory == (n < 6)
        assert not (decision.meaningful and decision.winner is None)
        mirrored = verdict.decide(verdict.weigh(NAMES[::-1], b, a, region=region, baseline=baseline, changes=changes))
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


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5])
def test_a_change_of_places_comes_before_the_better_cell_and_after_the_baseline(shift: float) -> None:
    a, b = scores([shift + d for d in NOISE])
    for baseline, label in ((5.0, "budget-dependent"), (0.2, "neither beats the baseline")):
        evidence = verdict.weigh(NAMES, a, b, region=0.1, baseline=baseline, changes=(CHANGE,))
        assert verdict.decide(evidence).label == label


@pytest.mark.parametrize(
    ("shift", "p", "label"),
    [
        (-0.5, (0.05, 1.0), "LSTM better"),
        (-0.5, (0.06, 1.0), "not resolved"),
        (0.0, (1.0, 0.05), "practically equivalent"),
        (0.0, (1.0, 0.06), "not resolved"),
    ],
)
def test_among_several_pairs_the_corrected_p_must_agree(shift: float, p: tuple[float, float], label: str) -> None:
    a, b = scores([shift + d for d in NOISE])
    evidence = verdict.weigh(NAMES, a, b, region=0.1, baseline=5.0, p=p)
    assert verdict.decide(evidence).label == label


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
    result = judging.judge(task, CPU)[0]["verdict"]
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
    best = mean_validation(task, "GRU")
    assert best is not None
    assert region_entry(task, 0.02) == {
        "half_width": pytest.approx(0.02 * (-2.0 - best), rel=1e-12),
        "part": 0.02,
        "baseline": "autoregression",
        "baseline_validation": -2.0,
        "best_cell": "GRU",
        "best_validation": best,
    }
    assert 0.013 < task["region"]["half_width"] < 0.016
    other = copy.deepcopy(task)
    for replicate in other["replicates"]:
        for cell in replicate["cells"].values():
            cell["test"]["nats"] += 1.0
    for baseline in other["baselines"]:
        baseline["test"] -= 1.0
    assert region_entry(other, 0.02) == region_entry(task, 0.02)


def test_there_is_no_region_without_a_gain_over_the_baseline() -> None:
    task = make_task(baseline=-3.0)
    assert task["region"]["half_width"] == 0.0
    result = judging.judge(task, CPU)[0]["verdict"]
    assert result["label"] == "neither beats the baseline"
    assert "is shown to beat the strongest simple baseline, autoregression (" in result["sentence"]
    assert any("nothing can count as equivalent" in line for line in result["caveats"])


def test_a_task_without_baselines_has_a_verdict() -> None:
    task = {**make_task(), "baselines": []}
    assert region_entry(task, 0.02)["half_width"] == 0.0
    (result,) = judging.judge(task, CPU)
    assert result["verdict"]["label"] == "GRU better"
    assert "There is no simple baseline" in result["verdict"]["sentence"]
    assert result["statistics"]["cells"]["GRU"]["beats_baseline"] is None


def test_judge_returns_the_statistics_of_the_tests_scores() -> None:
    task = make_task("classification", means=(0.2, 0.14), baseline=0.6)
    (result,) = judging.judge(task, CPU)
    json.dumps(result, allow_nan=False)
    a, b = (np.array(judging.replicate_scores(task, name, "nats")) for name in NAMES)
    statistics = result["statistics"]
    assert statistics["difference"]["mean"] == pytest.approx((a - b).mean(), rel=1e-12)
    assert statistics["superiority"]["probability"] == (a < b).mean()
    assert statistics["equivalence"]["region"] == task["region"]["half_width"]
    assert statistics["cells"]["LSTM"]["test"]["mean"] == pytest.approx(a.mean(), rel=1e-12)
    accuracy = [np.mean(judging.replicate_scores(task, name, "accuracy")) for name in NAMES]
    assert statistics["accuracy"]["difference"]["mean"] == pytest.approx(accuracy[0] - accuracy[1], rel=1e-9)
    assert judging.judge(make_task(), CPU)[0]["statistics"]["accuracy"] is None


def test_the_sentence_says_what_was_shown_and_for_which_scope() -> None:
    task = make_task()
    result = judging.judge(task, CPU)[0]["verdict"]
    said = result["sentence"]
    assert said.startswith("GRU is meaningfully better than LSTM: −2.798 against −2.640 nats per frame")
    assert "0.158 [0.140, 0.175]" in said
    assert "in 8 of 8 replicates" in said
    for part in (
        task["data_sha256"][:12],
        "LSTM(hidden=32) and GRUResetAfter(hidden=37) (reset gate after the product) matched by parameters (6,552 and "
        "6,499)",
        "8 replicates of 16 trials",
        "at most 300 epochs",
        "CPU (2 cores)",
    ):
        assert part in result["scope"]
        assert part in said


def test_not_resolved_names_the_replicates_needed() -> None:
    task = make_task("classification", means=(0.2, 0.195), spread=0.06, baseline=0.4)
    (result,) = judging.judge(task, CPU)
    assert result["verdict"]["label"] == "not resolved"
    assert f"About {result['statistics']['replicates_needed']} replicates" in result["verdict"]["sentence"]


def test_practically_equivalent_names_the_cheaper_cell() -> None:
    task = make_task(means=(-2.78, -2.781), spread=0.006)
    result = judging.judge(task, CPU)[0]["verdict"]
    assert result["label"] == "practically equivalent"
    assert result["headline"] == "Practically equivalent: take GRU, the cheaper"
    assert "Take GRU, the cheaper by measured time per step." in result["sentence"]
    assert "(2 % of what the best cell gains over the strongest simple baseline in validation)" in result["sentence"]


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
        trials[replicate["cells"]["LSTM"]["selected"] - 1]["diverged_at"] = 3
        trials[replicate["cells"]["LSTM"]["selected"]]["best_epoch"] = 290
        rates = [configuration["learning_rate"] for configuration in replicate["configurations"]]
        replicate["cells"]["GRU"]["selected"] = int(np.argmax(rates))
    task["cells"]["GRU"]["parameters"]["total"] = 7207  # 6552 times 1.1
    said = caveats(task, 0.01)
    assert len(said) == 4
    assert said[0].startswith("8 of 128 LSTM runs and 0 of 128 GRU runs diverged.")
    assert said[1].startswith("8 of 8 selected LSTM runs had their best epoch in the last 5 % of the 300 epochs")
    assert said[2].startswith("GRU does best at the upper edge of the range of learning rate (8 of 8 selections)")
    assert said[3] == "GRU has 10 % more parameters than LSTM."
    because = ["GRU did best at the upper edge of learning rate (8 of 8)", "LSTM had its best epoch at the cap of 150"]
    task["protocol"]["extension"] = {
        "max_epochs_before": 150,
        "ranges": {"learning_rate": [0.03, 0.1]},
        "trials": 8,
        "because": because,
    }
    assert caveats(task, 0.01)[1] == (
        "The search was extended once, for all cells, as GRU did best at the upper edge of learning rate (8 of 8) and "
        "LSTM had its best epoch at the cap of 150: 8 trials more in each replicate, with learning rate from 0.03 to "
        "0.1 and a cap of 300 epochs."
    )


def test_best_epochs_at_the_cap_are_counted_from_95_percent_of_it_in_more_than_a_tenth() -> None:
    task = make_task(diverging=0.0, replicates=10)
    winners = [r["cells"]["GRU"]["trials"][r["cells"]["GRU"]["selected"]] for r in task["replicates"]]
    for epochs, said in (((285, 285), 0), ((286, 285), 0), ((286, 286), 1)):
        for trial, epoch in zip(winners, epochs, strict=False):
            trial["best_epoch"] = epoch
        assert len(caveats(task, 0.01)) == said


def test_a_cell_that_is_better_early_and_worse_late_depends_on_the_budget() -> None:
    """The LSTM's trials are all fair; two of the GRU's sixteen are better, the others worse."""
    task = make_task(diverging=0.0)
    for replicate in task["replicates"]:
        for k in range(16):
            replicate["cells"]["LSTM"]["trials"][k]["score"] = -2.5
            replicate["cells"]["GRU"]["trials"][k]["score"] = -2.7 if k < 2 else -1.9
    entry, changes = expected_best(task, 0.95)
    # P(no good one in n) = (7/8)^n: -2.7 + 0.8 (7/8)^n is below -2.5 from n = 10.4 on.
    assert changes[0] == Change("trials", 10.0, 11.0, "LSTM", "GRU")
    assert entry is not None
    assert entry["against_trials"]["cells"]["GRU"][0] == pytest.approx(-2.0)
    assert changes[1].against == "seconds"
    verdicts = judging.judge(task, CPU)[0]["verdict"]
    assert verdicts["headline"] == "It depends on the budget: LSTM with less, GRU with more"
    assert "against number of trials, LSTM is better up to 10, GRU from 11 on" in verdicts["sentence"]


def test_a_trial_without_a_score_leaves_no_curves() -> None:
    task = make_task(replicates=2, trials=2)
    task["replicates"][0]["cells"]["GRU"]["trials"][1]["score"] = None
    assert expected_best(task, 0.95) == (None, ())


def three_cells() -> dict:
    """A third cell that is like the GRU but for a small difference, which between two cells would be resolved."""
    task = make_task(means=(-2.6, -2.6), spread=0.03)
    task["cells"]["SimpleRNN"] = copy.deepcopy(task["cells"]["GRU"])
    rng = np.random.default_rng(6)
    for replicate in task["replicates"]:
        other = replicate["cells"]["SimpleRNN"] = copy.deepcopy(replicate["cells"]["GRU"])
        other["test"]["nats"] += float(rng.normal(0.012, 0.012))
    return task


def test_several_cells_are_judged_in_pairs_with_holms_correction() -> None:
    task = three_cells()
    results = judging.judge(task, CPU)
    assert [pair["names"] for pair in results] == [["LSTM", "GRU"], ["LSTM", "SimpleRNN"], ["GRU", "SimpleRNN"]]
    alone = [judging.judge(pair, CPU)[0]["statistics"]["difference"]["p"] for pair in pairs({**task, "pairs": results})]
    together = [pair["statistics"]["difference"]["p"] for pair in results]
    order = np.argsort(alone)
    expected = np.maximum.accumulate(np.array(alone)[order] * [3, 2, 1])
    np.testing.assert_allclose(np.array(together)[order], np.minimum(1, expected), rtol=1e-9)
    last = results[2]
    assert alone[2] < 0.05 < together[2] or last["verdict"]["winner"] is not None
    assert last["statistics"]["expected_best"]["level"] == pytest.approx(1 - 0.05 / 3)


def test_bootstrap_intervals_stand_beside_the_t_interval() -> None:
    task = make_task()
    statistics = judging.judge(task, CPU)[0]["statistics"]
    d = statistics["difference"]
    for name in ("bootstrap", "two_way_bootstrap"):
        assert statistics[name]["low"] < d["mean"] < statistics[name]["high"]
    sequences = judging.sequence_differences(task, *NAMES)
    np.testing.assert_allclose(
        sequences.sum(1) / sum(task["test_counts"]), judging.differences(task, *NAMES), atol=1e-9
    )


def test_wrong_input_is_named() -> None:
    task = make_task(replicates=2, trials=2)
    with pytest.raises(ValueError, match="cells: expected two or more, got LSTM"):
        judging.judge({**task, "cells": {"LSTM": task["cells"]["LSTM"]}}, CPU)
    with pytest.raises(ValueError, match="baselines: expected one that is the strongest, got 0"):
        judging.judge({**task, "baselines": [{**task["baselines"][0], "strongest": False}]}, CPU)
    with pytest.raises(ValueError, match="2 replicates or more"):
        judging.judge({**task, "replicates": task["replicates"][:1]}, CPU)
    task["replicates"][0]["cells"]["GRU"]["test"]["nats"] = float("nan")
    with pytest.raises(ValueError, match="expected finite numbers, got nan"):
        judging.judge(task, CPU)
