"""What is kept of the test besides scores: whether it left the range of training, and forecasts to be plotted."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")
pytest.importorskip("statsmodels")

from gatedrnn.comparison.forecasts import MOST_HISTORY, MOST_STEPS, forecast_entries
from gatedrnn.comparison.range import ranges
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task


@pytest.fixture(scope="module")
def price(tmp_path_factory: pytest.TempPathFactory) -> tuple[Task, np.ndarray]:
    """A price that grows, and so leaves what was ever seen."""
    rng = np.random.default_rng(0)
    values = np.round(100 + np.cumsum(rng.normal(0.4, 1.0, 500)), 3)
    path = tmp_path_factory.mktemp("files") / "price.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["price"], *([value] for value in values)])
    return task_from_file(Path(path), Question(horizon=1, target=("price",))), values


def test_the_range_is_that_of_the_recordings_in_the_users_units(price) -> None:
    task, values = price
    visible, test = task.split(0), task.read_test(0)
    (found,) = ranges(visible, test, ("price",))
    assert visible.past is not None
    assert test.recordings is not None
    known = np.concatenate([one.y[one.first + 1 :, 0] for one in visible.past.train])
    came = values[-(len(test.recordings[0].y) - test.recordings[0].first - 1) :]
    assert (found["test_low"], found["test_high"]) == (pytest.approx(came.min()), pytest.approx(came.max()))
    assert (found["low"], found["high"]) == (known.min(), known.max())
    assert found["outside"] == np.mean((came < known.min()) | (came > known.max())) > 0.5
    # From normalised batches alone the same is found.
    (alone,) = ranges(visible._replace(past=None), test._replace(recordings=None), ("price",))
    assert alone["test_high"] == pytest.approx(found["test_high"], rel=1e-5)
    assert alone["outside"] == pytest.approx(found["outside"], abs=0.02)
    assert ranges(visible._replace(scale=None), test, ("price",)) == []


def test_forecasts_stand_beside_what_came(price) -> None:
    task, values = price
    visible, test = task.split(0), task.read_test(0)
    y = np.swapaxes(test.batch.y, 0, 1)  # [B, T, 1]
    outputs = np.concatenate([y + 0.5, np.full_like(y, np.log(2.0))], axis=-1)
    persistence = next(one for one in task.baselines(visible) if one.name == "persistence")
    (entry,) = forecast_entries(test, ("price",), {"LSTM": outputs}, persistence)
    n, scale = len(entry["truth"]), test.scale
    assert scale is not None
    assert n == min(MOST_STEPS, int(test.batch.scored().sum()))
    assert len(entry["history"]) == MOST_HISTORY
    start = entry["time"][MOST_HISTORY]
    np.testing.assert_allclose(entry["truth"], values[start : start + n], rtol=1e-5)
    np.testing.assert_allclose(entry["history"], values[start - MOST_HISTORY : start], rtol=1e-5)
    cell = entry["cells"]["LSTM"]
    np.testing.assert_allclose(cell["mean"], np.array(entry["truth"]) + 0.5 * scale.deviation[0], rtol=1e-4)
    soft = np.exp(LOG_SCALE_BOUND * np.tanh(np.log(2.0) / LOG_SCALE_BOUND))
    np.testing.assert_allclose(cell["deviation"], soft * scale.deviation[0], rtol=1e-4)
    assert entry["baseline"] is not None
    np.testing.assert_allclose(entry["baseline"]["mean"], values[start - 1 : start + n - 1], rtol=1e-5)


def test_windows_that_are_not_the_recordings_give_no_forecasts(price) -> None:
    task, _ = price
    test = task.read_test(0)
    shifted = test._replace(batch=test.batch._replace(y=test.batch.y + 1.0))
    outputs = np.zeros((*np.swapaxes(test.batch.y, 0, 1).shape[:2], 2), np.float32)
    assert len(forecast_entries(test, ("price",), {"LSTM": outputs}, None)) == 1
    assert forecast_entries(shifted, ("price",), {"LSTM": outputs}, None) == []
    assert forecast_entries(test._replace(recordings=None), ("price",), {"LSTM": outputs}, None) == []


def test_forecasts_say_when_and_of_whom_they_are(tmp_path: Path) -> None:
    days, shops = np.datetime64("2023-01-30") + np.arange(60), [f"s{k}" for k in range(10)]
    values = np.random.default_rng(1).normal(size=(10, 60)).round(3)
    with (tmp_path / "sales.csv").open("w", encoding="utf-8", newline="") as file:
        rows = ([shop, day, values[k, t]] for k, shop in enumerate(shops) for t, day in enumerate(days))
        csv.writer(file).writerows([["shop", "day", "sold"], *rows])
    task = task_from_file(tmp_path / "sales.csv", Question(group="shop", horizon=2, target=("sold",)))
    test = task.read_test(0)
    entries = forecast_entries(
        test, ("sold",), {"LSTM": np.zeros((*np.swapaxes(test.batch.y, 0, 1).shape[:2], 2))}, None
    )
    assert [entry["sequence"] for entry in entries] == shops[:3]
    for k, entry in enumerate(entries):
        came = entry["history"] + entry["truth"]
        places = [int((np.datetime64(str(day)) - days[0]).astype(int)) for day in entry["time"]]
        np.testing.assert_array_equal(came, values[k, places])
