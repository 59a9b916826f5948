"""Scores against scikit-learn, closed forms of a calibrated Gaussian, and the table of what a verdict may rest on."""

from __future__ import annotations

import dataclasses
from statistics import NormalDist

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn import metrics as reference

from gatedrnn.errors import InputError
from gatedrnn.tasks import registry
from gatedrnn.tasks.metrics import METRICS, class_scores, deciding, macro_f1, metric_of, number_scores, verdict_score
from gatedrnn.tasks.parts import Scale

ONE = np.ones(1)
UNIT = Scale(0 * ONE, ONE, ONE, ONE)


def test_scores_of_classes_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 5))
    logits[:, 4] = -9.0  # never named
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    y = rng.integers(0, 4, 200)  # and it never occurs
    found = class_scores(logs, y)
    guesses = logs.argmax(1)
    assert found["macro-f1"] == pytest.approx(reference.f1_score(y, guesses, average="macro"), rel=1e-12)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(y, guesses), rel=1e-12)
    assert found["nats"] == pytest.approx(reference.log_loss(y, np.exp(logs), labels=range(5)), rel=1e-9)


def test_a_class_that_is_named_and_never_right_counts() -> None:
    y, guesses = np.array([0, 0, 1, 1, 2]), np.array([0, 3, 1, 1, 1])
    counts = (np.bincount(each, minlength=5) for each in (y[y == guesses], guesses, y))
    assert macro_f1(*counts) == pytest.approx(reference.f1_score(y, guesses, average="macro", zero_division=0))
    with pytest.raises(InputError, match="there: expected a class that occurs, got none"):
        macro_f1(*np.zeros((3, 2)))


def test_a_calibrated_gaussian_covers_what_it_says() -> None:
    """Its quantiles in equal steps of probability: half of them in the middle half, nine of ten in the middle 90 %."""
    y = np.array([[NormalDist(3.0, 2.0).inv_cdf((k + 0.5) / 1000)] for k in range(1000)])
    found = number_scores(np.full_like(y, 3.0), np.full_like(y, 2.0), y, UNIT)
    assert (found["coverage-50"], found["coverage-90"]) == (0.5, 0.9)
    wide = number_scores(np.full_like(y, 3.0), np.full_like(y, 4.0), y, UNIT)
    # Within 0.6745 * 4 of the mean: 2 Phi(2 * 0.6745) - 1.
    assert wide["coverage-50"] == pytest.approx(2 * NormalDist().cdf(2 * NormalDist().inv_cdf(0.75)) - 1, abs=1e-3)


def test_errors_of_several_targets_are_in_their_deviations_and_those_of_one_in_its_unit() -> None:
    y = np.array([[1.0, 10.0], [3.0, 30.0]])
    scale = Scale(np.zeros(2), np.ones(2), np.array([2.0, 5.0]), np.array([1.0, 4.0]))
    found = number_scores(np.zeros((2, 2)), np.ones((2, 2)), y, scale)
    rmse = [reference.root_mean_squared_error(y[:, d], [0, 0]) for d in (0, 1)]
    assert found["rmse"] == pytest.approx((rmse[0] / 2 + rmse[1] / 5) / 2)
    assert found["mae"] == pytest.approx((2 / 2 + 20 / 5) / 2)
    assert found["mase"] == pytest.approx((2 / 1 + 20 / 4) / 2)
    alone = number_scores(np.zeros((2, 1)), np.ones((2, 1)), y[:, 1:], Scale(ONE, ONE, 5 * ONE, 4 * ONE))
    assert (alone["rmse"], alone["mae"]) == (pytest.approx(rmse[1]), 20.0)


def test_errors_are_not_held_against_a_naive_forecast_that_never_errs() -> None:
    """A series that repeats itself: exactly, or but for roundings of 1e-12 of its deviation."""
    recorded = dataclasses.replace(registry.load("japanese-vowels-forecast"), metric=None)
    for naive, unit in ((0.0, 1.0), (1e-6, 1e6), (0.0, 0.0)):
        exact = Scale(ONE, ONE, unit * ONE, naive * ONE)
        with pytest.raises(InputError, match=r"expected one of nats, rmse, mae for .*, got 'mase', as its naive"):
            metric_of(recorded, "mase", exact)
    one_of_two = Scale(np.zeros(2), np.ones(2), np.ones(2), np.array([1.0, 0.0]))
    assert "mase" not in number_scores(np.zeros((2, 2)), np.ones((2, 2)), np.ones((2, 2)), one_of_two)


def test_lower_is_better_in_a_verdict() -> None:
    scores = {"nats": -1.0, "accuracy": 0.9, "macro-f1": 0.7, "rmse": 12.0}
    assert [verdict_score(scores, name) for name in ("nats", "rmse", "mae")] == [-1.0, 12.0, None]
    assert verdict_score(scores, "accuracy") == pytest.approx(0.1)
    assert verdict_score(scores, "macro-f1") == pytest.approx(0.3)


def test_what_a_verdict_rests_on_unless_asked_otherwise() -> None:
    forecast, speaker = registry.load("japanese-vowels-forecast"), registry.load("japanese-vowels-speaker")
    recorded = dataclasses.replace(forecast, metric=None)
    assert metric_of(recorded, None, UNIT) == "rmse"
    assert metric_of(recorded, None, None) == "nats"
    assert metric_of(recorded, "mase", UNIT) == "mase"
    assert metric_of(forecast, None, UNIT) == "nats"  # as published numbers are
    assert metric_of(speaker, None, None) == "nats"
    with pytest.raises(InputError, match="metric: expected one of nats for japanese-vowels-forecast, got 'rmse'"):
        metric_of(forecast, "rmse", None)
    with pytest.raises(InputError, match="metric: expected one of nats, accuracy, macro-f1 for japanese-vowels-sp"):
        metric_of(speaker, "mae", None)


def test_every_kind_has_nats_and_no_verdict_rests_on_coverage() -> None:
    for kind in METRICS["nats"].kinds:
        assert deciding(kind)[0] == "nats"
        assert all(METRICS[name].higher is not None for name in deciding(kind))
