"""Wrong calls of every cell, in tables: when it is made, drawn, scanned, or stepped."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

import gatedrnn as gr
from gatedrnn.cells.registry import CELLS as CELL_TABLE

KEY = jax.random.key(0)
CELLS: tuple[Any, ...] = (
    gr.LSTM, gr.GRUResetAfter, gr.GRUResetBefore, gr.MinGRU, gr.SimpleRNN,
    gr.PeepholeLSTM, gr.CoupledLSTM, gr.JANET, gr.GreffLSTM, gr.MultiplicativeLSTM, gr.URLSTM, gr.BlockLSTM, gr.SLSTM,
    gr.ParaLSTM, gr.MinLSTM, gr.LayerNormLSTM,
    gr.LayerNormGRU, gr.DreamerGRU, gr.LogMinGRU, gr.LogMinLSTM,
    gr.MGU, gr.MUT1, gr.MUT2, gr.MUT3, gr.IndRNN, gr.IRNN, gr.ParaGRU, gr.BlockGRU,
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
        if any(field.name == "activation" and field.init for field in dataclasses.fields(kind)):
            for activation in (3, "tanh"):
                yield "activation", lambda kind=kind, activation=activation: kind(4, activation=activation)
        for key in (0, None, "key", jax.random.split(KEY, 2), np.ones(2)):
            yield "key", lambda kind=kind, key=key: kind(4).init(key, 3)
        for in_dim in (0, -3, 3.0, "3", None):
            yield "in_dim", lambda kind=kind, in_dim=in_dim: kind(4).init(KEY, in_dim)


def blank(cell: Any) -> Any:
    """Return parameters of a cell for three features, all zero: drawing them would take longer than all calls."""
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(lambda: cell.init(KEY, 3)))


def of_params() -> Iterator[Row]:
    """Parameters that are not the cell's, in a scan and in a step of it."""
    for kind in asked():
        layer, params = gr.scan(kind(4)), blank(kind(4))
        other = next(one for one in CELLS if type(blank(one(4))) is not type(params))(4).init(KEY, 3)
        wrong = (
            jax.tree.map(lambda leaf: leaf.astype(complex), params),
            jax.tree.map(lambda leaf: leaf.astype(int), params),
            params._replace(b="zeros"),
            params._replace(b=params.b[:-1]),
            blank(kind(5)),
            params._asdict(),
            tuple(params),
            None,
            other,
        )
        for one in wrong:
            yield "params", lambda layer=layer, one=one: layer.apply(one, XS)
            yield "params", lambda layer=layer, one=one: layer.initial_carry(one, XS[0])


def of_steps() -> Iterator[Row]:
    """Carries that would spread over a step's batch or its units, or are none of the cell's: of every cell there is."""
    images = np.ones((2, 5, 3), np.float32)  # a row of five pixels
    in_rows: Any = (gr.ConvLSTM(4, space=1), gr.ConvGRU(4, space=1))
    around: Any = (
        gr.zoneout(gr.LSTM(4), h=0.5),
        gr.learned_start(gr.GRU(4)),
        gr.clip_gradient(gr.SimpleRNN(4), 1.0),
        gr.variational_dropout(gr.LSTM(4), 0.5),
        gr.drop_connect(gr.GRU(4), 0.5),
        gr.residual(gr.GRU(3)),
    )
    for cell, x in [
        *((entry.make(4), XS[0]) for entry in CELL_TABLE.values()),
        *((cell, XS[0]) for cell in around),
        *((cell, images) for cell in in_rows),
    ]:
        params: Any = blank(cell)
        carry = cell.initial_carry(params, x)
        wrong = (
            jax.tree.map(lambda leaf: leaf[:1], carry),
            jax.tree.map(lambda leaf: leaf[0], carry),
            jax.tree.map(lambda leaf: leaf[..., :1], carry),
            jax.tree.map(lambda leaf: leaf.astype(int), carry),
            (carry,),
            None,
        )
        for one in wrong:
            yield "carry", lambda cell=cell, params=params, one=one, x=x: cell.step(params, one, x)
    both: Any = gr.stack(gr.LSTM(4), gr.GRU(4))
    params = blank(both)
    carry = both.initial_carry(params, XS[0])
    for one in (carry[::-1], carry[:1], list(carry), jax.tree.map(lambda leaf: leaf[:1], carry), None):
        yield "carry", lambda one=one: both.step(params, one, XS[0])


def of_inputs() -> Iterator[Row]:
    """Sequences, carries and steps that a scan cannot take."""
    for kind in asked():
        layer, params = gr.scan(kind(4)), blank(kind(4))
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
