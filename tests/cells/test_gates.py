"""A cell of one's own names its gates, and gets biases, counts and plots of them by the road of the built-in ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.gates import Gates, gates_of
from gatedrnn.cells.registry import CELLS
from gatedrnn.costs.describe import describe
from gatedrnn.experiment.limits import GATE_BIASES
from gatedrnn.experiment.network import init_params
from gatedrnn.inside.gates import gate_values, readable
from gatedrnn.training.early_stopping import Hyper
from tests.helpers.paths import ROOT

KEY = jax.random.key(0)


@dataclasses.dataclass(frozen=True)
class Coupled:
    """c' = k c + (1 - k) tanh(n), y = o c': blocks o, n, k, parameters in a dictionary."""

    hidden: int
    gates = Gates(("output", "candidate", "keep"), ("output", "keep"), "keep")

    @property
    def out_dim(self) -> int:
        return self.hidden

    def init(self, key: Any, in_dim: int) -> dict[str, Any]:
        w = jax.random.normal(key, (in_dim + self.hidden, 3 * self.hidden))
        return {"w_x": w[:in_dim], "w_h": w[in_dim:], "b": jnp.zeros(3 * self.hidden)}

    def initial_carry(self, params: Any, x: Any) -> Any:
        return jnp.zeros((*x.shape[:-1], self.hidden))

    def project(self, params: Any, x: Any) -> Any:
        return x @ params["w_x"] + params["b"]

    def recur(self, params: Any, carry: Any) -> Any:
        return carry @ params["w_h"]

    def gate(self, params: Any, z: Any, u: Any, carry: Any) -> Any:
        o, n, k = jnp.split(z + u, 3, axis=-1)
        keep = jax.nn.sigmoid(k)
        c = keep * carry + (1 - keep) * jnp.tanh(n)
        return c, jax.nn.sigmoid(o) * c

    def step(self, params: Any, carry: Any, x: Any) -> Any:
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)


@dataclasses.dataclass(frozen=True)
class FakeTask:
    in_dim = 2
    out_dim = 1
    anchor = None
    kind = "forecast"


def test_a_users_cell_gets_gate_biases_where_networks_are_made() -> None:
    task: Any = FakeTask()
    found = {}
    for place, choice in enumerate(GATE_BIASES):
        hyper = Hyper(learning_rate=1e-3, clip_norm=1.0, dropout=0.0, gate_bias=jnp.int32(place), difference=0.0)
        found[choice] = np.asarray(init_params(Coupled(5), task, 50, hyper, KEY)[0]["b"])
    assert all((b[:10] == 0).all() for b in found.values())
    np.testing.assert_array_equal([found["0"][10:], found["1"][10:]], [[0] * 5, [1] * 5])
    assert (found["chrono"][10:] > 0).all()
    assert (found["chrono"][10:] < np.log(49)).all()


def test_bias_functions_take_a_users_cell() -> None:
    params = Coupled(2).init(KEY, 1)
    with pytest.raises(ValueError, match="names its gates"):
        gr.memory_bias(params, 1.0)
    b = gr.memory_bias(params, 3.0, cell=Coupled(2))["b"]
    np.testing.assert_array_equal(b, [0, 0, 0, 0, 3, 3])
    assert not params["b"].any()


def test_describe_counts_the_gates_that_a_cell_names() -> None:
    cells = describe(3, 8, cells={"Coupled": Coupled, "LSTM": gr.LSTM}).cells
    assert (cells["Coupled"].gates, cells["LSTM"].gates) == (2, 3)


def test_gates_of_a_users_cell_are_read() -> None:
    cell, xs = Coupled(3), jax.random.normal(KEY, (4, 2))
    params = cell.init(KEY, 2)
    read = np.asarray(gate_values(gr.scan(cell), params, xs[:, None]))[:, 0]
    carry = jnp.zeros(3)
    for x, (o, k) in zip(xs, read, strict=True):
        a = cell.project(params, x) + cell.recur(params, carry)
        np.testing.assert_allclose(o, jax.nn.sigmoid(a[:3]), rtol=1e-5)
        np.testing.assert_allclose(k, jax.nn.sigmoid(a[6:]), rtol=1e-5)
        carry = cell.step(params, carry, x)[0]


def test_a_subclass_with_another_gate_does_not_inherit_the_names() -> None:
    class Halved(gr.LSTM):
        def gate(self, params: Any, z: Any, u: Any, carry: Any) -> Any:
            return super().gate(params, z / 2, u / 2, carry)

    assert gates_of(gr.LSTM(3)) is not None
    assert gates_of(Halved(3)) is None
    assert readable(gr.SLSTM(3)) is None


def test_names_that_are_no_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="open: expected some of a, b; got 'c'"):
        Gates(("a", "b"), ("c",), "a")
    with pytest.raises(ValueError, match="keeps: expected one of a; got 'b'"):
        Gates(("a", "b"), ("a",), "b")


def test_the_pages_about_cells_list_the_table() -> None:
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("cells*.md"))]
    rows = [line.split("|") for page in pages for line in page.splitlines() if line.startswith("| `gr.")]
    named = {name: gates_of(entry.make(2)) for name, entry in CELLS.items()}
    said = {name: "none" if one is None else ", ".join(one.open) for name, one in named.items()}
    assert sorted((row[2].strip(), row[3].strip()) for row in rows) == sorted(said.items())
