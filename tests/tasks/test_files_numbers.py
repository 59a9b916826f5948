"""Numbers of a file are read as they are written: a large mean hides nothing."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table
from tests.helpers.small_files import write


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz", "arrays"])
def test_what_varies_around_a_large_number_is_what_varies_around_zero(tmp_path, ending):
    small = np.random.default_rng(0).integers(0, 41, size=300)
    tasks = []
    for name, demand in (("small", small), ("large", small + 100_000_000)):
        if ending == "arrays":
            tasks.append(task_from_arrays({"x": demand[:, None]}, Question()))
            continue
        path = tmp_path / f"{name}.{ending}"
        if ending == "npz":
            np.savez(path, x=demand[:, None])
        else:
            write(path, {"demand": demand})
        tasks.append(task_from_file(path, Question(horizon=1, window=20)))
    one, other = (task.split(3) for task in tasks)
    assert len(np.unique(one.train.x)) == len(np.unique(other.train.x)) > 35
    assert one.train.x.dtype == one.train.y.dtype == other.train.x.dtype == np.float32
    np.testing.assert_allclose(other.train.x, one.train.x, atol=1e-6)
    np.testing.assert_allclose(other.validation.y, one.validation.y, atol=1e-6)
    np.testing.assert_allclose(tasks[1].read_test(3).batch.y, tasks[0].read_test(3).batch.y, atol=1e-6)


def test_numbers_that_a_file_has_in_float32_are_held_so(tmp_path):
    x = np.random.default_rng(0).normal(size=(200, 2))
    for dtype in (np.float32, np.float64):
        path = write(tmp_path / "a.parquet", {"a": x[:, 0].astype(np.float32), "b": x[:, 1].astype(dtype)})
        data, _ = read_table(path, Question())
        assert data.x.dtype == dtype
        np.testing.assert_array_equal(data.x[:, 1], x[:, 1].astype(dtype))


@pytest.mark.parametrize("mean", [100_000_000, 1_700_000_000])
def test_simple_models_score_a_large_mean_as_none(tmp_path, mean):
    small = np.random.default_rng(1).integers(0, 41, size=260)
    found = []
    for name, demand in (("small", small), ("large", small + mean)):
        task = task_from_file(write(tmp_path / f"{name}.csv", {"demand": demand}), Question(horizon=1, window=20))
        fitted = task.baselines(task.split(0))
        tested = {one.name: one.tested(task.read_test(0)) for one in fitted}
        found.append((tested, task.anchor))
    (one, anchor), (other, of_large) = found
    np.testing.assert_allclose([of_large.step, of_large.ahead], [anchor.step, anchor.ahead], rtol=1e-12)
    assert one.keys() == other.keys()
    for name, scores in one.items():
        # A smoothed level is found by an optimiser that stops relative to the level.
        rtol = 0.02 if name == "exponential smoothing" else 1e-6
        for part in ("validation", "test"):
            expected, got = getattr(scores, part), getattr(other[name], part)
            np.testing.assert_allclose([*got.values()], [*expected.values()], rtol=rtol, err_msg=name)


def test_numbers_that_fall_together_in_float32_are_refused_by_name(tmp_path):
    rows = np.arange(60.0)
    for odd, said in (
        (np.append(rows, 1e300), r"'b': expected numbers up to 1e\+140 .* got 0 to 1e\+300"),
        (
            np.append(rows, 1e12),
            r"'b': expected numbers that stay apart in float32, got 0 to 1e\+12: beside",
        ),
        (np.append(rows, -0.5) * 1e-300, r"'b': expected numbers up to 1e\+140 that differ by 1e-140"),
        (np.append(rows, -1.0) * 1e306, r"'b': expected numbers up to 1e\+140"),
    ):
        path = write(tmp_path / "data.csv", {"a": np.arange(61.0) % 7, "b": odd})
        with pytest.raises(InputError, match=f"^data.csv: column {said}"):
            task_from_file(path, Question(horizon=1))


def test_whole_numbers_beyond_float64_are_rounded_not_called_another_file(tmp_path):
    stamps = 1_700_000_000_000_000_000 + np.arange(60) * 3_600_000_000_000 + 1
    path = write(tmp_path / "data.parquet", {"stamp": stamps, "load": np.arange(60) % 7})
    task = task_from_file(path, Question(horizon=1, features=("stamp", "load")))
    x = task.split(0).train.x[: task.split(0).train.lengths[0], 0, 0]
    assert len(np.unique(x)) == len(x)
