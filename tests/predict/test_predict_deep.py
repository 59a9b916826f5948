"""Deep, bidirectional and embedding networks predict what they were tested to predict, by way of their files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import scipy.stats

pytest.importorskip("safetensors")

import gatedrnn as gr
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.changes import change_scales
from gatedrnn.experiment.network import evaluate_each, network
from gatedrnn.experiment.saving import description, restore, save
from gatedrnn.predict import Model, load
from gatedrnn.predict.paths import ahead
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question

TEST = 6
ROUNDING = 2e-5
"""Sums of float32 over up to 30 steps, each a few nats."""
SPLIT = np.repeat(["train", "validation", "test"], [10, 6, TEST])
DEEP = Architecture(layers=2, bidirectional=True, residual=True)


def saved(task: Any, folder: Path, architecture: Architecture) -> Model:
    """Return an untrained network of that task, by way of its files."""
    cell = gr.LSTM(4)
    net = network(cell, task.out_dim, 0.0, architecture, kind=task.kind)
    params: Any = net.init(jax.random.key(0), task.in_dim)
    params = params if task.anchor is None else (*params, change_scales(task.anchor, 0))
    save(folder / "model", params, description(task, "LSTM", cell, task.reading(0), architecture))
    return Model(*restore(folder / "model"))


def reference(task: Any, model: Model) -> np.ndarray:
    """Return the nats of each sequence that the test of a comparison would find, in normalised units."""
    score = partial(evaluate_each, model.cell, task, architecture=model.architecture)
    return np.asarray(jax.jit(score)(model.params, task.read_test(0).batch).nats)


def numbers(kind: str, window: int | None = None) -> tuple[dict[str, np.ndarray], Any]:
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 31, len(SPLIT))
    lengths[-1] = 30
    x = rng.normal(size=(30, len(SPLIT), 2)) * [3.0, 0.1] + [50.0, -2.0]
    y = {"step-regression": 100.0 + x[..., :1] ** 2, "classification": np.where(x[0, :, 0] > 50.0, "up", "down")}
    arrays = {"x": x, "lengths": lengths, "split": SPLIT, **({"y": y[kind]} if kind in y else {})}
    return arrays, task_from_arrays(arrays, Question(kind=kind, window=window))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("window", [8, pytest.param(None, marks=pytest.mark.verify)])
def test_a_bidirectional_network_reads_the_windows_of_the_test(tmp_path: Path, window: int | None) -> None:
    """Whole sequences in: each step is predicted from the steps before and after it that the test's window has."""
    arrays, task = numbers("step-regression", window)
    model = saved(task, tmp_path, DEEP)
    x, y, lengths = arrays["x"][:, -TEST:], arrays["y"][:, -TEST:], arrays["lengths"][-TEST:]
    found = model.predict(x, lengths)
    assert found.mean is not None
    density = scipy.stats.norm.logpdf(y, found.mean, found.deviation).sum(-1)
    density += np.log(model.config["outputs"]["deviation"]).sum()
    nats = np.where(np.arange(30)[:, None] < lengths, -density, 0.0).sum()
    np.testing.assert_allclose(nats, reference(task, model).sum(), rtol=ROUNDING)


def test_embedded_tokens_have_the_likelihood_of_the_test(tmp_path: Path) -> None:
    arrays = {"x": np.random.default_rng(2).choice([3, 5, 8], (9, len(SPLIT))), "split": SPLIT}
    task = task_from_arrays(arrays, Question(kind="next-token"))
    model = saved(task, tmp_path, Architecture(layers=2, embed=5))
    tokens = np.searchsorted([3, 5, 8], arrays["x"][:, -TEST:])
    found = model.predict(tokens[:-1])
    assert found.probabilities is not None
    nats = -np.log(np.take_along_axis(found.probabilities, tokens[1:, :, None], axis=-1)[..., 0]).sum(0)
    np.testing.assert_allclose(nats, reference(task, model), rtol=ROUNDING)


def test_paths_of_a_deep_network_begin_with_its_own_forecast(tmp_path: Path) -> None:
    arrays, task = numbers("forecast")
    model = saved(task, tmp_path, Architecture(layers=3, residual=True))
    x, lengths = arrays["x"][:, -1:], arrays["lengths"][-1:]
    found, said = ahead(model, x, lengths, 2, (0.5,)), model.predict(x, lengths)
    assert said.mean is not None
    assert said.deviation is not None
    np.testing.assert_allclose(found.mean[0, 0], said.mean[lengths[0] - 1, 0], rtol=ROUNDING)
    np.testing.assert_allclose(found.deviation[0, 0], said.deviation[lengths[0] - 1, 0], rtol=ROUNDING)
    assert (found.deviation[1] > found.deviation[0]).all(), "of two steps less is known"


@pytest.mark.verify
def test_a_trained_and_restored_network_says_what_it_said_in_the_test(tmp_path: Path) -> None:
    arrays, _ = numbers("classification")
    options = {"replicates": 2, "trials": 1, "hidden": 3, "max_epochs": 2, "extend": False, "full": True}
    results = gr.compare(arrays, out=tmp_path, architecture=DEEP, **options)
    (task,) = results["tasks"]
    assert task["protocol"]["architecture"] == DEEP.entry()
    assert set(task["full"]["gates"]) == {"LSTM", "GRU"}
    for cell in ("LSTM", "GRU"):
        model = load(tmp_path, cell=cell)
        assert model.architecture == DEEP
        said = model.predict(arrays["x"][:, -TEST:], arrays["lengths"][-TEST:]).probabilities
        assert said is not None
        right = [model.config["classes"].index(name) for name in arrays["y"][-TEST:]]
        entry = task["replicates"][model.config["replicate"]]["cells"][cell]
        nats = -np.log(said[np.arange(TEST), right])
        np.testing.assert_allclose(nats, entry["test"]["sequence_losses"], atol=6e-5)  # eight digits in results.json
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "(2 layers, bidirectional, residual) matched by parameters" in page
    method = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "2 layers, bidirectional, residual, the same around each cell." in method
    with pytest.raises(ValueError, match=r"out: expected the settings .*architecture\.layers: was 2, now 1"):
        gr.compare(arrays, out=tmp_path, **options)
