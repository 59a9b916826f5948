"""The tables that drive the tests of the core: a new cell, or a new kind of layer, is one row."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.config import config
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.learned_start import GatedLearnedStart


@config
class Started(GatedLearnedStart):
    """A gated cell whose initial carry has been learned already: it is not zero."""

    def init(self, key, in_dim):
        params = super().init(key, in_dim)
        return params._replace(
            start=jax.tree.map(lambda leaf: leaf + jnp.arange(1.0, 1 + leaf.size) / leaf.size, params.start)
        )


class PeepholeParams(NamedTuple):
    lstm: Any
    peep: Any


@dataclasses.dataclass(frozen=True)
class Peephole:
    """An LSTM whose input and forget gates see the cell state too: ``gate`` has parameters of its own."""

    hidden: int

    @property
    def out_dim(self):
        return self.hidden

    @property
    def lstm(self):
        return gr.LSTM(self.hidden)

    def init(self, key, in_dim):
        return PeepholeParams(self.lstm.init(key, in_dim), jnp.cos(jnp.arange(2.0 * self.hidden)))

    def initial_carry(self, params, x):
        return self.lstm.initial_carry(params.lstm, x)

    def project(self, params, x):
        return self.lstm.project(params.lstm, x)

    def recur(self, params, carry):
        return self.lstm.recur(params.lstm, carry)

    def gate(self, params, z, u, carry):
        seen = params.peep * jnp.concatenate([carry.c, carry.c], axis=-1)
        z = jnp.concatenate([z[..., : 2 * self.hidden] + seen, z[..., 2 * self.hidden :]], axis=-1)
        return self.lstm.gate(params.lstm, z, u, carry)

    def step(self, params, carry, x):
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)


class PutsOutBoth(gr.LSTM):
    """Puts out ``[h, c]``: no leaf of its carry has the output's shape."""

    out_dim = property(lambda self: 2 * self.hidden)

    def gate(self, params, z, u, carry):
        carry, h = super().gate(params, z, u, carry)
        return carry, jnp.concatenate([h, carry.c.astype(h.dtype)], axis=-1)


class Count(NamedTuple):
    steps: Any
    h: Any
    traces: Any


@dataclasses.dataclass(frozen=True)
class Counted:
    """A GRU that counts its steps, and keeps two fading traces of each unit: leaves ``[*B]`` and ``[*B, H, 2]``."""

    hidden: int

    @property
    def out_dim(self):
        return self.hidden

    @property
    def gru(self):
        return gr.GRU(self.hidden)

    def init(self, key, in_dim):
        return self.gru.init(key, in_dim)

    def initial_carry(self, params, x):
        batch = x.shape[:-1]
        traces = jnp.zeros((*batch, self.hidden, 2), params.b.dtype)
        return Count(jnp.zeros(batch, jnp.int32), self.gru.initial_carry(params, x), traces)

    def project(self, params, x):
        return self.gru.project(params, x)

    def recur(self, params, carry):
        return self.gru.recur(params, carry.h)

    def gate(self, params, z, u, carry):
        h, _ = self.gru.gate(params, z, u, carry.h)
        steps = carry.steps + 1
        traces = carry.traces / 2 + jnp.stack([h, jnp.sin(h)], axis=-1) / steps[..., None, None].astype(h.dtype)
        return Count(steps, h, traces), h + traces.sum(-1)

    def step(self, params, carry, x):
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)


class Centred(gr.SimpleRNN):
    """A gate that mixes units, and says so: what it squashes has mean 0."""

    mixes_units = True

    def gate(self, params, z, u, carry):
        a = z + u
        return super().gate(params, a - a.mean(-1, keepdims=True), jnp.zeros_like(a), carry)


QUICK = ("LSTM", "GRU", "GRU-before", "MinGRU", "SimpleRNN")
"""Cells of the registry whose laws `make test` proves; those of all the others are proven in `make verify`."""

CELLS = {
    **{name: entry.make(4) for name, entry in registry.CELLS.items()},
    "stack with noise": gr.stack(gr.residual(gr.SimpleRNN(3)), gr.zoneout(gr.GRU(2, reset="before"), 0.5)),
    "residual": gr.residual(gr.LSTM(3)),
    "zoneout": gr.zoneout(gr.LSTM(4), 0.4, 0.3),
    "learned start": Started(gr.GRU(4)),
    "peephole": Peephole(4),
    "puts out both": PutsOutBoth(3),
    "counted": Counted(3),
    "centred": Centred(4),
}


def rows(names):
    """Return names of cells as parameters of a test that is slow: what is not ``QUICK`` runs in `make verify`."""
    slow = set(registry.CELLS) - set(QUICK)
    return [pytest.param(name, marks=pytest.mark.verify) if name in slow else name for name in names]


def tokens(key, leading):
    """Draw tokens below 5."""
    return jax.random.randint(key, leading, 0, 5)


LAYERS = {
    "blocks": (gr.scan(gr.LSTM(4), engine=FastForm(project=4, recompute=4)), {}),
    "segments": (gr.scan(gr.drop_connect(gr.GRU(4), 0.3), remat=4, reverse=True), {}),
    "reverse scan": (gr.scan(gr.zoneout(gr.SimpleRNN(4), 0.4), reverse=True), {}),
    "bidirectional": (gr.bidirectional(gr.GRU(2), Started(gr.SimpleRNN(3))), {}),
    "deep": (
        gr.chain(
            gr.dropout(0.3),
            gr.scan(gr.variational_dropout(gr.LSTM(3), 0.4)),
            gr.residual(gr.chain(gr.scan(gr.GRU(3)), gr.dense(3))),
        ),
        {},
    ),
    "residual of bidirectional": (gr.residual(gr.chain(gr.bidirectional(gr.SimpleRNN(2)), gr.dense(3))), {}),
    "tokens": (gr.chain(gr.embed(3), gr.dropout(0.5), gr.scan(gr.GRU(3))), {"in_dim": 5, "inputs": tokens}),
    "data parallel": (gr.data_parallel(gr.chain(gr.scan(gr.GRU(2)), gr.dropout(0.5))), {}),
    "dense": (gr.dense(2), {}),
    "dropout": (gr.dropout(0.5), {}),
}
