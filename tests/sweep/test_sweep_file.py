"""A sweep over a file of one's own: its members, whether changes are forecast, and what its folder is held to."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tyro", reason="the settings need gatedrnn[compare]")
pytest.importorskip("pyarrow")
pytest.importorskip("matplotlib")

from gatedrnn.errors import InputError
from gatedrnn.experiment.single import TrainSettings, train
from gatedrnn.sweep.plot import plot
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.space import configurations
from gatedrnn.sweep.sweep import sweep
from gatedrnn.sweep.table import write_table
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task

pytestmark = pytest.mark.usefixtures("quick_compiles")


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
def results(out: Path, quick_compiles: None) -> dict[str, Any]:
    return sweep(SETTINGS, out)


def test_members_are_what_train_trains_with_and_without_changes(results: dict[str, Any], tmp_path: Path) -> None:
    """Another program with another optimiser's arithmetic: 1e-4 for rounding, as in ``test_sweep``."""
    assert [member["difference"] for member in results["members"]] == ["no", "yes"]
    alone = TrainSettings(
        task=walk(), hidden=3, learning_rate=1e-3, difference="yes", batch_size=4, max_epochs=3, patience=3
    )
    found = train(alone, tmp_path)["trial"]
    assert results["members"][1]["curve"] == pytest.approx(found["curve"], rel=1e-4)


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
    labels = [ax.get_xlabel() for ax in plot(results).axes if ax.get_visible()]
    assert labels == ["difference", "epoch (validation; the best in bold)"]


def test_a_task_without_a_last_value_refuses_the_choice_and_claims_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="difference: expected no, as japanese-vowels-speaker has no last value"):
        sweep(dataclasses.replace(SETTINGS, task="japanese-vowels-speaker"), tmp_path)
    assert list(tmp_path.iterdir()) == []
    odd: Any = ("maybe",)
    with pytest.raises(InputError, match="difference: expected one of no, yes; got"):
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
