"""Laws of cells: what ``gr.scan`` makes of a cell is a loop of its steps, in either direction, with any engine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells.optional import optional_method
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.layers.chain import chain
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.residual import residual
from gatedrnn.layers.scan import prepare, scan
from gatedrnn.layers.stack import stack
from gatedrnn.policy import Policy
from gatedrnn.testing.compare import assert_close
from gatedrnn.testing.probe import BATCH, STEPS, apply_to, gradients_of
from gatedrnn.types import GatedCell

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe
    from gatedrnn.types import Cell


# "auto" is one of the others, and "cudnn" has one cell and one kind of device. Blocks of 4 steps leave a shorter one.
ENGINES_TO_COMPARE = ("reference", "fast", FastForm(project=4, recompute=4))
JOINT = FastForm(project=0)


def scan_equals_a_loop(probe: Probe, cell: Cell) -> None:
    """``scan`` equals a Python loop of ``step``; with a key, on what ``prepare`` draws."""
    step = jax.jit(cell.step)
    batch = probe.whole
    for key in _keys(probe, cell):
        params, xs = prepare(cell, probe.params, batch.xs, key)
        carry, ys = batch.carry, []
        for t in range(STEPS):
            carry, y = step(params, carry, jax.tree.map(lambda leaf, t=t: leaf[t], xs))
            ys.append(y)
        expected = carry, jnp.stack(ys)
        what = "(carry, ys)" if key is None else "(carry, ys) in training"
        probe.assert_close(probe.apply(probe.params, batch, key), expected, what)


def stack_equals_chain(probe: Probe, cell: Cell) -> None:
    """``scan(stack(a, b, c))`` equals ``chain(scan(a), scan(b), scan(c))`` on the same params.

    The cell stands between two residual ones, with NaN in padding, which must not pass through those either.
    """
    below, above = residual(SimpleRNN(probe.in_dim)), residual(SimpleRNN(cell.out_dim))
    one = scan(stack(below, cell, above))
    several = chain(residual(scan(below.inner)), scan(cell), residual(scan(above.inner)))
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
    flipped = batch._replace(xs=batch.xs[flip], resets=starts)
    carry, ys = probe.apply(probe.params, flipped)
    got = jax.jit(apply_to, static_argnums=0)(scan(cell, reverse=True), probe.params, batch)
    probe.assert_close(got, (carry, ys[flip]), "(carry, ys)")


def engines_agree(probe: Probe, cell: Cell) -> None:
    """Every engine gives the reference's values and gradients, forward and in reverse.

    A cell that is no ``GatedCell`` may be refused by an engine, with ``ValueError``.
    """
    for reverse in (False, True):
        expected = None
        for engine in (*ENGINES_TO_COMPARE, *([JOINT] if optional_method(cell, "joint") else [])):
            try:
                layer = scan(cell, reverse=reverse, engine=engine)
            except ValueError:
                if isinstance(cell, GatedCell):
                    raise
                continue
            program = jax.jit(gradients_of, static_argnums=(0, 1))
            got = program(layer, probe.argnums, probe.params, probe.padded, probe.weights)
            expected = expected or got
            probe.assert_close(got, expected, f"(gradients, (carry, ys)), engine {engine!r}, reverse={reverse}")


def low_precision_scans(probe: Probe, cell: Any) -> None:
    """A cell with a ``policy`` scans in bfloat16, outputs in bfloat16, its carry's types those of its initial one."""
    if not isinstance(getattr(cell, "policy", None), Policy):
        return
    for policy in (Policy(compute="bfloat16"), Policy(params="bfloat16")):
        layer = scan(dataclasses.replace(cell, policy=policy))
        params = jax.eval_shape(lambda key, layer=layer: layer.init(key, probe.in_dim), probe.key)
        initial = jax.eval_shape(layer.initial_carry, params, probe.whole.xs[0])
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
