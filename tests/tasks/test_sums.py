"""Sums that leave a device give the scores that forecasts themselves give, and losses that average to them."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.tasks import objectives, registry
from gatedrnn.tasks.metrics import class_scores, number_scores, verdict_score
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.parts import Batch, Part, Scale
from gatedrnn.tasks.sums import Sums, losses, no_better, scores_of, sums
from gatedrnn.tasks.task import Task

SCALE = Scale(np.array([10.0, -4.0]), np.array([3.0, 0.5]), np.array([2.5, 0.7]), np.array([1.5, 0.4]))
OFFSET = float(np.log(SCALE.deviation / SCALE.unit).sum())


def each_of(task: Task, outputs: np.ndarray, batch: Batch) -> Sums:
    """Return the sums of each sequence, as a search has them."""

    def one(b: int) -> Sums:
        return sums(task, jnp.asarray(outputs[:, b : b + 1]), batch.take(np.array([b])))

    found = [one(b) for b in range(len(batch.lengths))]
    return jax.tree.map(lambda *parts: np.stack([np.asarray(p, np.float64) for p in parts]), *found)


@pytest.fixture(scope="module")
def numbers() -> tuple[Sums, Part, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Sums of random forecasts of two targets, with padding and steps that only warm up; and the forecasts."""
    rng = np.random.default_rng(0)
    y, outputs = rng.normal(size=(6, 5, 2)).astype(np.float32), rng.normal(size=(6, 5, 4)).astype(np.float32)
    batch = Batch(y, np.array([6, 4, 0, 5, 6]), y, np.array([0, 1, 0, 2, 3]))
    task = registry.load("japanese-vowels-forecast")
    scored = np.asarray(batch.scored())
    mean = outputs[scored][:, :2] * SCALE.deviation + SCALE.mean
    deviation = np.exp(LOG_SCALE_BOUND * np.tanh(outputs[scored][:, 2:] / LOG_SCALE_BOUND)) * SCALE.deviation
    poisoned = np.where(scored[..., None], outputs, np.nan)  # what is not scored has no part in anything
    each = each_of(task, poisoned, batch)
    return each, Part(batch, OFFSET, SCALE), (mean, deviation, y[scored] * SCALE.deviation + SCALE.mean)


def test_sums_of_numbers_give_the_scores_of_the_forecasts(numbers: Any) -> None:
    each, part, (mean, deviation, y) = numbers
    expected = number_scores(mean, deviation, y, SCALE)
    found = scores_of(each.together(), part)
    assert dict(found) == pytest.approx(dict(expected), rel=1e-5)
    assert set(scores_of(each.together(), part._replace(scale=None))) == {"nats"}


@pytest.mark.parametrize("metric", ["nats", "rmse", "mae", "mase"])
def test_losses_of_sequences_average_to_the_score(numbers: Any, metric: Any) -> None:
    each, part, _ = numbers
    score = verdict_score(scores_of(each.together(), part), metric)
    found = losses(each, part, metric)
    assert found is not None
    assert found.sum() / each.count.sum() == pytest.approx(score, rel=1e-12)
    assert found[2] == 0.0  # a sequence without a step


@pytest.mark.parametrize("metric", ["nats", "rmse", "mae"])
def test_losses_change_with_a_sequences_weight_as_the_score_itself_does(numbers: Any, metric: Any) -> None:
    """What a bootstrap over sequences asks of them: the derivative by each weight, by finite differences."""
    each, part, _ = numbers
    found = losses(each, part, metric)
    assert found is not None

    def score(weights: np.ndarray) -> float:
        weighed = jax.tree.map(lambda a: a * weights.reshape(-1, *[1] * (a.ndim - 1)), each)
        value = verdict_score(scores_of(weighed.together(), part), metric)
        assert value is not None
        return value

    for s in range(5):
        step = 1e-5 * np.eye(5)[s]
        numeric = (score(1 + step) - score(1 - step)) / 2e-5
        assert (found[s] - each.count[s] * score(np.ones(5))) / each.count.sum() == pytest.approx(numeric, abs=1e-7)


@pytest.mark.parametrize("steps", [False, True])
def test_sums_of_classes_give_the_scores_of_the_probabilities(steps: bool) -> None:
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=(4, 7, 3)).astype(np.float32)
    lengths = np.array([4, 2, 3, 4, 1, 4, 0])
    y = rng.integers(0, 3, (4, 7) if steps else 7)
    speaker = registry.load("japanese-vowels-speaker")
    kind, score = ("step-classification", objectives.categorical_steps) if steps else (speaker.kind, speaker.score)
    task = dataclasses.replace(speaker, kind=kind, score=score)
    batch = Batch(np.zeros((4, 7, 1)), lengths, y)
    logits = outputs[np.asarray(batch.scored())] if steps else outputs[lengths[:6] - 1, np.arange(6)]
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    each, part = each_of(task, outputs, batch), Part(batch, 0.0)
    expected = class_scores(logs, y[np.asarray(batch.scored())] if steps else y[:6])
    assert dict(scores_of(each.together(), part)) == pytest.approx(dict(expected), rel=1e-5)
    wrong = losses(each, part, "accuracy")
    assert wrong is not None
    assert wrong.sum() / each.count.sum() == pytest.approx(1 - expected["accuracy"])
    assert losses(each, part, "macro-f1") is None
    assert scores_of(each.together(), part, tokens=True)["bits"] == pytest.approx(
        expected["nats"] / np.log(2), rel=1e-5
    )


def test_labels_have_nats_alone() -> None:
    task = registry.load("jsb-chorales")
    batch = Batch(np.zeros((2, 1, 3)), np.array([2]), np.zeros((2, 1, 3)))
    found = jax.jit(partial(sums, task))(np.zeros((2, 1, 3), np.float32), batch)
    assert scores_of(found, Part(batch, 0.0)) == {"nats": pytest.approx(3 * np.log(2))}


def test_a_run_that_diverged_is_in_no_metric_better_than_the_trivial_model() -> None:
    own = {"nats": float("nan"), "rmse": 1.0, "coverage-50": 0.4, "mae": 3.0}
    trivial = {"nats": 2.0, "rmse": 1.5, "coverage-50": 0.5, "mae": 2.0}
    assert no_better(own, trivial) == {"nats": 2.0, "rmse": 1.5, "coverage-50": 0.4, "mae": 3.0}
