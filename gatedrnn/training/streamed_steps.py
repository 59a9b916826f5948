"""Runs of a fixed number of optimiser steps on batches that come from a stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import optax

from gatedrnn.training.checks import check_data, check_functions, check_sizes
from gatedrnn.training.fixed_steps import FixedStepsState
from gatedrnn.training.step import train_step

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

    from gatedrnn.types import Params


@dataclasses.dataclass(frozen=True)
class StreamedSteps:
    """A run of one optimiser step for each batch of a stream; a ``gatedrnn.training.Run``.

    The data of a segment are a pytree of ``[S, ...]``, S batches; all members of a population see the same.

    Attributes:
        init_params: ``(hyper, key) -> params``.
        loss: ``(params, hyper, batch, key) -> (sum, count)``, in nats; the quotient is minimised.
        optimizer: ``hyper -> optax.GradientTransformation``, such as ``gatedrnn.training.adamw`` of its numbers.
        segments: how many ``advance`` a whole run has: elements of the stream that it takes.

    Raises:
        InputError: where there is no segment.
    """

    init_params: Callable[[Any, Any], Params]
    loss: Callable[[Params, Any, Any, Any], tuple[Any, Any]]
    optimizer: Callable[[Any], optax.GradientTransformation]
    segments: int

    def __post_init__(self) -> None:
        """Refuse a run without a step."""
        check_functions(self, "init_params", "loss", "optimizer")
        check_sizes(self, "segments")

    def init(self, hyper: Any, key: Key[Array, ""], data: Any) -> FixedStepsState:
        """Return the state before the first step."""
        check_data(data, steps=True)
        key, key_params = jax.random.split(key)
        params = self.init_params(hyper, key_params)
        return FixedStepsState(params, self.optimizer(hyper).init(params), key, jnp.zeros((), jnp.int32))

    def advance(
        self, hyper: Any, state: FixedStepsState, data: Any
    ) -> tuple[FixedStepsState, dict[str, Float[Array, "S"]]]:
        """Take a step for each batch of ``data``; return the loss before each, in nats."""

        def step(state: FixedStepsState, batch: Any) -> tuple[FixedStepsState, dict[str, Array]]:
            key = jax.random.fold_in(state.key, state.step)
            params, opt_state, loss = train_step(
                self.loss, self.optimizer(hyper), hyper, state.params, state.optimizer, batch, key
            )
            return FixedStepsState(params, opt_state, state.key, state.step + 1), {"loss": loss}

        return jax.lax.scan(step, state, data)
