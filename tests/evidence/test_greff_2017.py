"""Variants of the LSTM: which numbers of a comparison are kept, whose variance they are, and what they answer."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.evidence import greff_2017
from gatedrnn.evidence.claims import CLAIMS
from gatedrnn.evidence.greff_2017 import CELLS, VANILLA

ASKED = greff_2017.asked((16, 32), replicates=5, trials=4)
INTERVAL = {"mean": 9.0, "low": 8.0, "high": 10.0, "level": 0.95}


def tasks(worse=(), score=lambda place, units, k: place[0]):
    """Return comparisons of all variants as results.json has them, of what is read here alone.

    Args:
        worse: variants that are worse by one nat in the test.
        score: validation score by the places of a trial's hyperparameters, and the numbers of its units and variant.
    """
    return [comparison(one, n, worse, score) for n, one in enumerate(ASKED.each)]


def comparison(one, units, worse, score):
    rng, replicates = np.random.default_rng(0), []
    for k in range(one.replicates):
        drawn = one.space.sample(rng, one.trials)
        where = greff_2017.places(drawn, one.space)
        cells = {
            cell: {
                "trials": [{"score": score(place, units, n)} for place in where],
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


def test_shares_are_of_the_hyperparameters_that_scores_follow() -> None:
    """Of 360 trials at 20 places: 4/12, 1/4 and 9 (1 - 1/81) / 12 of the variances of rate, units and variant."""
    found = greff_2017.findings(tasks(score=lambda place, units, k: 2 * place[0] + units + k / 3), ASKED).measured
    explained = {one.what.split(", ")[1].split(" (")[0]: one for one in found if "share" in one.what}
    parts = np.array([4 / 12, 0.0, 0.0, 1 / 4, 9 * (1 - 1 / 81) / 12])
    assert list(explained) == list(greff_2017.AXES)
    np.testing.assert_allclose([one.value for one in explained.values()], parts / parts.sum(), atol=0.1)
    assert explained["learning rate"].published[0].said == "about two thirds of the variance"
    for one in explained.values():
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert len(one.each) == 5
    named = [one.what.split(":")[0] for one in found[:: len(CELLS)]]
    assert named[:2] == ["jsb-chorales, 16 units", "jsb-chorales, 32 units"]


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
    pairs = greff_2017.against_vanilla(tasks(worse))
    answer = greff_2017.ablation(pairs, 150)
    assert (answer.claim, answer.label) == (10, label)
    early = greff_2017.ablation(pairs, 10)
    assert early.label == "not resolved"
    assert "at most 10 epochs" in early.why
    assert [pair.b for pair in pairs] == [cell for cell in CELLS if cell != VANILLA]
    assert all(pair.level == pytest.approx(1 - 0.05 / 8) for pair in pairs)
    assert "coupled gates and peepholes do not" in CLAIMS[9].said


def test_places_are_uniform_for_what_a_space_draws() -> None:
    """Deciles of 4,000 draws: each expects 400 with a deviation of 19; choices their own share."""
    space = greff_2017.SPACE
    found = greff_2017.places(space.sample(np.random.default_rng(1), 4000), space)
    for column in (0, 2):
        assert np.abs(np.histogram(found[:, column], 10, (0, 1))[0] - 400).max() < 5 * 19
    assert np.unique(found[:, 1]).tolist() == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8])
