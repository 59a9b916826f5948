"""``gatedrnn train FILE``: scores held to forecasts of the saved network, to a known answer, and to the file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tyro", reason="the settings need gatedrnn[compare]")
pytest.importorskip("pyarrow")
pytest.importorskip("safetensors")

from gatedrnn.errors import InputError
from gatedrnn.experiment.result import TrainResult
from gatedrnn.experiment.single import TrainSettings, train
from gatedrnn.predict.model import load
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task
from gatedrnn.training.store import Interrupted

STEPS, MEAN, DEVIATION = 160, 300.0, 40.0
ASKED = Question(time="t", target=("load",), horizon=1)


def write(path: Path, seed: int) -> Path:
    """Write a series of noise, and beside it a column that knows the next step."""
    load = np.random.default_rng(seed).normal(MEAN, DEVIATION, STEPS + 1).round(3)
    rows = [f"{t},{load[t]},{load[t + 1]}" for t in range(STEPS)]
    path.write_text("\n".join(["t,load,oracle", *rows]) + "\n", encoding="utf-8")
    return path


def settings_of(task: Task) -> TrainSettings:
    return TrainSettings(task=task, hidden=4, max_epochs=6, segment=3, patience=6, batch_size=4, difference="yes")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return task_from_file(write(tmp_path_factory.mktemp("data") / "loads.csv", 0), ASKED)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def result(task: Task, out: Path) -> TrainResult:
    return train(settings_of(task), out)


def test_scores_are_those_of_what_the_saved_network_forecasts(task: Task, out: Path, result: TrainResult) -> None:
    test, reading = task.read_test(0), task.reading(0)
    assert test.scale is not None
    assert reading.inputs is not None
    raw = test.batch.x * np.asarray(reading.inputs[1]) + np.asarray(reading.inputs[0])
    model = load(out)
    said = model.predict(raw, test.batch.lengths)
    assert said.mean is not None
    assert said.deviation is not None
    there = np.asarray(test.batch.scored())
    truth = test.batch.y[there] * test.scale.deviation + test.scale.mean
    error, deviation = truth - said.mean[there], said.deviation[there]
    assert result["metric"] == {"name": "rmse", "words": "root mean squared error", "unit": "load"}
    # float32 networks on numbers of some hundreds.
    assert result["test"]["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-4)
    assert result["test"]["mae"] == pytest.approx(np.mean(np.abs(error)), rel=1e-4)
    nats = 0.5 * (error / deviation) ** 2 + np.log(deviation / test.scale.unit) + 0.5 * np.log(2 * np.pi)
    assert result["test"]["nats"] == pytest.approx(np.mean(nats), rel=1e-4)
    assert model.config["configuration"]["difference"] == "yes"
    assert model.config["validation"] == result["trial"]["validation"]


def test_the_strongest_baseline_finds_the_column_that_knows_and_stands_beside(result: TrainResult) -> None:
    """The next step is written beside each: a model that reads it errs by nothing, all others by the deviation."""
    baseline = result["baseline"]
    assert baseline is not None
    assert baseline["name"].startswith("ridge regression")
    assert baseline["validation"]["rmse"] < DEVIATION / 100
    assert baseline["test"]["rmse"] < DEVIATION / 100
    assert result["test"]["rmse"] > 10 * baseline["test"]["rmse"]


def test_what_is_written_is_what_is_returned(task: Task, out: Path, result: TrainResult) -> None:
    assert json.loads((out / "result.json").read_text(encoding="utf-8")) == result
    assert result["settings"]["task"] == task.identity()
    assert result["facts"]["target"] == "load"


def test_interrupted_it_ends_with_the_same_bits(task: Task, out: Path, result: TrainResult, tmp_path: Path) -> None:
    def cut(*_: Any) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        train(settings_of(task), tmp_path, on_segment=cut)
    assert not (tmp_path / "result.json").exists()
    assert train(settings_of(task), tmp_path) == result
    assert (tmp_path / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()


def test_a_folder_is_held_to_its_file_and_to_what_was_asked(
    task: Task, out: Path, result: TrainResult, tmp_path: Path
) -> None:
    del result
    other = task_from_file(write(tmp_path / "loads.csv", 1), ASKED)
    with pytest.raises(InputError, match=r"out: expected .* got others \(task.data_sha256: was '"):
        train(settings_of(other), out)
    further = task_from_file(write(tmp_path / "loads.csv", 0), dataclasses.replace(ASKED, horizon=2))
    with pytest.raises(InputError, match=r"task.title: was 'loads: load, 1 step ahead', now 'loads: load, 2 steps"):
        train(settings_of(further), out)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "japanese-vowels-speaker"}, "difference: expected no, as japanese-vowels-speaker has no last value"),
        ({"metric": "accuracy"}, "metric: expected one of nats, rmse, mae, mase for loads, got 'accuracy'"),
        ({"cell": "TRU"}, "cell: expected some of LSTM"),
    ],
)
def test_what_cannot_be_trained_is_refused_and_claims_no_folder(
    changes: dict[str, Any], message: str, task: Task, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        train(dataclasses.replace(settings_of(task), **changes), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_the_network_that_was_trained_is_used(out: Path, result: TrainResult) -> None:
    del result
    assert load(out, task="loads", cell="GRU").config["cell"] == "GRU"
    with pytest.raises(InputError, match="cell: expected GRU, which was trained, got 'LSTM'"):
        load(out, cell="LSTM")
    with pytest.raises(InputError, match="task: expected loads, which was trained, got 'sales'"):
        load(out, task="sales")


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match=r"task: expected one of japanese-vowels-forecast, .* got nothing"):
        TrainSettings(task="nothing")


def test_a_series_that_repeats_itself_has_no_scaled_error(tmp_path: Path) -> None:
    """Its naive forecast never errs, by which such an error is divided; all else is scored, and written."""
    rows = [f"{t},{(3 * t) % 17}" for t in range(STEPS)]
    (tmp_path / "wheel.csv").write_text("\n".join(["t,load", *rows]) + "\n", encoding="utf-8")
    task = task_from_file(tmp_path / "wheel.csv", dataclasses.replace(ASKED, season=17))
    found = train(dataclasses.replace(settings_of(task), max_epochs=3), tmp_path / "run")
    assert "mase" not in found["test"]
    assert found["baseline"] is not None
    assert "mase" not in found["baseline"]["test"]
    assert json.loads((tmp_path / "run" / "result.json").read_text())["test"] == found["test"]
    assert all(np.isfinite(score) for score in found["test"].values())
