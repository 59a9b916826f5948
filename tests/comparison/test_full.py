"""What --full adds: gates read as the cells open them, time scales, parts of the training data, and their plots."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("matplotlib")

import gatedrnn as gr
from gatedrnn.comparison.diagnostics.parts_of_data import subset
from gatedrnn.inside.gates import gate_values
from gatedrnn.inside.timescale import timescales
from gatedrnn.report.page import render_report
from gatedrnn.tasks.parts import Batch
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged


@pytest.mark.parametrize("cell", [gr.LSTM(3), gr.GRU(3), gr.MinGRU(3)])
def test_gates_explain_the_outputs_of_the_layer(cell) -> None:
    """From gates and proposals alone, written out in NumPy, the outputs of the layer follow."""
    params = cell.init(jax.random.key(0), in_dim=2)
    xs = jax.random.normal(jax.random.key(1), (5, 4, 2))
    gates, ys = np.asarray(gate_values(gr.scan(cell), params, xs)), np.asarray(gr.scan(cell).apply(params, xs)[1])
    w_x, b = np.asarray(params.w_x, float), np.asarray(params.b, float)
    w_h = np.asarray(getattr(params, "w_h", np.zeros((3, 6))), float)
    h = c = np.zeros((4, 3))
    for t, x in enumerate(np.asarray(xs, float)):
        z, u = x @ w_x + b, h @ w_h
        if isinstance(cell, gr.MinGRU):
            h = h + gates[t][:, 0] * (z[:, 3:] - h)
        elif isinstance(cell, gr.LSTM):
            i, f, o = gates[t].swapaxes(0, 1)
            c = f * c + i * np.tanh((z + u)[:, 6:9])
            h = o * np.tanh(c)
        else:
            r, keep = gates[t].swapaxes(0, 1)
            n = np.tanh(z[:, 6:9] + r * (u[:, 6:9] + np.asarray(params.b_h, float)))
            h = (1 - keep) * n + keep * h
        np.testing.assert_allclose(h, ys[t], atol=1e-6)


def test_time_scales_ignore_padding() -> None:
    keep = jnp.full((6, 2, 3), np.exp(-1 / 7.0)).at[4:, 1].set(jnp.nan)
    there = jnp.arange(6)[:, None] < jnp.array([6, 4])
    np.testing.assert_allclose(timescales(keep, there), 7.0, rtol=1e-5)


def test_a_part_of_the_data_is_that_part() -> None:
    whole = Batch(np.arange(48.0).reshape(3, 8, 2), np.arange(8), np.arange(24).reshape(3, 8))
    part = subset(whole, 3, seed=5)
    for k, row in enumerate(part.lengths):
        np.testing.assert_array_equal(part.x[:, k], whole.x[:, row])
        np.testing.assert_array_equal(part.y[:, k], whole.y[:, row])
    assert len(set(part.lengths.tolist())) == 3


def test_the_report_shows_what_full_adds() -> None:
    task = make_task(replicates=6, trials=2)
    rng = np.random.default_rng(0)

    def of_cell(keeps: str) -> dict:
        scales = {state: np.sort(rng.lognormal(1, 1, 60)).tolist() for state in ("before", "after")}
        histogram = {state: rng.dirichlet(np.ones(20)).tolist() for state in ("before", "after")}
        return {"timescales": scales, "histograms": {keeps: histogram}, "keeps": keeps}

    scores = {cell: [[-1.0 * k + x for x in rng.normal(0, 0.1, 6)] for k in range(3)] for cell in task["cells"]}
    scores["GRU"][0][0] = None
    task["full"] = {
        "data": {"parts": [0.1, 0.3, 1.0], "examples": [22, 65, 216], "validation": scores},
        "gates": {"LSTM": of_cell("forget"), "GRU": of_cell("update")},
        "windows": None,
    }
    page = Page(render_report(judged(task)))
    assert page.open == []
    assert len(page.of("svg")) == 8
    said = page.text()
    median = float(np.median(task["full"]["gates"]["LSTM"]["timescales"]["after"]))
    assert re.search(rf"LSTM, by its forget gate, [\d.]+ steps before and {median:.1f} after training", said)
    assert "22" in [text for tag, text in page.texts if tag == "text"]
