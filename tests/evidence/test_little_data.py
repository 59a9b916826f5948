"""Little data and overfitting: which numbers of a comparison are kept, and what they answer."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.evidence import little_data
from gatedrnn.evidence.claims import CLAIMS

INTERVAL = {"mean": 1.0, "low": 0.0, "high": 2.0, "level": 0.95}


def comparison(matching="parameters", behind=(0.0, 0.0, 0.0), gap=(0.5, 0.5)):
    """Return a comparison as results.json has it, of what is read here alone.

    Args:
        matching: what is equal.
        behind: by how much the LSTM is behind on 10, 30 and 100 % of the data.
        gap: from training to validation of LSTM and GRU, in the end; to the test it is twice as large.
    """
    apart = 0.01 * np.arange(5.0)
    validation = {
        "LSTM": [list(1.0 + more + apart) for more in behind],
        "GRU": [list(1.0 + apart[::-1] * 0.5) for _ in behind],
    }

    def entry(k, of):
        train = [3.0, 2.0, 1.0 + apart[k]]
        trial = {"best_epoch": 2, "curve": [3.5, 2.5, train[-1] + of + 0.1 * apart[k]]}
        test = {"scores": {"nats": train[1] + 2 * of}}
        return {"trials": [{}, trial], "selected": 1, "train_curve": train, "test": test}

    cells = dict(zip(little_data.CELLS, gap, strict=True))
    return {
        "name": "speech",
        "unit": "nats per frame",
        "metric": {"name": "nats", "words": "negative log-likelihood", "unit": ""},
        "protocol": {"matching": matching},
        "baselines": [],
        "replicates": [{"cells": {cell: entry(k, of) for cell, of in cells.items()}} for k in range(5)],
        "pairs": [{"names": list(cells), "statistics": {"cells": {cell: {"test": INTERVAL} for cell in cells}}}],
        "full": {"data": {"parts": [0.1, 0.3, 1.0], "examples": [27, 81, 270], "validation": validation}},
    }


def test_gaps_are_to_the_training_loss_of_the_epoch_that_is_tested_and_of_the_last() -> None:
    gaps = little_data.overfitting(comparison(gap=(0.5, 0.2)))
    np.testing.assert_allclose(gaps["where validation is best"]["LSTM"], np.full(5, 1.0))
    np.testing.assert_allclose(gaps["where validation is best"]["GRU"], np.full(5, 0.4))
    np.testing.assert_allclose(gaps["in the end"]["GRU"], 0.2 + 0.001 * np.arange(5))


def test_replicates_that_diverged_on_a_part_are_left_out_of_it_for_both() -> None:
    task = comparison()
    task["full"]["data"]["validation"]["LSTM"][0][3] = None
    parts = little_data.on_parts(task)
    least, *others = parts.values()
    assert next(iter(parts)) == "10 % of the training sequences (27)"
    assert [len(each) for each in least.values()] == [4, 4]
    assert least["GRU"][3] == task["full"]["data"]["validation"]["GRU"][0][4]
    assert all(len(each) == 5 for part in others for each in part.values())


@pytest.mark.parametrize(
    ("parameters", "width", "label"),
    [
        ((0.5, 0.1, 0.0), (0.5, 0.1, 0.0), "holds"),
        ((0.5, 0.1, 0.0), (0.0, 0.1, 0.5), "depends"),
        ((0.0, 0.5, 0.5), (0.0, 0.5, 0.5), "not resolved"),
        ((-0.5, 0.0, 0.5), (0.0, 0.0, 0.5), "does not hold"),
    ],
)
def test_the_answer_about_little_data_follows_the_smallest_part(parameters, width, label) -> None:
    found = little_data.findings([comparison("parameters", parameters), comparison("width", width)])
    answer, _ = found.answers
    assert (answer.claim, answer.label) == (3, label)
    assert "speech, equal parameters: 10 % (27)" in answer.why
    assert "little data" in CLAIMS[2].said
    # Three parts, of two comparisons.
    assert found.compared[0].level == pytest.approx(1 - 0.05 / 6)


def test_networks_that_have_hardly_been_trained_do_not_answer() -> None:
    tasks = [comparison(matching, (0.5, 0.1, 0.0)) for matching in ("parameters", "width")]
    for task in tasks:
        task["baselines"] = [{"name": "autoregression", "test": 0.5, "tests": [0.5] * 5, "strongest": True}]
    answer, _ = little_data.findings(tasks).answers
    assert (answer.claim, answer.label) == (3, "not resolved")
    assert answer.why.endswith("neither is as good as a simple model on all: that is who learns sooner")


@pytest.mark.parametrize(
    ("parameters", "width", "label"),
    [
        ((0.9, 0.2), (0.9, 0.2), "holds"),
        ((0.9, 0.2), (0.2, 0.9), "depends"),
        ((0.2, 0.9), (0.2, 0.9), "does not hold"),
        ((0.5, 0.5), (0.5, 0.5), "not resolved"),
    ],
)
def test_the_answer_about_overfitting_follows_all_gaps(parameters, width, label) -> None:
    tasks = [comparison("parameters", gap=parameters), comparison("width", gap=width)]
    _, answer = little_data.findings(tasks).answers
    assert (answer.claim, answer.label) == (8, label)
    assert "overfits" in CLAIMS[7].said


def test_a_comparison_without_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a comparison with full"):
        little_data.on_parts(comparison() | {"full": None})
