"""One training run as two pure functions: ``init`` and ``advance``.

Everything that happens in a run is in its ``State``, so a run can be cut anywhere, moved, mapped over
hyperparameters, and resumed bit for bit. Optimiser and network are built inside the traced functions, so
hyperparameters are ordinary traced numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

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


class Data(NamedTuple):
    """Pytrees of arrays that ``Run.take`` and ``Run.loss`` understand; the test part is not among them."""

    train: Any
    validation: Any


class State(NamedTuple):
    """A run between two epochs; E is the cap on epochs."""

    params: Params
    optimizer: Any
    key: Key[Array, ""]
    epoch: Int[Array, ""]
    best_params: Params
    best_validation: Float[Array, ""]
    best_epoch: Int[Array, ""]
    stopped: Bool[Array, ""]
    diverged_at: Int[Array, ""]
    train_curve: Float[Array, "E"]
    validation_curve: Float[Array, "E"]


@dataclasses.dataclass(frozen=True)
class Run:
    """What is fixed in a training run: minibatch Adam with clipping, early stopping on validation.

    Attributes:
        init_params: ``(hyper, key) -> params``.
        loss: ``(params, hyper, batch, key) -> (sum, count)``, in nats; ``key=None`` is evaluation.
        take: ``(part, indices) -> batch``, the examples of a part of the data with these indices.
        examples: number of training examples.
        batch_size: examples in a step; each epoch is a new order, what is left over at its end waits for another.
        max_epochs: E, the cap.
        patience: epochs without a better validation loss after which a run stops.

    Raises:
        ValueError: where a size is not positive, or a batch is larger than the data.
    """

    init_params: Callable[[Hyper, Any], Params]
    loss: Callable[[Params, Hyper, Any, Any], tuple[Any, Any]]
    take: Callable[[Any, Any], Any]
    examples: int
    batch_size: int
    max_epochs: int
    patience: int

    def __post_init__(self) -> None:
        """Refuse sizes with which nothing can be trained."""
        for name in ("examples", "batch_size", "max_epochs", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected a positive int, got {getattr(self, name)!r}")
        if self.batch_size > self.examples:
            raise ValueError(f"batch_size: expected at most the {self.examples} examples, got {self.batch_size}")


def optimizer(hyper: Hyper) -> optax.GradientTransformation:
    """Return Adam behind a clip of the global gradient norm."""
    return optax.chain(optax.clip_by_global_norm(hyper.clip_norm), optax.adam(hyper.learning_rate))


def init(run: Run, hyper: Hyper, key: Key[Array, ""]) -> State:
    """Return the state before the first epoch."""
    key, key_params = jax.random.split(key)
    params = run.init_params(hyper, key_params)
    curve = jnp.full(run.max_epochs, jnp.nan)
    return State(
        params=params,
        optimizer=optimizer(hyper).init(params),
        key=key,
        epoch=jnp.zeros((), jnp.int32),
        best_params=params,
        best_validation=jnp.full((), jnp.inf),
        best_epoch=jnp.zeros((), jnp.int32),
        stopped=jnp.zeros((), bool),
        diverged_at=jnp.full((), -1, jnp.int32),
        train_curve=curve,
        validation_curve=curve,
    )


def train_step(
    run: Run, hyper: Hyper, params: Params, opt_state: Any, batch: Any, key: Key[Array, ""]
) -> tuple[Params, Any, Float[Array, ""]]:
    """Take one optimiser step; return the new parameters and optimiser state, and the loss before it, in nats."""

    def mean_loss(params: Params) -> Array:
        total, count = run.loss(params, hyper, batch, key)
        return total / count

    loss, gradient = jax.value_and_grad(mean_loss)(params)
    updates, opt_state = optimizer(hyper).update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


def train_epoch(run: Run, hyper: Hyper, state: State, train: Any) -> tuple[Params, Any, Float[Array, ""]]:
    """Take one step for each batch of a new order; return parameters, optimiser state and mean loss in nats."""
    key_order, key_noise = jax.random.split(jax.random.fold_in(state.key, state.epoch))
    steps = run.examples // run.batch_size
    order = jax.random.permutation(key_order, run.examples)[: steps * run.batch_size]

    def step(carry: tuple[Params, Any], inputs: tuple[Array, Array]) -> tuple[tuple[Params, Any], Array]:
        indices, key = inputs
        params, opt_state, loss = train_step(run, hyper, *carry, run.take(train, indices), key)
        return (params, opt_state), loss

    batches = (order.reshape(steps, run.batch_size), jax.random.split(key_noise, steps))
    (params, opt_state), losses = jax.lax.scan(step, (state.params, state.optimizer), batches)
    return params, opt_state, losses.mean()


def advance(run: Run, hyper: Hyper, state: State, data: Data, epochs: int) -> State:
    """Train for at most ``epochs`` more epochs; a run that has stopped stays as it is, and costs nothing.

    A run stops at the cap, when its validation loss has not improved for ``patience`` epochs, or when its
    training or validation loss is no longer finite: then ``diverged_at`` says in which epoch, and the best
    parameters are still the ones before.
    """
    until = jnp.minimum(state.epoch + epochs, run.max_epochs)

    def body(state: State) -> State:
        params, opt_state, train = train_epoch(run, hyper, state, data.train)
        total, count = run.loss(params, hyper, data.validation, None)
        validation = total / count
        finite = jnp.isfinite(train) & jnp.isfinite(validation)
        better = finite & (validation < state.best_validation)
        best_epoch = jnp.where(better, state.epoch + 1, state.best_epoch)
        return State(
            params=params,
            optimizer=opt_state,
            key=state.key,
            epoch=state.epoch + 1,
            best_params=jax.tree.map(lambda new, old: jnp.where(better, new, old), params, state.best_params),
            best_validation=jnp.where(better, validation, state.best_validation),
            best_epoch=best_epoch,
            stopped=~finite | (state.epoch + 1 - best_epoch >= run.patience) | (state.epoch + 1 >= run.max_epochs),
            diverged_at=jnp.where(finite, -1, state.epoch + 1),
            train_curve=state.train_curve.at[state.epoch].set(train),
            validation_curve=state.validation_curve.at[state.epoch].set(validation),
        )

    return jax.lax.while_loop(lambda s: ~s.stopped & (s.epoch < until), body, state)
