"""Numbers of a file are read as they are written: a large mean hides nothing."""

from __future__ import annotations

import numpy as np
import pytest

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
