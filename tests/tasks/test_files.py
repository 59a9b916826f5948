"""Files and arrays of one's own: every format holds the same data, and Python may ask as well."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.question import Question
from tests.helpers.small_files import GROUPS, STEPS, columns, write


def untimed(recordings):
    """Leave out what a table says of its recordings and arrays do not: when their steps were, and their names."""
    return None if recordings is None else tuple(each._replace(times=None, name="") for each in recordings)


def assert_equal(one, other):
    if hasattr(one, "past") and one.past is not None:
        one, other = (v._replace(past=type(v.past)(*map(untimed, v.past))) for v in (one, other))
    elif hasattr(one, "recordings"):
        one, other = (v._replace(recordings=untimed(v.recordings)) for v in (one, other))
    for left, right in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(left, right, strict=True)
    assert one.offset == other.offset


@pytest.mark.parametrize(
    ("asked", "kind", "shape"),
    [
        (Question(target=("name",)), "classification", (GROUPS * 2 // 10,)),
        (Question(target=("state",)), "step-classification", (STEPS, 2)),
        (Question(target=("y",), kind="step-regression"), "step-regression", (STEPS, 2, 1)),
        (Question(target=("y",), horizon=2), "forecast", (STEPS - 2, 2, 1)),
        (Question(horizon=1), "forecast", (STEPS - 1, 2, 3)),
    ],
)
def test_csv_parquet_and_arrays_hold_the_same_task(tmp_path, asked, kind, shape):
    table = columns()
    kept = [
        name for name in table if name in ("who", "t", "a", "b", *asked.target) or (name == "y" and kind == "forecast")
    ]
    table = {name: table[name] for name in kept}
    named = Question(**{**vars(asked), "group": "who", "time": "t"})
    by_comma, by_column = (task_from_file(write(tmp_path / f"data.{e}", table), named) for e in ("csv", "parquet"))
    features = [name for name in kept if name not in ("who", "t") and (name not in asked.target or kind == "forecast")]
    arrays = {
        "x": np.stack([table[name] for name in features], -1).reshape(GROUPS, STEPS, -1).swapaxes(0, 1),
        "features": np.array(features),
    }
    if asked.target and kind != "forecast":
        y = table[asked.target[0]].reshape(GROUPS, STEPS).T
        arrays["y"] = {"classification": y[0], "step-classification": y, "step-regression": y[..., None]}[kind]
    np.savez(tmp_path / "data.npz", **arrays)
    question = Question(kind=asked.kind, horizon=asked.horizon, target=asked.target)
    npz = task_from_file(tmp_path / "data.npz", question)
    for task in (by_comma, by_column, npz, task_from_arrays(arrays, question)):
        assert task.kind == kind
        assert task.read_test(1).batch.y.shape == shape
        assert_equal(task.split(1), by_comma.split(1))
        assert_equal(task.read_test(1), by_comma.read_test(1))
        assert (task.in_dim, task.out_dim) == (by_comma.in_dim, by_comma.out_dim)


def test_rows_of_groups_may_be_interleaved(tmp_path):
    table = columns()
    asked = Question(group="who", time="t", target=("y",), features=("a", "b"), kind="step-regression")
    by_time = np.argsort(table["t"], kind="stable")
    whole = task_from_file(write(tmp_path / "a.csv", table), asked).split(0)
    mixed = task_from_file(write(tmp_path / "b.csv", {k: v[by_time] for k, v in table.items()}), asked).split(0)
    assert_equal(whole, mixed)


def test_classes_that_are_numbers_stand_in_their_order(tmp_path):
    table = columns()
    asked = Question(group="who", target=("state",), features=("a",))
    test = task_from_file(write(tmp_path / "a.csv", table), asked).read_test(0).batch
    states = table["state"].reshape(GROUPS, STEPS)
    for y, length in zip(test.y.T, test.lengths, strict=True):
        assert any((y[:length] == (row == 10)).all() for row in states)  # 9 is class 0, 10 is class 1


def test_text_is_a_series_of_its_characters(tmp_path):
    text = "".join(np.random.default_rng(0).choice(list("abcé \n"), 2000))
    (tmp_path / "t.txt").write_bytes(text.encode())
    task = task_from_file(tmp_path / "t.txt", Question(window=10))
    kinds = sorted(set(text))
    test = task.read_test(0).batch
    assert (task.in_dim, task.out_dim, test.x.dtype) == (6, 6, np.uint8)
    found = "".join(kinds[c] for c in test.y.T[test.scored().T])
    assert len(found) == 400
    assert text.endswith(found)
    np.testing.assert_array_equal(np.asarray(task.encode(test.x)).argmax(-1), test.x)


ASKED = {"group": "who", "time": "t", "target": "name", "features": ("a", "b")}
SMALL = {"sizes": (2, 2), "replicates": 2, "trials": 1, "max_epochs": 1}


def test_what_python_asks_reaches_the_protocol(tmp_path, monkeypatch):
    path = write(tmp_path / "data.csv", columns())
    asked = []

    def compare(settings, folder, **_):
        asked.append(settings)
        raise InterruptedError

    monkeypatch.setattr("gatedrnn.comparison.protocol.compare", compare)
    with pytest.raises(InterruptedError):
        gr.compare(path, out=tmp_path / "out", **ASKED, **SMALL)
    (task,) = asked[0].tasks
    assert (task.name, task.kind, asked[0].sizes, asked[0].replicates) == ("data", "classification", (2, 2), 2)
    with pytest.raises(InterruptedError):
        gr.compare(task, out=tmp_path / "other", **SMALL)
    assert asked[1].tasks == (task,)
    with pytest.raises(ValueError, match="out: expected the settings of the run"):
        gr.compare(path, out=tmp_path / "out", **{**ASKED, "features": "a"}, **SMALL)
    with pytest.raises(ValueError, match=r"options: expected none, .* got target"):
        gr.compare(task, out=tmp_path / "out", target="y")
    with pytest.raises(ValueError, match=r"options: expected some of kind, .*; got replicate"):
        gr.compare(path, out=tmp_path / "out", replicate=2)


@pytest.mark.verify
def test_a_file_is_compared_from_python(tmp_path):
    results = gr.compare(write(tmp_path / "data.csv", columns()), out=tmp_path / "out", **ASKED, **SMALL)
    (task,) = results["tasks"]
    assert (task["name"], task["kind"]) == ("data", "classification")
    assert json.loads((tmp_path / "out" / "results.json").read_text())["tasks"][0]["name"] == "data"
