"""What is said of how far states are from the scan's: beside float64, and where trajectories part."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from tests.helpers.numpy_cells import gru
from tests.helpers.recurrences import scaled

METHODS = ("newton", "block", "gate")


def states_in_float64(params: Any, xs: Any) -> Any:
    """Return the states of a GRU by a loop in NumPy."""
    params = jax.tree.map(lambda leaf: np.asarray(leaf, float), params)
    h, found = np.zeros((xs.shape[1], params.w_h.shape[0])), []
    for x in np.asarray(xs, float):
        h, _ = gru(params, h, x)
        found.append(h)
    return np.stack(found)


@pytest.mark.parametrize("method", ["gate", *(pytest.param(m, marks=pytest.mark.verify) for m in ("newton", "block"))])
def test_it_is_as_large_as_float32_is_far_from_float64_and_grows_where_trajectories_part(method: Any) -> None:
    """Windows of 50 steps are solved step by step where nothing else solves them, so that each state fits the next."""
    solve = jax.jit(gr.parallel(gr.GRU(16), method=method, window=50).solve)
    for rho in (1.0, 2.0, 3.0):
        params, xs = scaled(gr.GRU(16), rho, 250)
        found = solve(params, xs)
        assert bool(found.statistics.converged)
        apart = np.abs(np.asarray(found.ys) - states_in_float64(params, xs)).max()
        # One draw of roundings beside another, and each may be a few in the last place of a step.
        assert apart / 5 <= float(found.statistics.uncertainty) <= 5 * apart
    found = solve(*scaled(gr.GRU(16), 4.0, 250))
    assert float(found.statistics.residual) <= 1e-6
    assert float(found.statistics.uncertainty) > 1e-5
    assert not bool(found.statistics.converged)


@pytest.mark.verify
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("length", "iterations"), [(250, 100), (1000, 50), (1000, 110)])
@pytest.mark.usefixtures("optimised")
def test_where_trajectories_part_the_scans_own_bits_are_returned(method: Any, length: int, iterations: int) -> None:
    """By the default budget, and by one that lets each window be solved one step after another."""
    cell = gr.GRU(16)
    params, xs = scaled(cell, 4.0, length)
    found = jax.jit(gr.parallel(cell, method=method, iterations=iterations).solve)(params, xs)
    assert not bool(found.statistics.converged)
    carry, ys = jax.jit(gr.scan(cell, engine="reference").apply)(params, xs)
    np.testing.assert_array_equal(found.ys, ys)
    np.testing.assert_array_equal(found.carry, carry)
    assert bool(jnp.isfinite(found.ys).all())
