"""Objectives against SciPy in float64, and their safety in padded steps and at extreme inputs."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from gatedrnn.tasks import objectives
from gatedrnn.tasks.parts import Batch

T, B, D, K = 5, 4, 3, 6
LENGTHS = np.array([5, 1, 0, 3], np.int32)


def frames() -> tuple[np.ndarray, Batch]:
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(T, B, 2 * D)).astype(np.float32)
    x, y = rng.normal(size=(2, T, B, D)).astype(np.float32)
    return outputs, Batch(x, LENGTHS, y)


def classes() -> tuple[np.ndarray, Batch]:
    rng = np.random.default_rng(1)
    outputs = (3 * rng.normal(size=(T, B, K))).astype(np.float32)
    return outputs, Batch(np.zeros((T, B, 1), np.float32), LENGTHS, np.array([2, 0, 5, 1], np.int32))


def test_gaussian_equals_scipy_over_the_steps_that_exist() -> None:
    outputs, batch = frames()
    expected = 0.0
    for b, length in enumerate(LENGTHS):
        mean, raw = np.split(outputs[:length, b].astype(np.float64), 2, axis=-1)
        bound = math.log(1000)
        scale = np.exp(bound * np.tanh(raw / bound))
        expected -= scipy.stats.norm.logpdf(batch.y[:length, b].astype(np.float64), mean, scale).sum()
    nats, correct, count = jax.jit(objectives.gaussian)(outputs, batch)
    # 27 float32 terms of a few nats each, every one rounded to 1e-7 of itself a handful of times.
    np.testing.assert_allclose(nats, expected, rtol=3e-6)
    assert (correct, count) == (0, LENGTHS.sum())


def test_categorical_equals_scipy_at_the_last_steps() -> None:
    outputs, batch = classes()
    rows = [(outputs[length - 1, b].astype(np.float64), batch.y[b]) for b, length in enumerate(LENGTHS) if length]
    expected = -sum(scipy.special.log_softmax(logits)[y] for logits, y in rows)
    nats, correct, count = jax.jit(objectives.categorical)(outputs, batch)
    np.testing.assert_allclose(nats, expected, rtol=3e-6)
    assert correct == sum(logits.argmax() == y for logits, y in rows)
    assert count == 3


@functools.cache
def differentiated(score):
    def nats(outputs, batch):
        total, *rest = score(outputs, batch)
        return total, rest

    return jax.jit(jax.value_and_grad(nats, has_aux=True))


@pytest.mark.parametrize(("score", "make"), [(objectives.gaussian, frames), (objectives.categorical, classes)])
@pytest.mark.parametrize("garbage", [np.nan, np.inf, 1e30])
def test_padding_changes_neither_sums_nor_gradients(score, make, garbage: float) -> None:
    outputs, batch = make()
    padded = np.arange(T)[:, None] >= LENGTHS

    def soil(values: np.ndarray) -> np.ndarray:
        return np.where(padded[..., None], np.float32(garbage), values)

    y = soil(batch.y) if batch.y.ndim == 3 else np.where(LENGTHS == 0, -77, batch.y)
    dirty = Batch(soil(batch.x), LENGTHS, y)

    (clean_value, clean_rest), clean_gradient = differentiated(score)(outputs, batch)
    (value, rest), gradient = differentiated(score)(soil(outputs), dirty)
    assert value == clean_value
    np.testing.assert_array_equal(gradient, clean_gradient)
    assert not np.asarray(gradient)[padded].any()
    assert rest == clean_rest


@pytest.mark.parametrize(("score", "make"), [(objectives.gaussian, frames), (objectives.categorical, classes)])
def test_parts_of_a_batch_add_up(score, make) -> None:
    outputs, batch = make()
    score = jax.jit(score)
    whole = score(outputs, batch)
    parts = []
    for rows in (slice(0, 1), slice(1, 4)):
        y = batch.y[:, rows] if batch.y.ndim == 3 else batch.y[rows]
        parts.append(score(outputs[:, rows], Batch(batch.x[:, rows], LENGTHS[rows], y)))
    for total, first, second in zip(whole, *parts, strict=True):
        np.testing.assert_allclose(total, first + second, rtol=1e-6)  # another order of float32 additions


def test_gaussian_gradient_equals_the_closed_form() -> None:
    y, mean, raw = np.float32(0.7), np.float32(-0.4), np.float32(1.3)
    batch = Batch(np.zeros((1, 1, 1), np.float32), np.array([1]), np.full((1, 1, 1), y))
    gradient = jax.grad(lambda o: objectives.gaussian(o, batch)[0])(jnp.array([[[mean, raw]]]))[0, 0]
    bound = math.log(1000)
    s, slope = bound * math.tanh(raw / bound), 1 - math.tanh(raw / bound) ** 2
    z = (float(y) - float(mean)) * math.exp(-s)
    np.testing.assert_allclose(gradient, [-z * math.exp(-s), (1 - z**2) * slope], rtol=1e-5)


def test_extreme_outputs_stay_finite() -> None:
    batch = Batch(np.zeros((1, 1, 1), np.float32), np.array([1]), np.ones((1, 1, 1), np.float32))
    for mean in (-1e6, 1.0, 1e6):
        for raw in (-1e30, -1e4, 1e4, 1e30):
            outputs = np.array([[[mean, raw]]], np.float32)
            (value, _), gradient = differentiated(objectives.gaussian)(outputs, batch)
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
    # The floor: a channel that is hit exactly gains log(1000) nats and no more.
    exact = objectives.gaussian(jnp.array([[[1.0, -1e30]]]), batch).nats
    np.testing.assert_allclose(exact, 0.5 * math.log(2 * math.pi) - math.log(1000), rtol=1e-6)
    words = Batch(batch.x, batch.lengths, np.array([0]))
    (value, _), gradient = differentiated(objectives.categorical)(np.array([[[-1e30, 1e30]]], np.float32), words)
    np.testing.assert_allclose(value, 2e30, rtol=1e-6)
    np.testing.assert_array_equal(gradient, [[[-1, 1]]])


def test_log_scale_is_the_identity_near_zero_and_monotone() -> None:
    raw = jnp.linspace(-20, 20, 81)
    bounded = objectives.bounded_log_scale(raw)
    assert (jnp.diff(bounded) > 0).all()
    # bound * tanh(r / bound) = r - r^3 / (3 bound^2) + ...
    small = jnp.linspace(-0.1, 0.1, 5)
    np.testing.assert_allclose(
        objectives.bounded_log_scale(small), small - small**3 / 3 / math.log(1000) ** 2, atol=1e-7
    )


def test_bfloat16_outputs_are_summed_in_float32() -> None:
    outputs, batch = frames()
    low = jnp.asarray(outputs, jnp.bfloat16)
    assert objectives.gaussian(low, batch).nats == objectives.gaussian(low.astype(jnp.float32), batch).nats


def test_wrong_shapes_are_refused_by_name() -> None:
    outputs, batch = frames()
    with pytest.raises(ValueError, match=r"outputs: expected .*\(5, 4, 6\), got \(5, 4, 3\)"):
        objectives.gaussian(outputs[..., :D], batch)
    with pytest.raises(ValueError, match=r"y: expected integers \(4,\), got float32 \(5, 4, 3\)"):
        objectives.categorical(outputs, batch)
