"""One optimiser step, and optimisers whose hyperparameters may be traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import optax

from gatedrnn.training.checks import pair_of_loss

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

    from gatedrnn.types import Params


def train_step(
    loss: Callable[[Params, Any, Any, Any], tuple[Any, Any]],
    optimizer: optax.GradientTransformation,
    hyper: Any,
    params: Params,
    opt_state: Any,
    batch: Any,
    key: Key[Array, ""],
) -> tuple[Params, Any, Float[Array, ""]]:
    """Take one optimiser step; return the new parameters and optimiser state, and the loss before it, in nats.

    Args:
        loss: ``(params, hyper, batch, key) -> (sum, count)``, of which the quotient is minimised.
        optimizer: an Optax optimiser, built from ``hyper`` inside the traced function.
        hyper: what ``loss`` needs of the hyperparameters.
        params: the network's parameters before the step.
        opt_state: the optimiser's state before the step.
        batch: the examples of this step, in the form that ``loss`` takes.
        key: the key for the noise of this step.

    Raises:
        InputError: where the loss is no pair of numbers.
    """

    def mean_loss(params: Params) -> Array:
        total, count = pair_of_loss(loss(params, hyper, batch, key))
        return total / count

    value, gradient = jax.value_and_grad(mean_loss)(params)
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def adam(learning_rate: Any, clip_norm: Any) -> optax.GradientTransformation:
    """Return Adam behind a clip of the global gradient norm; both numbers may be traced."""
    return optax.chain(optax.clip_by_global_norm(clip_norm), optax.adam(learning_rate))


def adamw(
    learning_rate: Any, clip_norm: Any, weight_decay: Any, mask: Callable[[Params], Any] | None = None
) -> optax.GradientTransformation:
    """Return Adam with decoupled weight decay behind a clip of the global gradient norm; numbers may be traced.

    Args:
        learning_rate: a number, or a schedule such as ``warmup_cosine`` returns.
        clip_norm: largest global norm of a gradient.
        weight_decay: the rate of decay: in a step, parameters lose this times the learning rate of themselves.
        mask: parameters to a pytree of truth values that says which of them decay; None: all.

    Source: Loshchilov and Hutter 2019, arXiv 1711.05101v3, with the learning rate as in Optax.
    """
    decaying = optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask)
    return optax.chain(optax.clip_by_global_norm(clip_norm), decaying)


def warmup_cosine(peak: Any, warmup: Any, steps: Any, final: Any = 0.0) -> optax.Schedule:
    """Return an Optax schedule: linear from 0 to ``peak``, then a half cosine to ``final`` times it.

    ``optax.warmup_cosine_decay_schedule`` decides in Python, so that its numbers cannot be traced; here all may be.

    Args:
        peak: the largest learning rate.
        warmup: steps until the peak is reached; 0 starts there.
        steps: steps after which the learning rate stays at ``final * peak``; above ``warmup``.
        final: part of the peak that is left.

    Example:
        >>> schedule = warmup_cosine(1.0, warmup=2, steps=6, final=0.1)
        >>> [round(float(schedule(step)), 3) for step in (0, 1, 2, 4, 6, 9)]
        [0.0, 0.5, 1.0, 0.55, 0.1, 0.1]
    """

    def schedule(count: Any) -> Array:
        rise = jnp.where(count < warmup, count / jnp.maximum(warmup, 1), 1.0)
        progress = jnp.clip((count - warmup) / jnp.maximum(steps - warmup, 1), 0.0, 1.0)
        return peak * rise * (final + (1 - final) * 0.5 * (1 + jnp.cos(jnp.pi * progress)))

    return schedule
