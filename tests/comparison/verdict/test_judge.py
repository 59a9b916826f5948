"""What is judged of finished searches: the region, statistics of each pair, budgets, and pairs of several cells."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.verdict import judge as judging
from gatedrnn.comparison.verdict.budgets import Change, expected_best
from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.comparison.verdict.region import mean_validation, region_entry
from tests.helpers.fake_results import make_task

CPU = {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2}
NAMES = ("LSTM", "GRU")


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
            cell["test"]["scores"]["nats"] += 1.0
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


@pytest.mark.parametrize(("n", "exploratory"), [(2, True), (5, True), (6, False), (8, False)])
def test_fewer_than_six_replicates_are_exploratory(n: int, exploratory: bool) -> None:
    task = make_task(replicates=n, trials=2)
    result = judging.judge(task, CPU)[0]["verdict"]
    assert result["exploratory"] is exploratory
    for words in (result["headline"], result["sentence"]):
        assert ("xploratory" in words) is exploratory


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
    assert statistics["accuracy"]["difference"]["mean"] == pytest.approx(accuracy[1] - accuracy[0], rel=1e-9)
    assert judging.judge(make_task(), CPU)[0]["statistics"]["accuracy"] is None


def test_bootstrap_intervals_stand_beside_the_t_interval() -> None:
    task = make_task()
    statistics = judging.judge(task, CPU)[0]["statistics"]
    d = statistics["difference"]
    for name in ("bootstrap", "two_way_bootstrap"):
        assert statistics[name]["low"] < d["mean"] < statistics[name]["high"]
    sequences = judging.sequence_differences(task, *NAMES)
    np.testing.assert_allclose(
        sequences.sum(1) / sum(task["test_counts"]), judging.score_differences(task, *NAMES), atol=1e-9
    )


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
        other["test"]["scores"]["nats"] += float(rng.normal(0.012, 0.012))
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


def test_wrong_input_is_named() -> None:
    task = make_task(replicates=2, trials=2)
    with pytest.raises(ValueError, match="cells: expected two or more, got LSTM"):
        judging.judge({**task, "cells": {"LSTM": task["cells"]["LSTM"]}}, CPU)
    with pytest.raises(ValueError, match="baselines: expected one that is the strongest, got 0"):
        judging.judge({**task, "baselines": [{**task["baselines"][0], "strongest": False}]}, CPU)
    with pytest.raises(ValueError, match="2 replicates or more"):
        judging.judge({**task, "replicates": task["replicates"][:1]}, CPU)
    task["replicates"][0]["cells"]["GRU"]["test"]["scores"]["nats"] = float("nan")
    with pytest.raises(ValueError, match="expected finite numbers, got nan"):
        judging.judge(task, CPU)
