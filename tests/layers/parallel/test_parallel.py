"""All steps at once: the scan's values and gradients, and what happens where trajectories diverge."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from gatedrnn.testing.probe import Probe, gradients_of
from tests.helpers.cell_table import CELLS
from tests.helpers.proofs import quick_rows
from tests.helpers.recurrences import scaled, wide

METHODS = ("newton", "block", "gate")
QUICK = (("GRU", "newton"),)
APART = ("counted", "centred", "LayerNormLSTM", "LayerNormGRU", "DreamerGRU", "LSTM-projected")
BY_UNIT = [name for name, cell in CELLS.items() if isinstance(cell, gr.GatedCell) and name not in APART]
EVERY = [(name, method) for name in BY_UNIT for method in METHODS] + [("LSTM-projected", "newton")]


@pytest.mark.parametrize(("name", "method"), quick_rows(EVERY, QUICK))
def test_values_and_gradients_are_those_of_the_scan_to_rounding(name: str, method: Any) -> None:
    """With lengths, mask, resets and a carry that came, in float64, found in parallel and not by the fallback."""
    with jax.enable_x64(True):
        probe = Probe(gr.scan(CELLS[name]), 3, jax.random.key(0))
        params, batch, weights = wide((probe.params, probe.padded, probe.weights))
        program = jax.jit(gradients_of, static_argnums=(0, 1))
        layer = gr.parallel(CELLS[name], method=method, window=3)  # half of the steps
        got = program(layer, probe.argnums, params, batch, weights)
        expected = program(gr.scan(CELLS[name]), probe.argnums, params, batch, weights)
        compare.assert_close(got, expected, f"{name}, {method}", rtol=1e-11)
        xs, carry, lengths, mask, resets = batch
        found = jax.jit(layer.solve)(params, xs, carry=carry, lengths=lengths, mask=mask, resets=resets)
        assert bool(found.statistics.converged)
        assert int(found.statistics.iterations) < 20


@pytest.mark.parametrize("method", ["gate", pytest.param("newton", marks=pytest.mark.verify)])
def test_where_trajectories_diverge_the_scan_answers_and_says_so(method: Any) -> None:
    """A GRU of recurrent scale 4, whose exponent is above zero: the same numbers as one step after the other."""
    params, xs = scaled(gr.GRU(16), 4.0, 300)
    layer = gr.parallel(gr.GRU(16), method=method, iterations=12)
    found = jax.jit(layer.solve)(params, xs)
    assert not bool(found.statistics.converged)
    expected = jax.jit(gr.scan(gr.GRU(16)).apply)(params, xs)
    # Chaos: what rounds in another order soon differs, so that only a first part can be compared with another program.
    np.testing.assert_allclose(found.ys[:20], expected[1][:20], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(found.ys[-1], found.carry)
    # Every state is what one step makes of the one before it: a trajectory of the cell, not what Newton left.
    before = jnp.concatenate([jnp.zeros((1, 1, 16)), found.states[:-1]])
    np.testing.assert_allclose(jax.jit(gr.GRU(16).step)(params, before, xs)[0], found.states, rtol=1e-5, atol=1e-5)
    gradient = jax.jit(jax.grad(lambda params: layer.apply(params, xs)[1][:20].sum()))(params)
    by_scan = jax.jit(jax.grad(lambda params: gr.scan(gr.GRU(16)).apply(params, xs)[1][:20].sum()))(params)
    compare.assert_close(gradient, by_scan, "gradient", rtol=2e-3)


def test_nan_in_an_input_is_where_the_scan_has_it() -> None:
    cell = gr.GRU(3)
    params = cell.init(jax.random.key(0), 2)
    xs = jax.random.normal(jax.random.key(1), (8, 2, 2)).at[3, 0].set(jnp.nan)
    resets = jnp.arange(8) == 6
    got = jax.jit(gr.parallel(cell, iterations=5).apply)(params, xs, resets=resets)[1]
    expected = jax.jit(gr.scan(cell).apply)(params, xs, resets=resets)[1]
    assert bool(jnp.isnan(expected[5, 0]).all() & jnp.isfinite(expected[6:]).all())
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.verify
def test_members_under_vmap_share_one_question() -> None:
    """Each member's answer is its own; whether a scan is needed is asked once, and not answered by running both."""
    cell = gr.GRU(8)
    pairs = [scaled(cell, rho, 120) for rho in (1.0, 5.0)]
    params, xs = jax.tree.map(lambda *leaves: jnp.stack(leaves), *pairs)
    layer = gr.parallel(cell, method="gate", iterations=12)
    program = jax.vmap(layer.solve)
    # A loop runs while one member needs it; a cond would have become a choice between two results of both.
    assert " cond[" not in str(jax.make_jaxpr(layer.solve)(*pairs[0]))
    found = jax.jit(program)(params, xs)
    assert found.statistics.converged.tolist() == [True, False]
    one = jax.jit(layer.solve)(*pairs[0])
    np.testing.assert_allclose(found.ys[0], one.ys, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.ys[1][:20], jax.jit(gr.scan(cell).apply)(*pairs[1])[1][:20], rtol=1e-4, atol=1e-4)
    nested = jax.jit(jax.vmap(program))(*jax.tree.map(lambda leaf: leaf[None], (params, xs)))
    assert nested.statistics.converged.tolist() == [[True, False]]


def test_both_directions_and_no_steps() -> None:
    cell = gr.LSTM(3)
    params, xs = cell.init(jax.random.key(0), 2), jax.random.normal(jax.random.key(1), (9, 2, 2))
    lengths = jnp.array([9, 4])
    layer = gr.parallel(cell, reverse=True)
    assert not layer.causal
    expected = jax.jit(gr.scan(cell, reverse=True).apply)(params, xs, lengths=lengths)
    compare.assert_close(jax.jit(layer.apply)(params, xs, lengths=lengths), expected, "reverse", rtol=1e-5)
    both = gr.bidirectional(cell, engine="parallel")
    of_both = both.init(jax.random.key(0), 2)
    compare.assert_close(
        jax.jit(both.apply)(of_both, xs, lengths=lengths)[1],
        jax.jit(gr.bidirectional(cell).apply)(of_both, xs, lengths=lengths)[1],
        "both directions",
        rtol=1e-5,
    )
    carry, ys = layer.apply(params, xs[:0])
    assert ys.shape == (0, 2, 3)
    assert not carry.h.any()


@pytest.mark.parametrize(
    ("cell", "method", "window", "reverse"),
    [
        (gr.GRU(3), "gate", 90, False),  # two windows of 90 steps and one of 20, each of several parts
        pytest.param(gr.LSTM(3), "block", 90, True, marks=pytest.mark.verify),
        pytest.param(gr.GRU(3), "newton", 100, True, marks=pytest.mark.verify),
    ],
)
def test_long_windows_and_states_have_the_gradients_of_a_scan(
    cell: Any, method: Any, window: int, reverse: bool
) -> None:
    """Of outputs and of the states that ``solve`` returns, which are the outputs again, so that each counts."""
    with jax.enable_x64(True):
        params, xs = wide((cell.init(jax.random.key(0), 2), jax.random.normal(jax.random.key(1), (200, 2, 2))))
        resets = jax.random.bernoulli(jax.random.key(2), 0.01, (200, 2))
        layer = gr.parallel(cell, method=method, window=window, reverse=reverse)

        def at_once(params: Any, xs: Any) -> Any:
            found = layer.solve(params, xs, resets=resets)
            states = getattr(found.states, "h", found.states)
            return jnp.sin(found.ys).sum() + jnp.cos(2 * states).sum(), found.statistics

        def by_scan(params: Any, xs: Any) -> Any:
            ys = gr.scan(cell, reverse=reverse).apply(params, xs, resets=resets)[1]
            return jnp.sin(ys).sum() + jnp.cos(2 * ys).sum()

        (value, statistics), got = jax.jit(jax.value_and_grad(at_once, (0, 1), has_aux=True))(params, xs)
        expected = jax.jit(jax.value_and_grad(by_scan, (0, 1)))(params, xs)
        assert bool(statistics.converged)
        compare.assert_close((value, got), expected, "value and gradients", rtol=1e-10)


@pytest.mark.verify
@pytest.mark.parametrize("method", METHODS)
def test_it_is_a_layer(method: Any) -> None:
    gr.testing.check_layer(gr.parallel(gr.GRU(3), method=method))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: gr.parallel(gr.GRU(3, reset="before")), "engine: .* has no project, recur and gate"),
        (lambda: gr.parallel(gr.GRU(3), method="quasi"), "method: expected one of newton, block, gate; got 'quasi'"),
        (lambda: gr.parallel(gr.GRU(3), iterations=0), "iterations: expected"),
        (lambda: gr.parallel(gr.GRU(3), tolerance=-1.0), "tolerance: expected None or a positive float, got -1.0"),
    ],
)
@pytest.mark.usefixtures("unchecked_annotations")
def test_wrong_arguments_are_named(wrong: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        wrong()


@pytest.mark.usefixtures("unchecked_annotations")
def test_what_does_not_fit_a_call_is_named() -> None:
    def solved(cell: Any, method: Any, **options: Any) -> Any:
        layer = gr.parallel(cell, method=method)
        return layer.solve(layer.init(jax.random.key(0), 2), jnp.ones((4, 2)), **options)

    with pytest.raises(InputError, match="engine: expected another than parallel, as the carry has whole numbers"):
        solved(CELLS["counted"], "newton")
    with pytest.raises(InputError, match=r'method: expected "newton" .* gates that act on each unit alone'):
        solved(gr.ProjectedLSTM(4, 2), "gate")
    with pytest.raises(InputError, match=r"guess: expected a carry of each step, of shapes \(4, 3\), got \(3, 3\)"):
        solved(gr.GRU(3), "gate", guess=jnp.zeros((3, 3)))
