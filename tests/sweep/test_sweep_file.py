"""A sweep over a file of one's own: its members, whether changes are forecast, and what its folder is held to."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("tyro", reason="the settings need gatedrnn[compare]")
pytest.importorskip("pyarrow")
pytest.importorskip("matplotlib")

from gatedrnn.cells.gru import GRU
from gatedrnn.errors import InputError
from gatedrnn.experiment.single import TrainSettings, train
from gatedrnn.sweep.group import as_hypers, sweep_run
from gatedrnn.sweep.plot import plot
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.space import configurations
from gatedrnn.sweep.sweep import sweep
from gatedrnn.sweep.table import write_table
from gatedrnn.tasks import registry
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task
from gatedrnn.training.early_stopping import Data


def walk(seed: int = 0) -> Task:
    """Return the forecast of a random walk, of which the last value is the best that can be said."""
    x = np.random.default_rng(seed).normal(size=(160, 1)).cumsum(0)
    return task_from_arrays({"x": x, "lengths": np.array([160])}, Question(horizon=1), name="walk")


SETTINGS = SweepSettings(
    task=walk(),
    sampling="grid",
    cell=("GRU",),
    hidden=(3,),
    learning_rate=(1e-3,),
    difference=("no", "yes"),
    batch_size=4,
    max_epochs=3,
    patience=3,
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def results(out: Path) -> dict[str, Any]:
    return sweep(SETTINGS, out)


def test_members_are_what_train_trains_with_and_without_changes(results: dict[str, Any], tmp_path: Path) -> None:
    """Another program with another optimiser's arithmetic: 1e-4 for rounding, as in ``test_sweep``."""
    assert [member["difference"] for member in results["members"]] == ["no", "yes"]
    alone = TrainSettings(
        task=walk(), hidden=3, learning_rate=1e-3, difference="yes", batch_size=4, max_epochs=3, patience=3
    )
    found = train(alone, tmp_path)["trial"]
    assert results["members"][1]["curve"] == pytest.approx(found["curve"], rel=1e-4)


def test_members_are_scored_in_the_users_units(results: dict[str, Any], tmp_path: Path) -> None:
    assert results["metric"] == {"name": "rmse", "words": "root mean squared error", "unit": "x0"}
    alone = TrainSettings(
        task=walk(), hidden=3, learning_rate=1e-3, difference="yes", batch_size=4, max_epochs=3, patience=3
    )
    found = train(alone, tmp_path)["validation"]["rmse"]
    assert results["members"][1]["score"] == pytest.approx(found, rel=1e-4)
    by_nats = sweep(dataclasses.replace(SETTINGS, metric="nats"), tmp_path / "nats")
    assert by_nats["metric"]["name"] == "nats"
    assert [member["score"] for member in by_nats["members"]] == [m["validation"] for m in results["members"]]


def test_a_metric_that_the_task_lacks_claims_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="metric: expected one of nats, rmse, mae, mase for walk, got 'accuracy'"):
        sweep(dataclasses.replace(SETTINGS, metric="accuracy"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_a_random_walk_the_change_is_forecast_better(results: dict[str, Any]) -> None:
    level, change = (member["curve"][0] for member in results["members"])
    # A first epoch at a small rate: the network says about 0, which is the mean of levels, and of changes.
    assert change < level


def test_the_file_is_in_the_results_and_holds_the_folder(results: dict[str, Any], out: Path) -> None:
    assert results["settings"]["task"] == walk().identity()
    assert results["facts"]["asked"] == "a forecast, 1 step ahead"
    assert sweep(dataclasses.replace(SETTINGS, task=walk()), out)["members"] == results["members"]
    with pytest.raises(InputError, match=r"out: expected .* got others \(task.data_sha256: was '"):
        sweep(dataclasses.replace(SETTINGS, task=walk(1)), out)


def test_table_and_plot_have_the_choice(results: dict[str, Any], tmp_path: Path) -> None:
    with write_table(results, tmp_path)[0].open(encoding="utf-8") as file:
        assert [row["difference"] for row in csv.DictReader(file)] == ["no", "yes"]
    axes = plot(results).axes
    assert [ax.get_xlabel() for ax in axes] == ["difference", "epoch (validation; the best in bold)"]
    # Each panel has the unit of what it shows: scores of their own, and the loss that trains.
    words = ["best validation, root mean squared error, x0", "validation, nats per step"]
    assert [ax.get_ylabel() for ax in axes] == words
    assert axes[1].yaxis.get_tick_params()["labelleft"]


def test_weight_decay_leaves_the_size_of_changes_alone() -> None:
    """A decay of all parameters would make a forecast of changes one of values, step by step."""
    settings = dataclasses.replace(SETTINGS, weight_decay=(0.5,), learning_rate=(0.1,), difference=("both",))
    task = registry.load(settings.task)
    visible = task.split(0)
    run = sweep_run(GRU(3), task, visible.train, settings)
    hyper = jax.tree.map(lambda column: column[0], as_hypers(configurations(settings)))
    state = run.init(hyper, jax.random.key(0), Data(visible.train, visible.validation))
    params = jax.jit(run.take_steps)(hyper, state, visible.train, 0, run.epoch_steps).params
    np.testing.assert_array_equal(params[-1], state.params[-1])
    assert float(jnp.abs(params[0].w_h).sum()) < float(jnp.abs(state.params[0].w_h).sum())


def test_a_task_without_a_last_value_refuses_the_choice_and_claims_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="difference: expected no, as japanese-vowels-speaker has no last value"):
        sweep(dataclasses.replace(SETTINGS, task="japanese-vowels-speaker"), tmp_path)
    assert list(tmp_path.iterdir()) == []
    odd: Any = ("maybe",)
    with pytest.raises(InputError, match="difference: expected one of no, yes, both; got"):
        dataclasses.replace(SETTINGS, difference=odd)


def test_one_value_takes_no_draw() -> None:
    """What the others are drawn as is what they were before there was this choice."""
    drawn = configurations(SweepSettings(draws=2, learning_rate=(1e-3, 1e-1), seed=3))
    rng = np.random.default_rng(3)
    for configuration in drawn:
        assert configuration["cell"] == ("LSTM", "GRU")[rng.integers(2)]
        rate = float(np.exp(rng.uniform(np.log(1e-3), np.log(1e-1))))
        assert configuration["learning_rate"] == rate
        for _ in ("clip_norm", "recurrent_scale"):
            rng.uniform(0.0, 0.0)
        assert configuration["difference"] == "no"
