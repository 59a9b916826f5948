"""Laws of cells: what ``gr.scan`` makes of a cell is a loop of its steps, in either direction, with any engine."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.layers.chain import chain
from gatedrnn.layers.engines.base import EngineRefusal
from gatedrnn.layers.engines.table import choices_for
from gatedrnn.layers.inputs import is_one_array
from gatedrnn.layers.residual import residual
from gatedrnn.layers.scan import prepare, scan
from gatedrnn.layers.stack import stack
from gatedrnn.policy import Policy
from gatedrnn.testing.compare import assert_close
from gatedrnn.testing.probe import BATCH, STEPS, apply_to, at, gradients_of

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe, ProbeBatch
    from gatedrnn.types import Cell


def scan_equals_a_loop(probe: Probe, cell: Cell) -> None:
    """``scan`` equals a Python loop of ``step``; with a key, on what ``prepare`` draws."""
    step = jax.jit(cell.step)
    batch = probe.whole
    for key in _keys(probe, cell):
        params, xs = prepare(cell, probe.params, batch.xs, key)
        carry, ys = batch.carry, []
        for t in range(STEPS):
            carry, y = step(params, carry, at(xs, t))
            ys.append(y)
        expected = carry, jnp.stack(ys)
        what = "(carry, ys)" if key is None else "(carry, ys) in training"
        probe.assert_close(probe.apply(probe.params, batch, key), expected, what)


def stack_equals_chain(probe: Probe, cell: Cell) -> None:
    """``scan(stack(a, b, c))`` equals ``chain(scan(a), scan(b), scan(c))`` on the same params.

    The cell stands between two residual ones, with NaN in padding, which must not pass through those either. One that
    takes several arrays stands at the bottom.
    """
    below = (SimpleRNN(probe.in_dim),) if is_one_array(probe.whole.xs) else ()
    above = SimpleRNN(cell.out_dim)
    one = scan(stack(*map(residual, below), cell, residual(above)))
    several = chain(*(residual(scan(each)) for each in below), scan(cell), residual(scan(above)))
    params = one.init(probe.key, probe.in_dim)
    batch = probe.padded.poisoned(~probe.padded.valid)._replace(carry=None)
    for key in _keys(probe, cell):
        got, expected = (jax.jit(apply_to, static_argnums=0)(layer, params, batch, key) for layer in (one, several))
        what = "(carry, ys)" if key is None else "(carry, ys) in training"
        assert_close(got, expected, what, rtol=3 * probe.rtol)


def reverse_equals_flipping(probe: Probe, cell: Cell) -> None:
    """``reverse=True`` equals flipping each sequence, and its segments, within its own length."""
    batch = probe.padded._replace(mask=probe.whole.mask)
    steps = jnp.arange(STEPS)[:, None]
    flip = jnp.where(batch.valid, batch.lengths - 1 - steps, steps), jnp.arange(BATCH)
    # A segment's first step is its last one now: the next segment starts one step later.
    starts = jnp.concatenate([jnp.zeros((1, BATCH), bool), (batch.resets & batch.valid)[flip][:-1]])
    flipped = batch._replace(xs=at(batch.xs, flip), resets=starts)
    carry, ys = probe.apply(probe.params, flipped)
    got = jax.jit(apply_to, static_argnums=0)(scan(cell, reverse=True), probe.params, batch)
    probe.assert_close(got, (carry, ys[flip]), "(carry, ys)")


def engines_agree(probe: Probe, cell: Cell) -> None:
    """Every engine that takes the cell gives the reference's values and gradients, forward and in reverse.

    All of the table are run, in every variant that they name, with padding and resets; one that refuses those is
    run without them, and one that refuses that as well lacks its device.
    """
    program = jax.jit(gradients_of, static_argnums=(0, 1))
    batches = probe.padded, probe.padded._replace(lengths=None, mask=None, resets=None)

    def outcome(engine: Any, reverse: bool, batch: ProbeBatch) -> Any:
        layer = scan(cell, reverse=reverse, engine=engine)
        return program(layer, probe.argnums, probe.params, batch, probe.weights)

    for engine, reverse in itertools.product(choices_for(cell), (False, True)):
        for batch in batches:
            try:
                got = outcome(engine, reverse, batch)
            except EngineRefusal:
                continue
            what = f"(gradients, (carry, ys)), engine {engine!r}, reverse={reverse}"
            probe.assert_close(got, outcome("reference", reverse, batch), what)
            break


def low_precision_scans(probe: Probe, cell: Any) -> None:
    """A cell with a ``policy`` scans in bfloat16, outputs in bfloat16, its carry's types those of its initial one."""
    if not isinstance(getattr(cell, "policy", None), Policy):
        return
    for policy in (Policy(compute="bfloat16"), Policy(params="bfloat16")):
        layer = scan(dataclasses.replace(cell, policy=policy))
        params = jax.eval_shape(lambda key, layer=layer: layer.init(key, probe.in_dim), probe.key)
        initial = jax.eval_shape(layer.initial_carry, params, at(probe.whole.xs, 0))
        carry, ys = jax.eval_shape(layer.apply, params, probe.whole.xs)
        if carry != initial:
            raise AssertionError(f"carry with {policy}: expected {initial}, as at the start, got {carry}")
        if ys.dtype != jnp.bfloat16:
            raise AssertionError(f"ys with {policy}: expected bfloat16, got {ys.dtype}")


def _keys(probe: Probe, cell: Cell) -> tuple[Any, ...]:
    """Return None for evaluation, and a key for training where ``prepare`` draws noise from it."""
    plain, noisy = (jax.tree.leaves(prepare(cell, probe.params, probe.whole.xs, key)) for key in (None, probe.key))
    same = len(plain) == len(noisy) and all(map(np.array_equal, plain, noisy))
    return (None,) if same else (None, probe.key)


LAWS = (scan_equals_a_loop, stack_equals_chain, reverse_equals_flipping, engines_agree, low_precision_scans)
