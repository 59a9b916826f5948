"""Runs of a fixed number of optimiser steps on data that live on the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from gatedrnn.training.checks import check_functions, check_sizes
from gatedrnn.training.step import train_step

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Int, Key

    from gatedrnn.types import Params


class FixedStepsState(NamedTuple):
    """A run between two steps; key and step are its position in the data."""

    params: Params
    optimizer: Any
    key: Key[Array, ""]
    step: Int[Array, ""]


@dataclasses.dataclass(frozen=True)
class FixedSteps:
    """A run of ``steps`` times ``segments`` optimiser steps; a ``gatedrnn.training.Run``.

    Each batch is drawn anew, with replacement, and indexed inside the scan: which examples it has follows from the key
    and the number of the step, so that a resumed run goes on with the very same batch.

    Attributes:
        init_params: ``(hyper, key) -> params``.
        loss: ``(params, hyper, batch, key) -> (sum, count)``, in nats; the quotient is minimised.
        take: ``(data, indices) -> batch``, the examples with these indices.
        optimizer: ``hyper -> optax.GradientTransformation``, such as ``gatedrnn.training.adamw`` of its numbers.
        examples: number of training examples.
        batch_size: examples in a step.
        steps: S, steps of one ``advance``.
        segments: how many ``advance`` a whole run has.

    Raises:
        InputError: where a size is not positive.
    """

    init_params: Callable[[Any, Any], Params]
    loss: Callable[[Params, Any, Any, Any], tuple[Any, Any]]
    take: Callable[[Any, Any], Any]
    optimizer: Callable[[Any], optax.GradientTransformation]
    examples: int
    batch_size: int
    steps: int
    segments: int

    def __post_init__(self) -> None:
        """Refuse sizes with which nothing can be trained."""
        check_functions(self, "init_params", "loss", "take", "optimizer")
        check_sizes(self, "examples", "batch_size", "steps", "segments")

    def init(self, hyper: Any, key: Key[Array, ""], data: Any) -> FixedStepsState:
        """Return the state before the first step."""
        key, key_params = jax.random.split(key)
        params = self.init_params(hyper, key_params)
        return FixedStepsState(params, self.optimizer(hyper).init(params), key, jnp.zeros((), jnp.int32))

    def advance(
        self, hyper: Any, state: FixedStepsState, data: Any
    ) -> tuple[FixedStepsState, dict[str, Float[Array, "S"]]]:
        """Take ``steps`` steps; return the loss before each, in nats."""

        def step(state: FixedStepsState, _: None) -> tuple[FixedStepsState, dict[str, Array]]:
            key_batch, key_noise = jax.random.split(jax.random.fold_in(state.key, state.step))
            batch = self.take(data, jax.random.randint(key_batch, (self.batch_size,), 0, self.examples))
            params, opt_state, loss = train_step(
                self.loss, self.optimizer(hyper), hyper, state.params, state.optimizer, batch, key_noise
            )
            return FixedStepsState(params, opt_state, state.key, state.step + 1), {"loss": loss}

        return jax.lax.scan(step, state, None, self.steps)
