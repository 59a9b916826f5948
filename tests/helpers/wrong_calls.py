"""Wrong calls of the library, in tables: each is to be an ``InputError`` that begins with the argument's name.

A program of its own, as tests hold annotations against what comes, before the library looks at it. It prints the number
of calls, and a line for each that went wrong.
"""

from __future__ import annotations

import collections
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn import training
from gatedrnn.errors import InputError
from gatedrnn.training.checkpoint import Checkpoints

KEY = jax.random.key(0)
CELLS: tuple[Any, ...] = (
    gr.LSTM, gr.GRUResetAfter, gr.GRUResetBefore, gr.MinGRU, gr.SimpleRNN,
    gr.PeepholeLSTM, gr.CoupledLSTM, gr.JANET, gr.GreffLSTM, gr.MultiplicativeLSTM, gr.URLSTM, gr.BlockLSTM, gr.SLSTM,
    gr.ParaLSTM, gr.MinLSTM, gr.LayerNormLSTM,
    gr.LayerNormGRU, gr.DreamerGRU,
)  # fmt: skip
XS = np.ones((5, 2, 3), np.float32)
"""[T, B, I] of all calls; cells have four units."""
Row = tuple[str, Callable[[], Any]]
"""The argument that the message begins with, and the call."""


def asked() -> tuple[Any, ...]:
    """Return the cells that are called: the first five, all with ``--all``."""
    return CELLS if "--all" in sys.argv else CELLS[:5]


def of_cells() -> Iterator[Row]:
    """What each kind of cell refuses when it is made, drawn, or run."""
    for kind in asked():
        for hidden in (0, -1, 2.5, "4", True, None):
            yield "hidden", lambda kind=kind, hidden=hidden: kind(hidden)
        for policy in ("bf16", None, 16):
            yield "policy", lambda kind=kind, policy=policy: kind(4, policy=policy)
        if hasattr(kind(4), "activation"):
            for activation in (3, "tanh"):
                yield "activation", lambda kind=kind, activation=activation: kind(4, activation=activation)
        for key in (0, None, "key", jax.random.split(KEY, 2), np.ones(2)):
            yield "key", lambda kind=kind, key=key: kind(4).init(key, 3)
        for in_dim in (0, -3, 3.0, "3", None):
            yield "in_dim", lambda kind=kind, in_dim=in_dim: kind(4).init(KEY, in_dim)


def of_params() -> Iterator[Row]:
    """Parameters that are not the cell's, in a scan and in a step of it."""
    for kind in asked():
        layer, params = gr.scan(kind(4)), kind(4).init(KEY, 3)
        other = next(one for one in CELLS if type(one(4).init(KEY, 3)) is not type(params))(4).init(KEY, 3)
        wrong = (
            jax.tree.map(lambda leaf: leaf.astype(complex), params),
            jax.tree.map(lambda leaf: leaf.astype(int), params),
            params._replace(b="zeros"),
            params._replace(b=params.b[:-1]),
            kind(5).init(KEY, 3),
            params._asdict(),
            tuple(params),
            None,
            other,
        )
        for one in wrong:
            yield "params", lambda layer=layer, one=one: layer.apply(one, XS)
            yield "params", lambda layer=layer, one=one: layer.initial_carry(one, XS[0])


def of_steps() -> Iterator[Row]:
    """Carries that would spread over a step's batch or its units, or are none of the cell's."""
    for cell in (gr.LSTM(4), gr.GRU(4), gr.GRU(4, reset="before"), gr.SimpleRNN(4), gr.MinGRU(4)):
        params: Any = cell.init(KEY, 3)
        carry = cell.initial_carry(params, XS[0])
        wrong = (
            jax.tree.map(lambda leaf: leaf[:1], carry),
            jax.tree.map(lambda leaf: leaf[0], carry),
            jax.tree.map(lambda leaf: leaf[:, :1], carry),
            jax.tree.map(lambda leaf: leaf.astype(int), carry),
            (carry,),
            None,
        )
        for one in wrong:
            yield "carry", lambda cell=cell, params=params, one=one: cell.step(params, one, XS[0])


def of_inputs() -> Iterator[Row]:
    """Sequences, carries and steps that a scan cannot take."""
    for kind in asked():
        layer, params = gr.scan(kind(4)), kind(4).init(KEY, 3)
        for xs in ((XS, XS), {"x": XS}, None, "abc", XS.astype(complex), 1.0, [XS, XS]):
            yield "xs", lambda layer=layer, params=params, xs=xs: layer.apply(params, xs)
        # Too few axes, and other features: the second is the cell's to say.
        for xs in (XS[0, 0], XS[..., :2]):
            yield "x", lambda layer=layer, params=params, xs=xs: layer.apply(params, xs)
        carry = layer.initial_carry(params, XS[0])
        ints = jax.tree.map(lambda leaf: leaf.astype(int), carry)
        one_of = jax.tree.map(lambda leaf: leaf[:1], carry)
        for wrong in (one_of, ints, None, (carry, carry), "zeros"):
            yield (
                "carry",
                lambda layer=layer, params=params, wrong=wrong: layer.step(params, wrong, XS[0]),
            )


def of_layers() -> Iterator[Row]:
    """What layers refuse when they are made, and how they are run."""
    cell = gr.LSTM(4)
    layer, params = gr.scan(cell), cell.init(KEY, 3)
    any_layer: Any = gr
    for wrong in (gr.LSTM, gr.GRU, layer, "LSTM", None, 4):
        yield "cell", lambda wrong=wrong: any_layer.scan(wrong)
    for wrong in ("no", 1, None):
        yield "reverse", lambda wrong=wrong: any_layer.scan(cell, reverse=wrong)
    for wrong in (0, 1.5, "2", True):
        yield "unroll", lambda wrong=wrong: any_layer.scan(cell, unroll=wrong)
    yield "engine", lambda: any_layer.scan(cell, engine="quick")
    for wrong in ("ave", None, 1):
        yield "merge", lambda wrong=wrong: any_layer.bidirectional(cell, merge=wrong)
    yield "merge", lambda: any_layer.bidirectional(cell, gr.LSTM(3), merge="sum")
    for wrong in (gr.LSTM, cell, None, "layer"):
        yield "layers", lambda wrong=wrong: any_layer.chain(layer, wrong)
    for wrong in (gr.LSTM, layer, None):
        yield "cells", lambda wrong=wrong: any_layer.stack(cell, wrong)
    for wrong in (gr.LSTM, None, "LSTM"):
        yield "inner", lambda wrong=wrong: any_layer.residual(wrong)
    wide = gr.residual(gr.scan(cell))
    yield "in_dim", lambda: wide.init(KEY, 3)
    yield "xs", lambda: wide.apply(cell.init(KEY, 1), np.ones((5, 2, 1), np.float32))
    for wrong in (-0.1, 1.5, "0.1", None, float("nan"), True):
        yield "rate", lambda wrong=wrong: any_layer.dropout(wrong)
    for wrong in (0, -1.0, float("nan"), "one", None):
        yield "limit", lambda wrong=wrong: any_layer.clip_gradient(cell, wrong)
    yield "by", lambda: any_layer.clip_gradient(cell, 1.0, "global")
    for wrong in (0, 2.5, "3", None):
        yield "features", lambda wrong=wrong: any_layer.dense(wrong)
        yield "features", lambda wrong=wrong: any_layer.embed(wrong)
    for wrong in (0, "key", jax.random.split(KEY, 3)):
        yield "key", lambda wrong=wrong: layer.apply(params, XS, key=wrong)
    for wrong in (np.ones(2), np.ones(3, int), "two"):
        yield "lengths", lambda wrong=wrong: layer.apply(params, XS, lengths=wrong)
    for wrong in (np.ones((5, 2)), np.ones((4, 2), bool), "all"):
        yield "mask", lambda wrong=wrong: layer.apply(params, XS, mask=wrong)
        yield "resets", lambda wrong=wrong: layer.apply(params, XS, resets=wrong)
    for wrong in (np.ones(3), None, "ys"):
        yield "ys", lambda wrong=wrong: any_layer.last(wrong)
    for wrong in (cell, gr.LSTM, None, gr.dense(3)):
        yield "layer", lambda wrong=wrong: any_layer.final(wrong, ())
    for wrong in (cell, gr.LSTM, None, "layer"):
        for look in (gr.states, gr.gate_values, gr.memory_timescale):
            yield "layer", lambda wrong=wrong, look=look: look(wrong, params, XS)
        yield "layer", lambda wrong=wrong: gr.gradient_norms(wrong, params, XS, lambda carry, ys: ys.sum())
    yield "key", lambda: gr.gate_values(layer, params, XS, key=KEY)
    plain = gr.scan(gr.SimpleRNN(4))
    yield "cell", lambda: gr.gate_values(plain, plain.init(KEY, 3), XS)
    for wrong in (XS, None, (XS, XS)):
        yield "carry", lambda wrong=wrong: any_layer.final(gr.bidirectional(cell), wrong)
    for wrong in ("one", None, np.ones(3)):
        yield "bias", lambda wrong=wrong: any_layer.memory_bias(params, wrong)
    for wrong in (2, "ten", None):
        yield "longest", lambda wrong=wrong: any_layer.chrono_bias(params, KEY, wrong)


def of_training(folder: Path) -> Iterator[Row]:
    """What a population, a run and checkpoints refuse."""
    run = collections.namedtuple("Decay", "segments")
    run.init = lambda run, hyper, key, data: data
    run.advance = lambda run, hyper, state, data: (hyper * state, ())
    keys, rates, do = jax.random.split(KEY, 3), np.float32([0.1, 0.2, 0.3]), training
    fit: Any = do.population
    for wrong in (run, None, "run", gr.LSTM(4)):
        yield "run", lambda wrong=wrong: fit(wrong, rates, keys, 1.0)
    for wrong in (np.arange(3), [0, 1, 2], KEY, None, keys[:0], "keys"):
        yield "keys", lambda wrong=wrong: fit(run(3), rates, wrong, 1.0)
    for wrong in ("fast", np.float32([0.1, 0.2]), np.ones((3, 2)), 1j):
        yield "hypers", lambda wrong=wrong: fit(run(3), wrong, keys, 1.0)
    for wrong in (3, 7, -4, 1.0, "first", None, True):
        yield "k", lambda wrong=wrong: do.member({"loss": rates}, wrong)
    for wrong in (float("nan"), -1.0, float("inf"), "often", None):
        yield "every", lambda wrong=wrong: Checkpoints(folder, every=wrong)
    for wrong in (1, 0, 2.5, "two", None):
        yield "keep", lambda wrong=wrong: Checkpoints(folder, keep=wrong)
    made: Any = do.FixedSteps
    right = {"init_params": lambda *_: jnp.ones(2), "loss": lambda *_: (0.0, 1.0), "take": lambda part, indices: part}
    right["optimizer"] = lambda hyper: training.adam(1e-3, 1.0)
    sizes = {"examples": 4, "batch_size": 2, "steps": 1, "segments": 1}
    for name in sizes:
        for wrong in (0, 1.5, "3", None):
            yield name, lambda name=name, wrong=wrong: made(**right, **(sizes | {name: wrong}))
    for name in right:
        yield name, lambda name=name: made(**(right | {name: 3}), **sizes)
    for wrong in (1.0, (1.0, 1.0, 1.0), (np.ones(2), 1.0), (1, 1.0), None):
        run_of = made(**(right | {"loss": lambda *_, wrong=wrong: jax.tree.map(jnp.asarray, wrong)}), **sizes)
        yield "loss", lambda run_of=run_of: fit(run_of, rates, keys, np.ones((4, 2), np.float32))


def outcomes(rows: Iterator[Row]) -> Iterator[str]:
    """Call all rows; yield an empty line for each that was refused as it should be, else what came."""
    for name, call in rows:
        try:
            call()
        except InputError as error:
            said = str(error)
            yield "" if said.startswith(name) and ": expected " in said and "got" in said else f"{name}: said {said!r}"
        except Exception as error:
            yield f"{name}: {type(error).__name__}, {str(error)[:200]!r}"
        else:
            yield f"{name}: accepted"


def main() -> None:
    """Print how many calls there are, and those that were not refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        tables = (of_cells(), of_params(), of_steps(), of_inputs(), of_layers(), of_training(Path(folder)))
        lines = [line for table in tables for line in outcomes(table)]
    print(len(lines), *filter(None, lines), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main()
