"""Gates of cells that read more than both products, against their equations in NumPy at the states that they met."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.cells.optional import optional_method
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers.drawn import shifted
from tests.helpers.numpy_cells import sigmoid
from tests.helpers.proofs import quick_rows

T, B, I, H = 5, 3, 2, 4  # noqa: E741
RTOL = compare.tolerance(2.0**-52, operations=T * (I + H) * 10)
F64 = gr.Policy(params="float64")


def norm(a):
    return (a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + 1e-5)


def sums(p, x, h):
    return np.split(x @ p.w_x + h @ p.w_h + p.b, p.b.size // H, axis=-1)


def of_gru_before(p, x, h):
    r, z, _ = sums(p, x, h)
    return r, z


def of_mgu(p, x, h):
    return sums(p, x, h)[:1]


def of_mut(p, x, h):
    """MUT2; the two others differ in what the update gate sees."""
    return sums(p, x, h)[:2]


def of_mut1(p, x, h):
    z, r, _ = np.split(x @ p.w_x + p.b, 3, axis=-1)
    return z, r + h @ p.w_h[:, :H]


def of_mut3(p, x, h):
    z, r, _ = np.split(x @ p.w_x + p.b, 3, axis=-1)
    return z + np.tanh(h) @ p.w_h[:, :H], r + h @ p.w_h[:, H : 2 * H]


def of_multiplicative(p, x, h, c, new):
    i, f, _, o = sums(p, x, (x @ p.w_mx) * (h @ p.w_mh))
    return i, f, o


def of_peepholes(p, x, h, c, new):
    (i, f, _, o), (p_i, p_f, p_o) = sums(p, x, h), np.split(p.p, 3)
    return i + p_i * c, f + p_f * c, o + p_o * new


def of_odyssey(p, x, h, c, new, names):
    """What a variant of 2017 has, of i, f, g and o in this order; all gates but the output's see c before the step."""
    found = dict(zip(names, sums(p, x, h), strict=True))
    gates = [name for name in names if name != "g"]
    peepholes = dict(zip(gates, np.split(p.p, len(gates)), strict=True))
    return [found[name] + peepholes[name] * (new if name == "o" else c) for name in gates]


def of_full_recurrence(p, x, h, c, new, *before):
    more = np.split(np.concatenate(before, axis=-1) @ p.w_g, 3, axis=-1)
    return [one + add for one, add in zip(of_peepholes(p, x, h, c, new), more, strict=True)]


def of_parallel_lstm(p, x, h, c, new):
    f, _, o = np.split(x @ p.w_x + p.b + p.a * np.concatenate([h, h, h], axis=-1), 3, axis=-1)
    p_f, p_o = np.split(p.p, 2)
    return f + p_f * c, o + p_o * new


def of_normed_lstm(p, x, h, c, new):
    a = p.gain_x * norm(x @ p.w_x) + p.gain_h * norm(h @ p.w_h) + p.b
    i, f, _, o = np.split(a, 4, axis=-1)
    return i, f, o


def of_normed_gru(p, x, h):
    def both(a, gain):
        return gain[: 2 * H] * norm(a[..., : 2 * H])

    return np.split(both(x @ p.w_x, p.gain_x) + p.b[: 2 * H] + both(h @ p.w_h, p.gain_h), 2, axis=-1)


def of_dreamer(p, x, h):
    heads = [part @ block for part, block in zip(np.split(h, len(p.w_h), axis=-1), p.w_h, strict=True)]
    by_gate = [np.split(head, 3, axis=-1) for head in heads]
    u = np.concatenate([head[k] for k in range(3) for head in by_gate], axis=-1)
    r, _, update = np.split(p.gain * norm(x @ p.w_x + u) + p.b, 3, axis=-1)
    return r, update


EQUATIONS = {
    "GRU-before": of_gru_before,
    "MGU": of_mgu,
    "MUT1": of_mut1,
    "MUT2": of_mut,
    "MUT3": of_mut3,
    "MultiplicativeLSTM": of_multiplicative,
    "PeepholeLSTM": of_peepholes,
    "ParaLSTM": of_parallel_lstm,
    "LayerNormLSTM": of_normed_lstm,
    "LayerNormGRU": of_normed_gru,
    "DreamerGRU": of_dreamer,
    "Greff-V": of_peepholes,
    "Greff-NIG": partial(of_odyssey, names="fgo"),
    "Greff-NOG": partial(of_odyssey, names="ifg"),
    "Greff-NIAF": of_peepholes,
    "Greff-NOAF": of_peepholes,
    "Greff-CIFG": partial(of_odyssey, names="igo"),
    "Greff-NP": lambda p, x, h, c, new: [sums(p, x, h)[k] for k in (0, 1, 3)],
    "Greff-FGR": of_full_recurrence,
}
"""By the name of a cell: what its gates are the sigmoids of, from the parameters, an input and the states before it."""


def in_float64(name):
    cell = registry.CELLS[name].make(H)
    return type(cell)(**{**vars(cell), "policy": F64})


def test_every_cell_that_tells_its_sums_is_here():
    made = {name: entry.make(H) for name, entry in registry.CELLS.items()}
    assert {name for name, cell in made.items() if optional_method(cell, "gate_sums") and cell.gates} == set(EQUATIONS)


@pytest.mark.parametrize("name", quick_rows(EQUATIONS, ("GRU-before", "PeepholeLSTM", "MUT1")))
def test_gates_are_those_of_the_equation(name):
    with jax.enable_x64(True):
        layer = gr.scan(in_float64(name))
        # Distinct numbers in every parameter, peepholes that start at 0 among them.
        params = shifted(layer.init(jax.random.key(0), I), 0.3)
        xs = jax.random.normal(jax.random.key(1), (T, B, I), "float64")
        got = jax.jit(partial(gr.gate_values, layer))(params, xs)
        carries = jax.jit(partial(gr.states, layer))(params, xs)[2]
        params, xs, after = jax.tree.map(np.asarray, (params, xs, jax.tree.leaves(carries)))
    h, *others = [np.concatenate([np.zeros_like(one[:1]), one[:-1]]) for one in after]
    states = [others[0], after[1], *others[1:]] if others else []  # an LSTM's c before the step and after it
    expected = sigmoid(np.stack(EQUATIONS[name](params, xs, h, *states), axis=2))
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL)


def test_a_subclass_with_another_step_does_not_inherit_the_sums():
    class Halved(gr.GRU(H, reset="before").__class__):
        def step(self, params, carry, x):
            return super().step(params, carry / 2, x)

    cell = Halved(H)
    params = cell.init(jax.random.key(0), I)
    with pytest.raises(InputError, match=r"^cell: expected one that names its gates"):
        gr.gate_values(gr.scan(cell), params, np.ones((T, B, I), "float32"))
