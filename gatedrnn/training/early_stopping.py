"""Runs with early stopping: minibatch Adam until the validation loss has not improved for a while."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from gatedrnn.errors import InputError
from gatedrnn.training.checks import check_functions, check_sizes, pair_of_loss
from gatedrnn.training.run import Status
from gatedrnn.training.step import adam, train_step

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int, Key

    from gatedrnn.types import Params


class Hyper(NamedTuple):
    """Hyperparameters of one run, each a scalar, or ``[K]`` for K runs."""

    learning_rate: Any
    """Adam's step size."""
    clip_norm: Any
    """Largest global norm of a gradient."""
    dropout: Any
    """Part of the recurrent outputs that is set to zero in training."""
    gate_bias: Any
    """Index into ``GATE_BIASES``: where the gate that keeps memory starts."""
    difference: Any
    """Index into ``DIFFERENCES``: whether changes are forecast, and read."""
    hidden: Any = 0.0
    """Units that were asked for; it is read where networks of several widths are tried together."""
    initial_weights: Any = 0
    """Index into ``INITIAL_WEIGHTS``; it is read where several of them are tried together."""


class Data(NamedTuple):
    """Pytrees of arrays that ``take`` and ``loss`` of a run understand; the test part is not among them."""

    train: Any
    validation: Any


class EarlyStoppingState(NamedTuple):
    """A run between two steps; E is the cap on epochs, N the examples that an epoch trains on."""

    params: Params
    optimizer: Any
    key: Key[Array, ""]
    epoch: Int[Array, ""]
    order: Int[Array, "N"]
    """The examples of the epoch at work, in the order in which steps take them."""
    loss_sum: Float[Array, ""]
    """Of the epoch's steps so far."""
    best_params: Params
    best_validation: Float[Array, ""]
    best_epoch: Int[Array, ""]
    stopped: Bool[Array, ""]
    diverged_at: Int[Array, ""]
    train_curve: Float[Array, "E"]
    validation_curve: Float[Array, "E"]


def adam_of(hyper: Hyper) -> optax.GradientTransformation:
    """Return Adam behind a clip of the global gradient norm."""
    return adam(hyper.learning_rate, hyper.clip_norm)


@dataclasses.dataclass(frozen=True)
class EarlyStopping:
    """A run that stops at a cap on epochs, when it no longer improves on validation, or when it diverges.

    It is a ``gatedrnn.training.Divisible``: ``advance`` trains for at most ``segment`` epochs, ``advance_part`` for as
    many steps as it is told. A run that has stopped stays as it is, and costs nothing under a map. It stops at the cap,
    when its validation loss has not improved for ``patience`` epochs, or when its training or validation loss is no
    longer finite: then ``diverged_at`` says in which epoch, and the best parameters are still the ones before. Curves
    are in the state, so there are no metrics.

    Attributes:
        init_params: ``(hyper, key) -> params``.
        loss: ``(params, hyper, batch, key) -> (sum, count)``, in nats; ``key=None`` is evaluation.
        take: ``(part, indices) -> batch``, the examples of a part of the data with these indices.
        examples: number of training examples.
        batch_size: examples in a step; each epoch is a new order, what is left over at its end waits for another.
        max_epochs: E, the most epochs that a run trains.
        patience: epochs without a better validation loss after which a run stops.
        segment: epochs of one ``advance``.
        optimizer: ``hyper -> optax.GradientTransformation``; may use traced hyperparameters.

    Raises:
        InputError: where a size is not positive, or a batch is larger than the data.
    """

    init_params: Callable[[Any, Any], Params]
    loss: Callable[[Params, Any, Any, Any], tuple[Any, Any]]
    take: Callable[[Any, Any], Any]
    examples: int
    batch_size: int
    max_epochs: int
    patience: int
    segment: int = 25
    optimizer: Callable[[Any], optax.GradientTransformation] = adam_of

    def __post_init__(self) -> None:
        """Refuse sizes with which nothing can be trained."""
        check_functions(self, "init_params", "loss", "take", "optimizer")
        check_sizes(self, "examples", "batch_size", "max_epochs", "patience", "segment")
        if self.batch_size > self.examples:
            raise InputError(f"batch_size: expected at most the {self.examples} examples, got {self.batch_size}")

    @property
    def segments(self) -> int:
        """Calls of ``advance`` that reach the cap."""
        return -(-self.max_epochs // self.segment)

    @property
    def segment_steps(self) -> int:
        """Optimiser steps of one ``advance``."""
        return self.segment * self.epoch_steps

    @property
    def epoch_steps(self) -> int:
        """Optimiser steps of an epoch."""
        return self.examples // self.batch_size

    def status(self, state: EarlyStoppingState) -> Status:
        """Return whether the run has stopped, and the epoch in which it diverged."""
        return Status(state.stopped, state.diverged_at)

    def init(self, hyper: Any, key: Key[Array, ""], data: Data) -> EarlyStoppingState:
        """Return the state before the first epoch."""
        if not hasattr(data, "train") or not hasattr(data, "validation"):
            raise InputError(f"data: expected Data(train, validation), got {type(data).__name__}")
        key, key_params = jax.random.split(key)
        params = self.init_params(hyper, key_params)
        curve = jnp.full(self.max_epochs, jnp.nan)
        return EarlyStoppingState(
            params=params,
            optimizer=self.optimizer(hyper).init(params),
            key=key,
            epoch=jnp.zeros((), jnp.int32),
            order=self.order(key, 0),
            loss_sum=jnp.zeros(()),
            best_params=params,
            best_validation=jnp.full((), jnp.inf),
            best_epoch=jnp.zeros((), jnp.int32),
            stopped=jnp.zeros((), bool),
            diverged_at=jnp.full((), -1, jnp.int32),
            train_curve=curve,
            validation_curve=curve,
        )

    def order(self, key: Key[Array, ""], epoch: Any) -> Int[Array, "N"]:
        """Return the examples of an epoch in their order, those of a step after those of the step before."""
        key_order, _ = jax.random.split(jax.random.fold_in(key, epoch))
        return jax.random.permutation(key_order, self.examples)[: self.epoch_steps * self.batch_size]

    def take_steps(
        self, hyper: Any, state: EarlyStoppingState, examples: Any, first: Any, until: Any
    ) -> EarlyStoppingState:
        """Take the steps ``first`` to ``until`` of an epoch; the second is not among them."""
        _, key_noise = jax.random.split(jax.random.fold_in(state.key, state.epoch))
        keys = jax.random.split(key_noise, self.epoch_steps)

        def step(k: Array, carry: tuple[Params, Any, Array]) -> tuple[Params, Any, Array]:
            params, opt_state, loss_sum = carry
            batch = self.take(examples, jax.lax.dynamic_slice_in_dim(state.order, k * self.batch_size, self.batch_size))
            params, opt_state, loss = train_step(
                self.loss, self.optimizer(hyper), hyper, params, opt_state, batch, keys[k]
            )
            return params, opt_state, loss_sum + loss

        before = (state.params, state.optimizer, state.loss_sum)
        params, opt_state, loss_sum = jax.lax.fori_loop(first, until, step, before)
        return state._replace(params=params, optimizer=opt_state, loss_sum=loss_sum)

    def validate(self, hyper: Any, state: EarlyStoppingState, data: Data) -> EarlyStoppingState:
        """End an epoch, and decide whether to stop."""
        params, train = state.params, state.loss_sum / self.epoch_steps
        total, count = pair_of_loss(self.loss(params, hyper, data.validation, None))
        validation = total / count
        finite = jnp.isfinite(train) & jnp.isfinite(validation)
        better = finite & (validation < state.best_validation)
        epoch = state.epoch + 1
        best_epoch = jnp.where(better, epoch, state.best_epoch)
        return state._replace(
            epoch=epoch,
            order=self.order(state.key, epoch),
            loss_sum=jnp.zeros_like(state.loss_sum),
            best_params=jax.tree.map(lambda new, old: jnp.where(better, new, old), params, state.best_params),
            best_validation=jnp.where(better, validation, state.best_validation),
            best_epoch=best_epoch,
            stopped=~finite | (epoch - best_epoch >= self.patience) | (epoch >= self.max_epochs),
            diverged_at=jnp.where(finite, -1, epoch),
            train_curve=state.train_curve.at[state.epoch].set(train),
            validation_curve=state.validation_curve.at[state.epoch].set(validation),
        )

    def advance(self, hyper: Any, state: EarlyStoppingState, data: Data) -> tuple[EarlyStoppingState, tuple[()]]:
        """Train for ``segment`` epochs, or until the run stops."""
        return self.advance_part(hyper, state, data, jnp.int32(0), jnp.int32(self.segment_steps)), ()

    def advance_part(
        self, hyper: Any, state: EarlyStoppingState, data: Data, first: Int[Array, ""], count: Int[Array, ""]
    ) -> EarlyStoppingState:
        """Take ``count`` steps of a segment from step ``first`` of it on, or fewer where the run stops."""
        steps = self.epoch_steps

        def part(carry: tuple[EarlyStoppingState, Array]) -> tuple[EarlyStoppingState, Array]:
            state, at = carry
            begin, until = at % steps, jnp.minimum(at % steps + first + count - at, steps)

            def train(state: EarlyStoppingState) -> EarlyStoppingState:
                state = self.take_steps(hyper, state, data.train, begin, until)
                return jax.lax.cond(until == steps, lambda s: self.validate(hyper, s, data), lambda s: s, state)

            return jax.lax.cond(state.stopped, lambda s: s, train, state), at + until - begin

        # What ends the loop is the same for all members, so that under vmap it stays one number, and a branch a branch.
        return jax.lax.while_loop(lambda carry: carry[1] < first + count, part, (state, first))[0]
