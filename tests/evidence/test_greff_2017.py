"""Variants of the LSTM: which numbers of a comparison are kept, whose variance they are, and what they answer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gatedrnn.evidence import greff_2017
from gatedrnn.evidence.claims import CLAIMS
from gatedrnn.evidence.greff_2017 import CELLS, VANILLA

ASKED = dataclasses.replace(greff_2017.SMALL.each[0], replicates=5, trials=8)
INTERVAL = {"mean": 9.0, "low": 8.0, "high": 10.0, "level": 0.95}


def task(worse=(), score=lambda place, k: place[0]):
    """Return a comparison of all variants as results.json has it, of what is read here alone.

    Args:
        worse: variants that are worse by one nat in the test.
        score: validation score by the places of a trial's hyperparameters and that of its variant.
    """
    rng = np.random.default_rng(0)
    space = dataclasses.replace(ASKED.space, hidden=ASKED.hidden)
    replicates = []
    for k in range(ASKED.replicates):
        drawn = space.sample(rng, ASKED.trials)
        where = greff_2017.places(drawn, ASKED)
        cells = {
            cell: {
                "trials": [{"score": score(place, n)} for place in where],
                "test": {"scores": {"nats": 9.0 + (cell in worse) + 0.01 * ((k + n) % 3)}},
            }
            for n, cell in enumerate(CELLS)
        }
        replicates.append({"configurations": drawn, "cells": cells})
    statistics = {"cells": {cell: {"test": INTERVAL} for cell in CELLS}}
    return {
        "name": "jsb-chorales",
        "unit": "nats per frame",
        "metric": {"name": "nats", "words": "negative log-likelihood", "unit": ""},
        "baselines": [],
        "replicates": replicates,
        "pairs": [{"names": list(CELLS), "statistics": statistics}],
    }


def explained(score):
    found = greff_2017.findings(task(score=score), ASKED).measured
    return {one.what.split(", ")[1].split(" (")[0]: one for one in found if "share" in one.what}


def test_shares_are_of_the_hyperparameter_that_scores_follow() -> None:
    """Of 360 trials, 40 of them at places of their own."""
    found = explained(lambda place, k: 2 * place[0] + k / len(CELLS))  # 4 : 1
    assert found["learning rate"].value == pytest.approx(0.8, abs=0.1)
    assert found["variant"].value == pytest.approx(0.2, abs=0.1)
    assert found["learning rate"].published[0].said == "about two thirds of the variance"
    for one in found.values():
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert len(one.each) == ASKED.replicates


@pytest.mark.parametrize(
    ("worse", "label"),
    [
        (("Greff-NFG", "Greff-NOAF", "Greff-NIG"), "holds"),
        (("Greff-NFG",), "depends"),
        ((), "not resolved"),
        (("Greff-NFG", "Greff-NOAF", "Greff-CIFG"), "does not hold"),
        (tuple(cell for cell in CELLS if cell != "Greff-NFG"), "does not hold"),
    ],
)
def test_the_answer_follows_vanilla_against_each_variant(worse, label) -> None:
    pairs = greff_2017.against_vanilla(task(worse))
    answer = greff_2017.ablation(pairs)
    assert (answer.claim, answer.label) == (10, label)
    assert [pair.b for pair in pairs] == [cell for cell in CELLS if cell != VANILLA]
    assert all(pair.level == pytest.approx(1 - 0.05 / 8) for pair in pairs)
    assert "coupled gates and peepholes do not" in CLAIMS[9].said


def test_places_are_uniform_for_what_a_space_draws() -> None:
    """Deciles of 4,000 draws: each expects 400 with a deviation of 19; choices their own share."""
    space = dataclasses.replace(ASKED.space, hidden=ASKED.hidden)
    found = greff_2017.places(space.sample(np.random.default_rng(1), 4000), ASKED)
    for column in (0, 3):
        assert np.abs(np.histogram(found[:, column], 10, (0, 1))[0] - 400).max() < 5 * 19
    assert np.unique(found[:, 1]).tolist() == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert np.unique(found[:, 2]).tolist() == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8])
