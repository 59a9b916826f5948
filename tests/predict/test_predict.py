"""A tuned network is saved, and predicts on raw data what it was tested to predict."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import scipy.stats

pytest.importorskip("safetensors")

import gatedrnn as gr
from gatedrnn.experiment.changes import DIFFERENCES, change_scales
from gatedrnn.experiment.network import evaluate_each, network
from gatedrnn.experiment.saving import description, restore, save
from gatedrnn.predict import Model, load
from gatedrnn.predict.file import predict_file
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.question import Question
from tests.helpers import compared as shared

STEPS, TEST = 7, 12
# Sums of float32 over up to 7 steps of 2 targets, each a few nats.
ROUNDING = 2e-5


def recorded(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return 36 sequences of two features far from zero, in given parts."""
    x = rng.normal(size=(STEPS, 36, 2)) * [3.0, 0.1] + [50.0, -2.0]
    split = np.repeat(["train", "validation", "test"], [16, 8, TEST])
    return {"x": x, "lengths": rng.integers(3, STEPS + 1, 36), "split": split}


def saved(task: Any, folder: Path) -> Model:
    """Return an untrained network of that task, by way of its files."""
    cell = gr.LSTM(4)
    params: Any = network(cell, task.out_dim, 0.0).init(jax.random.key(0), task.in_dim)
    if task.anchor is not None:
        params = (*params, change_scales(task.anchor, DIFFERENCES.index("both")))  # changes are read and forecast
    save(folder / "model", params, description(task, "LSTM", cell, task.reading(0)))
    return Model(*restore(folder / "model"))


def reference(task: Any, model: Model) -> np.ndarray:
    """Return what the test of a comparison would find for each sequence, in normalised units."""
    score = jax.jit(partial(evaluate_each, model.cell, task))(model.params, task.read_test(0).batch)
    return np.asarray(score.nats)


def test_forecasts_of_raw_data_have_the_likelihood_of_the_test(tmp_path: Path) -> None:
    arrays = recorded(np.random.default_rng(0))
    task = task_from_arrays(arrays, Question(kind="forecast", horizon=2, window=3))
    model = saved(task, tmp_path)
    test = task.read_test(0)
    assert test.scale is not None
    # Each window of the test as a sequence of its own, in its own units: the first step of three is history.
    x, y = (a * test.scale.deviation + test.scale.mean for a in (test.batch.x, test.batch.y))
    found = model.predict(x, test.batch.lengths)
    assert found.mean is not None
    density = scipy.stats.norm.logpdf(y, found.mean, found.deviation)
    density += np.log(model.config["outputs"]["deviation"])
    nats = -np.where(test.batch.scored(), density.sum(-1), 0.0).sum()
    np.testing.assert_allclose(nats, reference(task, model).sum(), rtol=ROUNDING)
    assert arrays["x"].shape[-1] == test.batch.x.shape[-1]


def test_a_forecast_is_made_from_the_latest_steps_whatever_stands_before(tmp_path: Path) -> None:
    arrays = recorded(np.random.default_rng(2))
    model = saved(task_from_arrays(arrays, Question(kind="forecast", window=5)), tmp_path)
    x = np.random.default_rng(3).normal(size=(23, 1, arrays["x"].shape[-1]))
    whole = model.predict(x)
    assert whole.mean is not None
    for rows in (5, 8, 9):
        late = model.predict(x[-rows:])
        assert late.mean is not None
        np.testing.assert_allclose(late.mean[-1], whole.mean[-1], rtol=1e-6)
        np.testing.assert_allclose(late.deviation[-1], whole.deviation[-1], rtol=1e-6)


@pytest.mark.verify
def test_numbers_of_steps_have_the_likelihood_of_the_test(tmp_path: Path) -> None:
    arrays = recorded(np.random.default_rng(1))
    arrays["y"] = 100.0 + arrays["x"][..., :1] ** 2
    task = task_from_arrays(arrays, Question(kind="step-regression"))
    model = saved(task, tmp_path)
    x, y, lengths = (
        arrays[key][..., -TEST:] if key == "lengths" else arrays[key][:, -TEST:] for key in ("x", "y", "lengths")
    )
    found = model.predict(x, lengths)
    assert found.mean is not None
    density = scipy.stats.norm.logpdf(y, found.mean, found.deviation).sum(-1)
    density += np.log(model.config["outputs"]["deviation"]).sum()
    nats = np.where(np.arange(STEPS)[:, None] < lengths, -density, 0.0).sum(0)
    np.testing.assert_allclose(nats, reference(task, model), rtol=ROUNDING)


def test_tokens_have_the_likelihood_of_the_test(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    split = np.repeat(["train", "validation", "test"], [16, 8, TEST])
    arrays = {"x": rng.choice([3, 5, 8], (STEPS, 36)), "split": split}
    task = task_from_arrays(arrays, Question(kind="next-token"))
    model = saved(task, tmp_path)
    tokens = np.searchsorted([3, 5, 8], arrays["x"][:, -TEST:])
    found = model.predict(tokens[:-1])
    assert found.probabilities is not None
    nats = -np.log(np.take_along_axis(found.probabilities, tokens[1:, :, None], axis=-1)[..., 0]).sum(0)
    np.testing.assert_allclose(nats, reference(task, model), rtol=ROUNDING)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray], dict[str, Any]]:
    folder = shared.compared(tmp_path_factory)
    return folder, shared.arrays(), json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_the_saved_winner_says_what_it_said_in_the_test(compared: Any) -> None:
    folder, arrays, results = compared
    for cell in ("LSTM", "GRU"):
        model = load(folder, cell=cell)
        probabilities = model.predict(arrays["x"][:, -TEST:], arrays["lengths"][-TEST:]).probabilities
        assert probabilities is not None
        right = [model.config["classes"].index(name) for name in arrays["y"][-TEST:]]
        nats = -np.log(probabilities[np.arange(TEST), right])
        entry = results["tasks"][0]["replicates"][model.config["replicate"]]["cells"][cell]
        # Rounded to eight digits in results.json.
        np.testing.assert_allclose(nats, entry["test"]["sequence_losses"], atol=6e-5)
        best = min(
            r["cells"][cell]["trials"][r["cells"][cell]["selected"]]["score"] for r in results["tasks"][0]["replicates"]
        )
        assert entry["trials"][entry["selected"]]["score"] == best


def test_a_file_becomes_a_table(compared: Any, tmp_path: Path) -> None:
    folder, arrays, _ = compared
    model = load(folder)
    path = tmp_path / "new.npz"
    np.savez(path, x=arrays["x"], lengths=arrays["lengths"])
    table = io.StringIO()
    predict_file(model, path, table)
    head, *rows = csv.reader(io.StringIO(table.getvalue()))
    assert head == ["sequence", "predicted", "p(large)", "p(small)"]
    expected = model.predict(arrays["x"].astype(np.float32), arrays["lengths"]).probabilities
    np.testing.assert_allclose([[float(p) for p in row[2:]] for row in rows], expected, atol=1e-5)
    np.savez(path, x=arrays["x"][..., :1])
    with pytest.raises(ValueError, match="expected 2 features \\(x0, x1\\), got 1 features"):
        predict_file(model, path, table)


def test_a_table_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    arrays = {**recorded(np.random.default_rng(4)), "features": np.array(["heat", "load"])}
    task = task_from_arrays(arrays, Question(kind="forecast"))
    model = saved(task, tmp_path)
    x = np.round(arrays["x"][:3, 0], 3)
    path = tmp_path / "new.csv"
    path.write_text("load,other,heat,id\n" + "".join(f"{load},9,{heat},a\n" for heat, load in x), encoding="utf-8")
    table = io.StringIO()
    predict_file(model, path, table, group="id")
    head, *rows = csv.reader(io.StringIO(table.getvalue()))
    columns = ("mean", "deviation", "50 % low", "50 % high", "90 % low", "90 % high")
    assert head == ["sequence", "step", "target step", *(f"{name} {c}" for name in ("heat", "load") for c in columns)]
    expected = model.predict(x[:, None].astype(np.float32)).mean
    assert expected is not None
    np.testing.assert_allclose([[float(row[3]), float(row[9])] for row in rows], expected[:, 0], rtol=1e-5)
    assert [row[:3] for row in rows] == [["a", "0", "1"], ["a", "1", "2"], ["a", "2", "3"]]
    for row in rows:  # ends of the intervals, by SciPy
        inside = scipy.stats.norm.cdf([float(v) for v in row[5:9]], float(row[3]), float(row[4]))
        np.testing.assert_allclose(inside, [0.25, 0.75, 0.05, 0.95], atol=1e-4)


def test_text_with_unknown_characters_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    text = tmp_path / "known.txt"
    text.write_text("".join(rng.choice(list("abc"), 400)), encoding="utf-8")
    model = saved(task_from_file(text, Question()), tmp_path)
    other = tmp_path / "other.txt"
    other.write_text("abz", encoding="utf-8")
    with pytest.raises(ValueError, match="got 'z' as well"):
        predict_file(model, other, io.StringIO())


def test_damaged_and_missing_networks_are_refused(compared: Any, tmp_path: Path) -> None:
    folder = compared[0]
    with pytest.raises(ValueError, match="cell: expected one of LSTM, GRU"):
        load(folder, cell="SimpleRNN")
    model = saved(task_from_arrays(recorded(np.random.default_rng(6)), Question(kind="forecast")), tmp_path)
    assert json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))["cell"] == model.config["cell"]
    path = tmp_path / "model.safetensors"
    held = bytearray(path.read_bytes())
    held[-1] ^= 1
    path.write_bytes(held)
    with pytest.raises(ValueError, match="it is damaged"):
        restore(tmp_path / "model")
