"""K runs as one program, driven in segments, so that progress shows and a killed run resumes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.training.placement import Placement, deal, take
from gatedrnn.training.run import Data, Hyper, Run, State, advance, init

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key


class Store(Protocol):
    """Where states are kept between segments; ``gatedrnn.training.checkpoint.Checkpoints`` is one."""

    def save(self, step: int, state: Any) -> None:
        """Keep ``state``."""
        ...

    def restore(self, like: Any) -> tuple[int, Any] | None:
        """Return the newest step and its state, of the structure of ``like``; None where there is none."""
        ...


class Population:
    """K members of one run, which differ in hyperparameters and seed, compiled once.

    Members are trained one after another inside the program (``jax.lax.map``), so that each stops on its own;
    ``jax.vmap`` would drive all of them until the last has stopped. Several devices share the members, and each trains
    its own in this way; a member ends with the same bits on any number of devices, and a checkpoint resumes on any.

    Args:
        run: what is the same in all members.
        segment: epochs between two returns to Python.
        devices: how many of this process's devices share the members; None is all.

    Raises:
        ValueError: where there are fewer devices.
    """

    def __init__(self, run: Run, segment: int = 25, devices: int | None = None) -> None:
        shown = jax.local_devices()
        if devices is not None and not 1 <= devices <= len(shown):
            raise ValueError(f"devices: expected 1 to {len(shown)}, as many as JAX shows; got {devices!r}")
        self.run = run
        self.segment = segment
        self.placement = Placement(shown[:devices])
        self.traces = 0
        self.compile_seconds = 0.0
        self._init = jax.jit(lambda hypers, keys: jax.lax.map(lambda one: init(run, one[0], one[1]), (hypers, keys)))
        self._compiled: dict[Any, Any] = {}

    def _advance_all(self, members: tuple[Hyper, State], data: Data) -> State:
        self.traces += 1
        return jax.lax.map(lambda one: advance(self.run, one[0], one[1], data, self.segment), members)

    def _compile(self, function: Callable[..., State], *args: Any) -> Callable[..., State]:
        """Compile for these shapes once, and say how long it took."""
        shapes = jax.tree.structure(args), tuple((x.shape, x.dtype) for x in jax.tree.leaves(args))
        if shapes not in self._compiled:
            started = time.perf_counter()
            self._compiled[shapes] = jax.jit(function).lower(*args).compile()
            self.compile_seconds += time.perf_counter() - started
        return self._compiled[shapes]

    def _advance_here(self, hypers: Hyper, states: State, data: Data) -> State:
        """Run a segment where the arrays are."""
        args = (hypers, states), data
        return self._compile(self._advance_all, *args)(*args)

    def _advance_spread(self, hypers: Hyper, states: State, data: Data) -> State:
        """Run a segment with members spread over devices; a copy on a spare place has stopped, and costs nothing."""
        placement = self.placement
        dealt = deal(np.asarray(states.stopped), len(placement.devices))
        hypers, states = take((hypers, states), dealt.seated)
        states = states._replace(stopped=states.stopped | dealt.spare)
        args = placement.spread((hypers, states)), data
        states = self._compile(placement.split(self._advance_all), *args)(*args)
        return take(placement.gather(states), dealt.places())

    def train(
        self,
        hypers: Hyper,
        keys: Key[Array, "K"],
        data: Data,
        *,
        store: Store | None = None,
        on_segment: Callable[[State], None] | None = None,
    ) -> State:
        """Train all members until each has stopped.

        Args:
            hypers: hyperparameters, each ``[K]``.
            keys: one key for each member.
            data: what all members share.
            store: saves the states after each segment, and is where training resumes.
            on_segment: called with the states ``[K, ...]`` after each segment.

        Returns:
            The states of all members, ``[K, ...]``.
        """
        hypers = Hyper(*(jnp.asarray(h) for h in hypers))
        data = jax.tree.map(jnp.asarray, data)
        states = self._init(hypers, keys)
        segments = 0
        if store is not None and (saved := store.restore(states)) is not None:
            segments, states = saved
        advance_all = self._advance_here
        if len(keys) > 1 and len(self.placement.devices) > 1:
            advance_all, data = self._advance_spread, self.placement.share(data)
            hypers, states = self.placement.gather((hypers, states))
        while not bool(np.all(states.stopped)):
            states = advance_all(hypers, states, data)
            segments += 1
            if store is not None:
                store.save(segments, states)
            if on_segment is not None:
                on_segment(states)
        return states


def member(states: State, k: int) -> State:
    """Return one member's state of ``[K, ...]``."""
    return jax.tree.map(partial(_at, k), states)


def _at(k: int, x: Array) -> Array:
    return x[k]
