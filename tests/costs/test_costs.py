"""Costs against closed forms, and against what XLA says about the compiled programs."""

from __future__ import annotations

import json
import math

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.costs.counting import costs, forward_flops, network_costs
from gatedrnn.costs.flops import gemm_flops, sigmoids
from tests.helpers.proofs import quick_rows

CELLS = {
    "LSTM": (gr.LSTM, 4),
    "GRU": (gr.GRU, 3),
    "GRU-before": (lambda hidden: gr.GRU(hidden, reset="before"), 3),
    "SimpleRNN": (gr.SimpleRNN, 1),
    "MinGRU": (gr.MinGRU, 2),
}
BATCH = 2


@pytest.fixture(autouse=True)
def on_cpu():
    """Compile for the CPU also where there is an accelerator, whose libraries XLA does not look into."""
    with jax.default_device(jax.devices("cpu")[0]):
        yield


@pytest.fixture(params=CELLS, scope="module")
def kind(request):
    return CELLS[request.param]


@pytest.fixture(params=quick_rows(CELLS, ("LSTM", "GRU")), scope="module")
def compiled_kind(request):
    return CELLS[request.param]


def shapes(cell, in_dim):
    params = jax.eval_shape(lambda key: cell.init(key, in_dim), jax.random.key(0))
    x = jax.ShapeDtypeStruct((BATCH, in_dim), jnp.float32)
    return params, jax.eval_shape(cell.initial_carry, params, x), x


def compiled_flops(cell, in_dim, *, backward=False):
    """FLOPs of one step (elementwise ones included) by XLA's cost analysis; with its VJP where asked."""
    arguments = shapes(cell, in_dim)
    if not backward:
        return jax.jit(cell.step).lower(*arguments).compile().cost_analysis()["flops"]
    out = jax.eval_shape(cell.step, *arguments)
    pull = jax.jit(lambda p, c, x, ct: jax.vjp(cell.step, p, c, x)[1](ct))
    return pull.lower(*arguments, out).compile().cost_analysis()["flops"]


@pytest.mark.parametrize(("in_dim", "hidden"), [(1, 1), (12, 32), (7, 50)])
def test_closed_forms(kind, in_dim, hidden):
    make, blocks = kind
    counted = costs(make(hidden), in_dim)
    rows = in_dim if make is gr.MinGRU else in_dim + hidden
    assert counted.flops_forward == 2 * blocks * hidden * rows
    assert counted.flops_backward == 2 * counted.flops_forward
    arrays = {"w_x": in_dim * blocks * hidden, "w_h": (rows - in_dim) * blocks * hidden, "b": blocks * hidden}
    if rows == in_dim:
        del arrays["w_h"]
    inside_reset = {"b_h": hidden} if make is gr.GRU else {}
    assert counted.parameters == arrays | inside_reset
    assert counted.total_parameters == sum(arrays.values()) + sum(inside_reset.values())
    assert counted.sigmoids == {4: 3, 3: 2, 2: 1, 1: 0}[blocks] * hidden
    assert counted.states == (2 if blocks == 4 else 1)


def test_forward_flops_differ_by_gemms_alone_from_the_compiled_step(compiled_kind):
    """Elementwise FLOPs neither depend on I nor curve with H: in differences, exactly GEMMs remain."""
    make, _ = compiled_kind
    at = {(i, h): compiled_flops(make(h), i) for i, h in ((16, 32), (24, 32), (16, 40), (16, 48))}
    own = {(i, h): costs(make(h), i).flops_forward * BATCH for i, h in at}

    def by_input(count):
        return count[24, 32] - count[16, 32]

    def curvature_in_hidden(count):
        return count[16, 48] - 2 * count[16, 40] + count[16, 32]

    assert by_input(at) == by_input(own)
    assert curvature_in_hidden(at) == curvature_in_hidden(own)


def test_backward_flops_bound_those_of_the_compiled_vjp(compiled_kind):
    """XLA counts elementwise FLOPs too: at most 128 for a unit here, a quarter of one [H, H] product at H = 256."""
    make, _ = compiled_kind
    cell, in_dim, hidden = make(256), 32, 256
    counted = costs(cell, in_dim)
    gemms = BATCH * (counted.flops_forward + counted.flops_backward)
    assert 0 <= compiled_flops(cell, in_dim, backward=True) - gemms <= 128 * BATCH * hidden


@pytest.mark.usefixtures("optimised")
def test_bytes_kept_are_those_that_the_compiled_vjp_allocates(compiled_kind):
    """What its temporary memory grows by with each step; the inputs lie in the caller's memory, not in there."""
    make, _ = compiled_kind
    layer, in_dim = gr.scan(make(64), engine="reference"), 16
    params, carry, _ = shapes(layer, in_dim)

    def temporary(length):
        xs = jax.ShapeDtypeStruct((length, BATCH, in_dim), jnp.float32)

        def apply(params, carry, xs):
            return layer.apply(params, xs, carry=carry)

        out = jax.eval_shape(apply, params, carry, xs)
        pull = jax.jit(lambda p, c, xs, ct: jax.vjp(apply, p, c, xs)[1](ct))
        return pull.lower(params, carry, xs, out).compile().memory_analysis().temp_size_in_bytes

    grown = (temporary(128) - temporary(64)) / 64
    assert BATCH * costs(layer, in_dim).bytes_kept == grown + BATCH * in_dim * 4


def test_the_fast_engine_computes_the_same_products():
    reference, fast = (costs(gr.scan(gr.GRU(8), engine=engine), 3) for engine in ("reference", "fast"))
    assert (fast.flops_forward, fast.flops_backward) == (reference.flops_forward, reference.flops_backward)


def test_half_the_width_of_a_type_keeps_half_the_bytes():
    narrow = gr.SimpleRNN(8, policy=gr.Policy(params="bfloat16"))
    assert 2 * costs(narrow, 3).bytes_kept == costs(gr.SimpleRNN(8), 3).bytes_kept


def test_layers_add_up():
    lstm, gru, head = costs(gr.LSTM(8), 3), costs(gr.GRU(8), 3), costs(gr.dense(5), 8)
    net = costs(gr.chain(gr.scan(gr.LSTM(8)), gr.dropout(0.1), gr.dense(5)), 3)
    both_ways = costs(gr.bidirectional(gr.GRU(8)), 3)
    assert head.total_parameters == 8 * 5 + 5
    assert head.flops_forward == 2 * 8 * 5
    for name in ("total_parameters", "flops_forward", "flops_backward"):
        assert getattr(net, name) == getattr(lstm, name) + getattr(head, name)
        assert getattr(both_ways, name) == 2 * getattr(gru, name)
    assert both_ways.states == 2


def test_network_costs_are_the_pilots():
    lstm, gru = (network_costs(cell, 12, 24) for cell in (gr.LSTM(32), gr.GRU(37)))
    assert lstm["parameters"]["by_array"] == {"w_x": 1536, "w_h": 4096, "b": 128, "head.w": 768, "head.b": 24}
    for entry, recurrent, head in ((lstm, 5760, 792), (gru, 5587, 912)):
        counted = entry["parameters"]
        assert (counted["recurrent"], counted["head"], counted["total"]) == (recurrent, head, recurrent + head)
        assert sum(counted["by_array"].values()) == counted["total"]
    assert lstm["flops_per_step"]["forward"] == 2 * 4 * 32 * (12 + 32) + 2 * 32 * 24
    assert gru["flops_per_step"]["backward"] == 2 * gru["flops_per_step"]["forward"]
    assert json.loads(json.dumps(gru)) == gru


class Counting:
    """A user's cell: nested parameters, an integer in its carry, a conditional and a loop inside its step."""

    out_dim = 6

    def init(self, key, in_dim):
        return {"maps": [jnp.ones((in_dim, 6)), jnp.ones((6, 6))], "gain": jnp.ones(())}

    def initial_carry(self, params, x):
        return {"h": jnp.zeros((*x.shape[:-1], 6)), "t": jnp.zeros((), jnp.int32)}

    def step(self, params, carry, x):
        w_x, w_h = params["maps"]
        h = jax.lax.cond(carry["t"] % 2 == 0, lambda h: h + x @ w_x, lambda h: h, carry["h"])
        h = jax.lax.scan(lambda h, _: (jnp.tanh(h @ w_h), None), h, length=3)[0]
        return {"h": h, "t": carry["t"] + 1}, params["gain"] * h


def test_a_users_cell_is_counted_like_the_built_in_ones():
    counted = costs(Counting(), 4)
    assert counted.parameters == {"gain": 1, "maps.0": 24, "maps.1": 36}
    assert counted.flops_forward == forward_flops(Counting(), 4) == 2 * 4 * 6 + 3 * 2 * 6 * 6
    assert counted.flops_backward == 2 * counted.flops_forward
    assert (counted.sigmoids, counted.states) == (0, 2)


def test_gemm_flops_of_batched_products_loops_and_jitted_functions():
    def program(a, b):
        product = jax.jit(lambda a, b: jnp.einsum("bij,bjk->bik", a, b))(a, b)
        return jax.lax.fori_loop(0, 7, lambda _, x: jax.nn.sigmoid(x @ b[0]), product)

    jaxpr = jax.make_jaxpr(program)(jnp.ones((2, 3, 4)), jnp.ones((2, 4, 4))).jaxpr
    assert gemm_flops(jaxpr) == 2 * math.prod((2, 3, 4, 4)) * (1 + 7)
    assert sigmoids(jaxpr) == 7 * 2 * 3 * 4
