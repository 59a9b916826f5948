"""A split that a column gives in time: each row of the test is looked for once, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question


def written(path, parts, **columns):
    """Write groups one after another: the value of a row is its number, ``parts`` what its group's rows are for."""
    rows = [(shop, t, part) for shop, words in parts.items() for t, part in enumerate(words)]
    more = "".join(f",{name}" for name in columns)
    lines = [
        f"{shop},{t},{n}.5,{part}" + "".join(f",{values[n]}" for values in columns.values())
        for n, (shop, t, part) in enumerate(rows)
    ]
    path.write_text("\n".join([f"shop,day,demand,part{more}", *lines]) + "\n", encoding="utf-8")
    return path, np.array([part for _, _, part in rows])


def asked(**fields):
    return Question(group="shop", time="day", features=("demand",), split="part", kind="forecast", **fields)


def looked_for(recordings):
    return np.sort(np.concatenate([one.y[one.first + one.ahead :, 0] for one in recordings]) - 0.5).astype(int)


def days(train, validation, test):
    return ["train"] * train + ["validation"] * validation + ["test"] * test


@pytest.mark.parametrize("horizon", [1, 4])
def test_rows_are_in_the_parts_that_a_column_gives(tmp_path, horizon):
    shops = {"a": days(40, 10, 10), "b": days(30, 20, 10), "c": days(60, 0, 0), "d": days(0, 0, 60)}
    path, parts = written(tmp_path / "a.csv", shops)
    task = task_from_file(path, asked(horizon=horizon))
    assert task.facts["split"].startswith("as given, in time: train 0 to 59")
    past, test = task.split(0).past, task.read_test(0)
    assert past is not None
    assert test.scale is not None
    first = np.arange(len(parts)) % 60 < horizon  # there is nothing from which the first rows could be forecast
    for part, recordings in (("train", past.train), ("validation", past.validation), ("test", test.recordings)):
        np.testing.assert_array_equal(looked_for(recordings), np.flatnonzero((parts == part) & ~first))
    y = test.batch.y[test.batch.scored()][:, 0] * test.scale.deviation + test.scale.mean - 0.5
    np.testing.assert_array_equal(np.sort(np.rint(y)), np.flatnonzero((parts == "test") & ~first))


def test_without_validation_the_seed_draws_it_from_what_trains_at_the_same_days(tmp_path):
    path, parts = written(tmp_path / "a.csv", {"a": days(200, 0, 20), "b": days(200, 0, 20)})
    task = task_from_file(path, asked(horizon=2))
    drawn = set()
    for seed in range(5):
        past, test = task.split(seed).past, task.read_test(seed)
        assert past is not None
        np.testing.assert_array_equal(looked_for(test.recordings), np.flatnonzero(parts == "test"))
        train, validation = looked_for(past.train) % 220, looked_for(past.validation) % 220
        assert train.max() < validation.min()
        assert validation.max() < 200
        of_a, of_b = np.split(validation, 2)
        np.testing.assert_array_equal(of_a, of_b)
        drawn.add(int(validation.min()))
    assert len(drawn) > 1


def test_one_series_may_have_a_column_of_parts(tmp_path):
    path, parts = written(tmp_path / "a.csv", {"a": days(60, 15, 9)})
    task = task_from_file(path, Question(time="day", features=("demand",), split="part", horizon=1))
    np.testing.assert_array_equal(looked_for(task.read_test(7).recordings), np.flatnonzero(parts == "test"))


def test_a_sequence_of_one_class_lies_in_one_part(tmp_path):
    shops = {f"s{k}": days(4, 0, 4) for k in range(12)}
    path, _ = written(tmp_path / "a.csv", shops, kind=np.repeat([0, 1], 48))
    question = Question(group="shop", time="day", target=("kind",), features=("demand",), split="part")
    with pytest.raises(InputError, match="split: expected the same in all rows of a group, as each has one class"):
        task_from_file(path, question)
