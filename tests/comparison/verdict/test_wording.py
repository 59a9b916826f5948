"""The verdict in words: what was shown, for which scope, the cheaper cell, and what went wrong."""

from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.costs.cheaper import cheaper
from tests.helpers.fake_results import PARTS, make_task

CPU = {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2}


def test_the_sentence_says_what_was_shown_and_for_which_scope() -> None:
    task = make_task()
    result = judge(task, CPU)[0]["verdict"]
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
    (result,) = judge(task, CPU)
    assert result["verdict"]["label"] == "not resolved"
    assert f"About {result['statistics']['replicates_needed']} replicates" in result["verdict"]["sentence"]


def test_practically_equivalent_names_the_cheaper_cell() -> None:
    task = make_task(means=(-2.78, -2.781), spread=0.006)
    result = judge(task, CPU)[0]["verdict"]
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
