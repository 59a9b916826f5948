"""What --full adds: gates read as the cells open them, time scales, parts of the training data, and their plots."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("matplotlib")

import gatedrnn as gr
from gatedrnn.comparison.diagnostics.gates import gates
from gatedrnn.comparison.diagnostics.parts_of_data import subset
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.network import RunSizes, make_run
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.inside.gates import gate_values
from gatedrnn.inside.timescale import timescales
from gatedrnn.report.page import render_report
from gatedrnn.tasks.parts import Batch
from gatedrnn.training.early_stopping import Data
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged
from tests.helpers.small_searches import SETTINGS, signs


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


@pytest.mark.parametrize("weights", ["own", "uniform"])
def test_gates_before_training_are_those_that_the_search_begins_with(weights: Any) -> None:
    """With what a run starts with in the place of a trained network, both states are the same."""
    cell, space = gr.LSTM(3), Space(dropout=(0.0,), initial_weights=(weights,))
    replicate = draw_replicate(signs(), dataclasses.replace(SETTINGS, space=space), 0)
    visible, chosen = replicate.visible(), 2
    run = make_run(cell, replicate.task, visible.train, RunSizes(8, 1, 1), weights=space.initial_weights)
    hyper = jax.tree.map(lambda column: column[chosen], as_hypers(replicate.configurations))
    start = run.init(hyper, replicate.lot.keys[chosen], Data(visible.train, visible.validation)).params
    entry = {"configurations": replicate.configurations, "cells": {"LSTM": {"selected": chosen}}}
    found: Any = {"replicates": [entry]}
    entry = gates({"LSTM": cell}, Architecture(), [replicate], found, {"LSTM": [(cell, start)]})["LSTM"]
    assert len(set(entry["timescales"]["before"])) == cell.hidden
    np.testing.assert_allclose(entry["timescales"]["before"], entry["timescales"]["after"], rtol=1e-3)
    for states in entry["histograms"].values():
        np.testing.assert_allclose(states["before"], states["after"], atol=1e-5)


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
