"""A narrow network in a wide one's arrays is the narrow network: in values, in gradients, and trained."""

from __future__ import annotations

import dataclasses
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.network import RunSizes, init_params, make_loss, make_run
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.experiment.widths import check_widths, narrowed, widened
from tests.helpers.proofs import quick_rows
from tests.helpers.small_searches import SETTINGS, signs, small_split

CONFIGURATION = {"learning_rate": 1e-2, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1", "difference": "no"}


def hyper(**more: Any) -> Any:
    return jax.tree.map(lambda column: column[0], as_hypers([{**CONFIGURATION, **more}]))


ALONE = ("LSTM-projected",)
"""Cells that are tried in one width only: halves of units are no whole number of axes."""
REFUSED = ("Greff-FGR", "LayerNormLSTM", "LayerNormGRU", "DreamerGRU")
"""Those whose units of zeros would learn, or count: maps of gates that are half open, and means over all units."""


@pytest.mark.parametrize(
    "name", quick_rows([name for name in registry.CELLS if name not in (*ALONE, *REFUSED)], ("LSTM", "GRU-before"))
)
def test_units_of_zeros_do_nothing_and_stay_as_they_are(name: str) -> None:
    task, batch = signs(), small_split(0).train
    cells = make_cell(name, 3), make_cell(name, 5)
    narrow = init_params(cells[0], task, 6, hyper(), jax.random.key(1))
    wide = widened(narrow, init_params(cells[1], task, 6, hyper(), jax.random.key(2)), (3, 5))

    def mean(cell: Any, params: Any) -> Any:
        total, count = make_loss(cell, task)(params, hyper(), batch, None)
        return total / count

    gradients = jax.jit(jax.value_and_grad(mean, 1), static_argnums=0)
    value, gradient = gradients(cells[0], narrow)
    wide_value, wide_gradient = gradients(cells[1], wide)
    # Sums over 5 units instead of 3 add zeros, in another order: a few roundings.
    assert float(wide_value) == pytest.approx(float(value), rel=1e-6)
    within = narrowed(wide_gradient, narrow, (3, 5))
    chex.assert_trees_all_close(within, gradient, rtol=1e-4, atol=1e-7)
    outside = jax.tree.map(jnp.subtract, wide_gradient, widened(within, wide, (3, 5)))
    assert all(not np.any(leaf) for leaf in jax.tree.leaves(outside))


@dataclasses.dataclass(frozen=True)
class Lively(gr.SimpleRNN):
    """A cell whose units put something out without any parameters."""

    def gate(self, params: Any, z: Any, u: Any, carry: Any) -> Any:
        h, y = super().gate(params, z, u, carry)
        return h + 1.0, y + 1.0


def test_a_cell_whose_units_of_zeros_put_something_out_is_refused() -> None:
    check_widths({hidden: make_cell("LSTM", hidden) for hidden in (3, 5)})
    with pytest.raises(InputError, match="hidden: expected a cell of which a unit without parameters puts out 0"):
        check_widths({hidden: Lively(hidden) for hidden in (3, 5)})


@pytest.mark.parametrize("name", quick_rows(REFUSED, ()))
def test_a_cell_whose_units_of_zeros_would_learn_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="gets no gradient"):
        check_widths({hidden: make_cell(name, hidden) for hidden in (3, 5)})


def test_heads_of_a_narrow_cell_are_none_of_a_wide_ones() -> None:
    """A cell with several heads is refused by name where several widths are tried; with one it is an LSTM."""
    for kind in (gr.BlockLSTM, gr.SLSTM):
        with pytest.raises(InputError, match="hidden: expected axes that grow with the units"):
            check_widths({hidden: kind(hidden, heads=2) for hidden in (4, 6)})
    check_widths({hidden: gr.BlockLSTM(hidden) for hidden in (4, 6)})


def test_narrowing_undoes_widening() -> None:
    shapes = {"w": (4, 12), "b": (8,), "c": (2,)}
    wide = {"w": jnp.zeros((6, 18)), "b": jnp.zeros(12), "c": jnp.zeros(2)}
    narrow = {name: jnp.asarray(np.random.default_rng(0).normal(size=shape)) for name, shape in shapes.items()}
    there = widened(narrow, wide, (4, 6))
    assert jax.tree.map(jnp.shape, there) == jax.tree.map(jnp.shape, wide)
    for name in shapes:
        np.testing.assert_array_equal(narrowed(there, narrow, (4, 6))[name], narrow[name])
    with pytest.raises(InputError, match="hidden: expected axes that grow with the units"):
        widened({"w": jnp.zeros(5)}, {"w": jnp.zeros(8)}, (4, 6))


@pytest.mark.verify
def test_a_search_over_widths_trains_each_as_it_would_alone() -> None:
    """Losses of the first epochs, before roundings have grown; and what is saved is the narrow network."""
    task, visible = signs(), small_split(0)
    settings = dataclasses.replace(SETTINGS, hidden=(3, 5), trials=6, max_epochs=2)
    widths = {hidden: make_cell("GRU", hidden) for hidden in (3, 5)}
    replicate = draw_replicate(task, settings, 0)
    drawn = [configuration["hidden"] for configuration in replicate.configurations]
    assert set(drawn) == {3, 5}
    search = Search(widths[5], task, settings, visible.train, widths=widths)
    found = search.train(replicate.lot, visible, None).entry["trials"]
    for hidden in (3, 5):
        alone = (
            Search(widths[hidden], task, settings, visible.train).train(replicate.lot, visible, None).entry["trials"]
        )
        for k in np.flatnonzero(np.array(drawn) == hidden):
            np.testing.assert_allclose(found[k]["curve"], alone[k]["curve"], rtol=1e-4)
    run = make_run(widths[5], task, visible.train, RunSizes(8, 2, 2), widths=widths)
    params = run.init_params(hyper(hidden=3), jax.random.key(4))
    cell, own = search.narrow(params, {**CONFIGURATION, "hidden": 3})  # pyright: ignore[reportArgumentType]
    assert cell == widths[3]
    for leaf, expected in zip(
        jax.tree.leaves(own), jax.tree.leaves(init_params(cell, task, 6, hyper(), jax.random.key(4))), strict=True
    ):
        np.testing.assert_array_equal(leaf, expected)


def test_widths_are_drawn_last_so_that_other_draws_stay() -> None:
    one, two = (Space(hidden=hidden).sample(np.random.default_rng(0), 1)[0] for hidden in ((8,), (8, 16)))
    assert {**two, "hidden": 8} == one
    draws = Space(hidden=(8, 16)).sample(np.random.default_rng(1), 400)
    assert 150 < sum(draw["hidden"] == 8 for draw in draws) < 250


@pytest.mark.parametrize(("more", "message"), [
    ({"hidden": (4, 4)}, "hidden: expected one or more different numbers"),
    ({"hidden": ()}, "hidden: expected one or more different numbers"),
    ({"hidden": (4, 8), "sizes": (4, 4)}, "sizes: expected none where several hidden sizes are tried"),
])  # fmt: skip
def test_widths_that_make_no_search_are_refused(more: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Settings(**more)
