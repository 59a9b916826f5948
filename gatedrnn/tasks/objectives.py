"""Negative log-likelihoods in nats, summed over what exists: padding changes neither values nor gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from gatedrnn.errors import InputError
from gatedrnn.layers.last import last
from gatedrnn.tasks.parts import Score

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.tasks.parts import Batch

LOG_SCALE_BOUND = math.log(1000.0)
"""Deviations that a head can give lie between 1/1000 and 1000 times the unit of the targets."""


def bounded_log_scale(raw: Float[Array, "..."]) -> Float[Array, "..."]:
    """Clip log deviations softly: ``bound * tanh(raw / bound)``, the identity near 0.

    A likelihood without such a floor is unbounded: a head that hits one channel exactly gains without end.

    Example:
        >>> [round(float(s), 3) for s in bounded_log_scale(jnp.array([0.1, 100.0]))]
        [0.1, 6.908]
    """
    return LOG_SCALE_BOUND * jnp.tanh(raw / LOG_SCALE_BOUND)


def gaussian(outputs: Float[Array, "T B 2D"], batch: Batch) -> Score:
    """Score forecasts of the frames ``y [T, B, D]``: a Gaussian for each channel, channels independent.

    .. code-block:: text

        mean, raw = split(outputs)                    each [T, B, D]
        s = bounded_log_scale(raw)
        nats = sum over t < lengths, b, d of ((y - mean) / exp(s))^2 / 2 + s + log(2 pi) / 2

    Args:
        outputs: the head's outputs, ``[T, B, 2D]``: means, then log standard deviations.
        batch: a batch with targets ``[T, B, D]``; the count is that of its frames.

    Raises:
        InputError: where the outputs are not twice as wide as the targets, or have other leading axes.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> frames = Batch(x=jnp.zeros((2, 1, 1)), lengths=jnp.array([1]), y=jnp.zeros((2, 1, 3)))
        >>> nats, _, count = gaussian(jnp.zeros((2, 1, 6)), frames)
        >>> round(float(nats / count), 3)  # 3 log(2 pi) / 2
        2.757
    """
    expected = (*batch.y.shape[:-1], 2 * batch.y.shape[-1])
    if outputs.shape != expected:
        raise InputError(f"outputs: expected mean and log deviation of each target, {expected}, got {outputs.shape}")
    valid = jnp.asarray(batch.scored())
    # Padding is made safe before any arithmetic: the derivative of what came from a NaN is NaN, even times zero.
    outputs, y = (jnp.where(valid[..., None], a, 0.0).astype(jnp.float32) for a in (outputs, batch.y))
    mean, raw = jnp.split(outputs, 2, axis=-1)
    log_scale = bounded_log_scale(raw)
    z = (y - mean) * jnp.exp(-log_scale)
    nats = (0.5 * z**2 + log_scale + 0.5 * math.log(2 * math.pi)).sum(-1)
    nats = jnp.where(valid, nats, 0.0).sum()
    return Score(nats, jnp.zeros_like(nats), valid.sum(dtype=jnp.float32))


def categorical(outputs: Float[Array, "T B K"], batch: Batch) -> Score:
    """Score the classes ``y [B]`` by the logits at each sequence's last step: ``-log softmax(logits)[y]``.

    Args:
        outputs: the head's logits, ``[T, B, K]``.
        batch: a batch with classes ``[B]`` from 0 to K - 1; the count is that of its sequences that have a step.

    Raises:
        InputError: where targets are not one integer for each sequence.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> words = Batch(x=jnp.zeros((2, 1, 1)), lengths=jnp.array([1]), y=jnp.array([3]))
        >>> nats, correct, count = categorical(jnp.zeros((2, 1, 4)), words)
        >>> round(float(nats / count), 3)  # log(4)
        1.386
    """
    if batch.y.shape != outputs.shape[1:-1] or not jnp.issubdtype(batch.y.dtype, jnp.integer):
        raise InputError(f"y: expected integers {outputs.shape[1:-1]}, got {batch.y.dtype} {batch.y.shape}")
    lengths = jnp.asarray(batch.lengths)
    exists = lengths > 0
    logits = last(outputs.astype(jnp.float32), lengths)
    y = jnp.where(exists, batch.y, 0)
    logp = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=-1)[:, 0]
    correct = exists & (logits.argmax(-1) == y)
    return Score(-jnp.where(exists, logp, 0.0).sum(), correct.sum(dtype=jnp.float32), exists.sum(dtype=jnp.float32))


def categorical_steps(outputs: Float[Array, "T B K"], batch: Batch) -> Score:
    """Score the classes ``y [T, B]`` of all steps by the logits at each: ``-log softmax(logits)[y]``.

    Args:
        outputs: the head's logits, ``[T, B, K]``.
        batch: a batch with classes ``[T, B]`` from 0 to K - 1; the count is that of its steps.

    Raises:
        InputError: where targets are not one integer for each step.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> text = Batch(x=jnp.zeros((2, 1, 1)), lengths=jnp.array([1]), y=jnp.array([[3], [0]]))
        >>> nats, correct, count = categorical_steps(jnp.zeros((2, 1, 4)), text)
        >>> round(float(nats / count), 3)  # log(4)
        1.386
    """
    if batch.y.shape != outputs.shape[:-1] or not jnp.issubdtype(batch.y.dtype, jnp.integer):
        raise InputError(f"y: expected integers {outputs.shape[:-1]}, got {batch.y.dtype} {batch.y.shape}")
    valid = jnp.asarray(batch.scored())
    logits = jnp.where(valid[..., None], outputs.astype(jnp.float32), 0.0)
    y = jnp.where(valid, batch.y, 0).astype(jnp.int32)
    logp = jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], axis=-1)[..., 0]
    correct = valid & (logits.argmax(-1) == y)
    return Score(-jnp.where(valid, logp, 0.0).sum(), correct.sum(dtype=jnp.float32), valid.sum(dtype=jnp.float32))


def bernoulli(outputs: Float[Array, "T B D"], batch: Batch) -> Score:
    """Score labels ``y [T, B, D]``, each 0 or 1, by a logit for each, labels independent given the past.

    .. code-block:: text

        nats = sum over t < lengths, b, d of softplus(logit) - y * logit

    Args:
        outputs: the head's logits, ``[T, B, D]``.
        batch: a batch with labels ``[T, B, D]``; the count is that of its frames.

    Raises:
        InputError: where there is not one logit for each label.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> notes = Batch(x=jnp.zeros((2, 1, 3)), lengths=jnp.array([1]), y=jnp.zeros((2, 1, 3)))
        >>> nats, _, count = bernoulli(jnp.zeros((2, 1, 3)), notes)
        >>> round(float(nats / count), 3)  # 3 log(2)
        2.079
    """
    if outputs.shape != batch.y.shape:
        raise InputError(f"outputs: expected a logit for each label, {batch.y.shape}, got {outputs.shape}")
    valid = jnp.asarray(batch.scored())
    logits, y = (jnp.where(valid[..., None], a, 0).astype(jnp.float32) for a in (outputs, batch.y))
    nats = jnp.where(valid, (jax.nn.softplus(logits) - y * logits).sum(-1), 0.0).sum()
    return Score(nats, jnp.zeros_like(nats), valid.sum(dtype=jnp.float32))
