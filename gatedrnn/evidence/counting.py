"""Training on a^n b^n or a^n b^n c^n and measuring how far nets count: what Weiss et al. 2018 did, for any cell."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import gatedrnn as gr
from gatedrnn.tasks.censored import accepted_up_to
from gatedrnn.tasks.generated.counting import words
from gatedrnn.training.fixed_steps import FixedSteps
from gatedrnn.training.population import Population

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Float, Int

    from gatedrnn.layers.chain import Chain
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.training.member import Members
    from gatedrnn.types import Cell, Params


@dataclasses.dataclass(frozen=True)
class CountingSettings:
    """How nets are trained to count, and how far they are asked.

    Attributes:
        letters: 2: a^n b^n; 3: a^n b^n c^n.
        trained_to: the n of the longest word in training.
        tested_to: the n of the longest word that is asked for.
        units: hidden units of each of the two layers.
        embedding: features of a letter.
        threshold: the probability above which a next letter, or the end, is allowed.
        learning_rate: the step size of Adam.
        batch: words in a step, drawn with replacement.
        steps: steps of the optimiser between two looks.
        segments: how often as many.
        seeds: networks of each cell, one population.
    """

    letters: int
    trained_to: int
    tested_to: int
    units: int = 5
    embedding: int = 3
    threshold: float = 0.01
    learning_rate: float = 1e-3
    batch: int = 10
    steps: int = 1000
    segments: int = 20
    seeds: int = 16


class Reach(NamedTuple):
    """How far each network counts; the largest n that was asked for bounds all.

    Attributes:
        accepted: the largest n whose word is accepted: every next letter, and the end, is allowed.
        counted: the largest n up to which the decided letters of all words are allowed.
        recognised: the same, where the decided letters have to be the likeliest, so that words with a letter more or
            less are told apart too. A network that allows everything accepts all words, and recognises hardly any.
    """

    accepted: Int[np.ndarray, "K"]
    counted: Int[np.ndarray, "K"]
    recognised: Int[np.ndarray, "K"]


def network(make: Callable[[int], Cell], settings: CountingSettings) -> Chain:
    """Return an embedding, two layers whose initial states are learned, and logits of the letters and the end."""
    layers = [gr.scan(gr.learned_start(make(settings.units))) for _ in range(2)]
    return gr.chain(gr.embed(settings.embedding), *layers, gr.dense(settings.letters + 1))


def nats(outputs: Float[Array, "T B K"], batch: Batch) -> Array:
    """Return the nats of all letters and ends, each word's summed: a word counts the same, however long it is."""
    logp = jnp.take_along_axis(jax.nn.log_softmax(outputs), batch.y.astype(jnp.int32)[..., None], axis=-1)[..., 0]
    return -jnp.where(jnp.arange(len(outputs))[:, None] < batch.lengths, logp, 0.0).sum()


def train(
    make: Callable[[int], Cell], settings: CountingSettings, on_segment: Callable[[Members], None] | None = None
) -> Members:
    """Train ``settings.seeds`` networks of a cell as one population; return them.

    Args:
        make: the number of units to the cell.
        settings: how the networks are trained.
        on_segment: called with the members after each segment.
    """
    net = network(make, settings)

    def loss(params: Params, hyper: Any, batch: Batch, key: Any) -> tuple[Array, Array]:
        del hyper, key
        outputs = net.apply(params, batch.x.astype(jnp.int32), lengths=batch.lengths)[1]
        return nats(outputs, batch), jnp.full((), settings.batch, jnp.float32)

    run = FixedSteps(
        init_params=lambda hyper, key: net.init(key, settings.letters + 1),
        loss=loss,
        take=lambda data, indices: data.take(indices),
        optimizer=lambda hyper: optax.adam(hyper),
        examples=settings.trained_to,
        batch_size=settings.batch,
        steps=settings.steps,
        segments=settings.segments,
    )
    data = jax.tree.map(jnp.asarray, words(settings.letters, 1, settings.trained_to, settings.trained_to))
    keys = jax.random.split(jax.random.key(0), settings.seeds)
    return Population(run, "vmap").train(settings.learning_rate, keys, data, on_segment=on_segment)


def reach(make: Callable[[int], Cell], settings: CountingSettings, params: Params) -> Reach:
    """Return how far each network of a population counts.

    Args:
        make: the number of units to the cell.
        settings: how the networks were trained.
        params: parameters of all networks, ``[K, ...]``.
    """
    net, batch = network(make, settings), words(settings.letters, 1, settings.tested_to, settings.tested_to)
    tokens = jnp.asarray(batch.x, jnp.int32)

    def of_one(one: Params) -> tuple[Array, Array, Array]:
        return judged(jax.nn.softmax(net.apply(one, tokens, lengths=batch.lengths)[1]), batch, settings.threshold)

    accepted, counted, recognised = map(np.asarray, jax.jit(lambda all_: jax.lax.map(of_one, all_))(params))
    n = np.arange(1, settings.tested_to + 1)
    return Reach((n * accepted).max(-1), *map(accepted_up_to, (counted, recognised)))


def judged(probabilities: Float[Array, "T N K"], batch: Batch, threshold: float) -> tuple[Array, Array, Array]:
    """Return of each word whether it is accepted, counted and recognised, as ``Reach`` has these words.

    Args:
        probabilities: the probabilities of what comes next, at each step.
        batch: the words that were read.
        threshold: what is allowed has a probability above it.

    Example:
        >>> batch = words(2, 1, 2, 2)
        >>> sure, open_ = jax.nn.one_hot(batch.y, 3), jnp.full((4, 2, 3), 0.3).at[..., 0].set(0.4)
        >>> [[each.tolist() for each in judged(p, batch, 0.01)] for p in (sure, open_)]
        [[[True, True], [True, True], [True, True]], [[True, True], [True, True], [False, False]]]
    """
    allowed = probabilities > threshold
    right = jnp.take_along_axis(allowed, jnp.asarray(batch.y, jnp.int32)[..., None], axis=-1)[..., 0]
    there = jnp.arange(len(batch.x))[:, None] < jnp.asarray(batch.lengths)
    decided = jnp.asarray(batch.scored())
    likeliest = probabilities.argmax(-1) == batch.y
    return (right | ~there).all(0), (right | ~decided).all(0), (likeliest | ~decided).all(0)
