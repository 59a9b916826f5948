"""Files and arrays of one's own: every format holds the same data, and unfit data are refused with what to do."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import gatedrnn as gr
from gatedrnn import cli
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.question import Question

GROUPS, STEPS = 12, 9


def columns():
    """A table in long form: 12 groups of 9 steps, two features, a class of each group and of each step."""
    rng = np.random.default_rng(0)
    n = GROUPS * STEPS
    group = np.repeat([f"g{k:02}" for k in range(GROUPS)], STEPS)
    return {
        "who": group,
        "t": np.tile(np.arange(STEPS), GROUPS),
        "a": rng.normal(size=n).round(3),
        "b": rng.normal(size=n).round(3),
        "name": np.repeat(["no", "yes"] * (GROUPS // 2), STEPS),
        "state": rng.integers(9, 11, n),  # "10" sorts before "9" as text
        "y": rng.normal(size=n).round(3),
    }


def write(path, table):
    table = pa.table(table)
    (csv.write_csv if path.suffix == ".csv" else parquet.write_table)(table, path)
    return path


def assert_equal(one, other):
    for a, b in zip(one[:3], other[:3], strict=True):
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left, right, strict=True)
    assert one.offset == other.offset


@pytest.mark.parametrize(
    ("asked", "kind", "shape"),
    [
        (Question(target=("name",)), "classification", (GROUPS * 2 // 10,)),
        (Question(target=("state",)), "step-classification", (STEPS, 2)),
        (Question(target=("y",)), "step-regression", (STEPS, 2, 1)),
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
    question = Question(horizon=asked.horizon, target=asked.target)
    npz = task_from_file(tmp_path / "data.npz", question)
    for task in (by_comma, by_column, npz, task_from_arrays(arrays, question)):
        assert task.kind == kind
        assert task.split(1).test.y.shape == shape
        assert_equal(task.split(1), by_comma.split(1))
        assert (task.in_dim, task.out_dim) == (by_comma.in_dim, by_comma.out_dim)


def test_rows_of_groups_may_be_interleaved(tmp_path):
    table = columns()
    asked = Question(group="who", time="t", target=("y",), features=("a", "b"))
    by_time = np.argsort(table["t"], kind="stable")
    whole = task_from_file(write(tmp_path / "a.csv", table), asked).split(0)
    mixed = task_from_file(write(tmp_path / "b.csv", {k: v[by_time] for k, v in table.items()}), asked).split(0)
    assert_equal(whole, mixed)


def test_classes_that_are_numbers_stand_in_their_order(tmp_path):
    table = columns()
    asked = Question(group="who", target=("state",), features=("a",))
    split = task_from_file(write(tmp_path / "a.csv", table), asked).split(0)
    states = table["state"].reshape(GROUPS, STEPS)
    for y, length in zip(split.test.y.T, split.test.lengths, strict=True):
        assert any((y[:length] == (row == 10)).all() for row in states)  # 9 is class 0, 10 is class 1


def test_text_is_a_series_of_its_characters(tmp_path):
    text = "".join(np.random.default_rng(0).choice(list("abcé \n"), 2000))
    (tmp_path / "t.txt").write_bytes(text.encode())
    task = task_from_file(tmp_path / "t.txt", Question(window=10))
    kinds = sorted(set(text))
    test = task.split(0).test
    assert (task.in_dim, task.out_dim, test.x.dtype) == (6, 6, np.uint8)
    read = "".join(kinds[c] for c in test.x.T[:, :].ravel()[: test.lengths.sum()])
    assert text.endswith(read + kinds[test.y[test.lengths[-1] - 1, -1]])
    np.testing.assert_array_equal(np.asarray(task.encode(test.x)).argmax(-1), test.x)


def changed(**change):
    return {**columns(), **change}


def with_value(name, row, value):
    table = columns()
    table[name] = table[name].astype(object if isinstance(value, str) else float)
    table[name][row] = value
    return {**table, name: [str(v) for v in table[name]] if isinstance(value, str) else table[name]}


LONG = {"group": "who", "time": "t", "features": ("a", "b")}


@pytest.mark.parametrize(
    ("table", "asked", "message"),
    [
        (with_value("a", 13, np.nan), LONG, r"column 'a': .* 1 missing .* step 4 of sequence 'g01'; fill"),
        (with_value("a", 13, "oops"), LONG, r"column 'a': expected numbers, got text"),
        (changed(b=np.full(108, 2.5)), LONG, r"column 'b': expected values that vary, got 2.5 in every row; name"),
        (changed(name=["no"] * 108), {**LONG, "target": ("name",)}, "target: expected at least two classes, got 'no'"),
        (
            changed(t=columns()["t"][::-1]),
            LONG,
            r"time: expected 't' to ascend, got an earlier one at step 1 in group 'g00'",
        ),
        (
            changed(t=columns()["t"] // 2),
            LONG,
            r"time: expected each value of 't' once, got one twice at step 1 in group",
        ),
        (columns(), {**LONG, "target": ("z",)}, "columns: expected some of who, t, .*; got z"),
        (columns(), {"group": "t"}, "column 'who': expected numbers, got text; give it a role"),
        (
            columns(),
            {**LONG, "group": "state", "time": None},
            "too few sequences: expected 10 or more groups, .* got 2",
        ),
        (columns(), {**LONG, "group": None, "time": None, "horizon": 90}, r"too few steps: expected 2,250 or more"),
        (columns(), {**LONG, "horizon": 9}, "horizon: expected less than the 9 steps of the longest sequence, got 9"),
        (columns(), {**LONG, "horizon": 0}, "horizon: expected a positive int, got 0"),
        (columns(), {**LONG, "kind": "step-regression"}, "target: expected a column, as the kind is step-regression"),
        (
            columns(),
            {**LONG, "kind": "classification", "target": ("state",)},
            "target: expected the same class 'state'",
        ),
        (
            columns(),
            {**LONG, "target": ("state",), "features": ("a", "state")},
            "features: expected columns that are no",
        ),
        (columns(), {**LONG, "kind": "next-token"}, "kind: expected another one for a table"),
        (columns(), {**LONG, "split": "name"}, "split: expected train, validation, test, got 'no', 'yes'"),
        (columns(), {**LONG, "split": "state"}, "split: expected the same in all rows of a group"),
        (columns(), {**LONG, "target": ("y",), "kind": "step-regression", "horizon": 3}, "horizon: expected none"),
        (changed(t=[f"day {k}" for k in range(108)]), LONG, "time: expected numbers or dates"),
        ({k: v[:0] for k, v in columns().items()}, LONG, "."),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_unfit_tables_say_what_to_do(tmp_path, table, asked, message, ending):
    path = write(tmp_path / f"data.{ending}", table)
    with pytest.raises(ValueError, match=rf"data.{ending}: {message}"):
        task_from_file(path, Question(**asked))


def test_a_word_far_down_a_column_of_numbers_is_named(tmp_path):
    rows = "\n".join(f"{k},{k % 7}" for k in range(900_000))
    (tmp_path / "a.csv").write_text(f"t,v\n{rows}\n900000,broken\n")
    with pytest.raises(ValueError, match=r"a.csv: column 'v': expected numbers, got 'broken'"):
        task_from_file(tmp_path / "a.csv", Question(time="t"))


RNG = np.random.default_rng(1)
X = RNG.normal(size=(20, 15, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("arrays", "asked", "message"),
    [
        ({"x": np.array([[1, 2], [3]], object)}, {}, "expected arrays of numbers or text, got pickled objects"),
        ({"y": np.arange(15)}, {}, "keys: expected x and some of lengths"),
        ({"x": X.astype(str)}, {}, r"x: expected numbers \[T, B, I\] or \[N, I\], got <U"),
        (
            {"x": X, "y": np.arange(20)},
            {},
            r"y: expected one for each of 15 sequences or \[20, 15\] steps.*time is first",
        ),
        ({"x": X, "lengths": np.full(20, 3)}, {}, r"lengths: expected one for each of the 15 sequences.*swapaxes"),
        ({"x": X, "lengths": np.full(15, 21)}, {}, r"lengths: expected at most the 20 steps"),
        ({"x": X, "lengths": np.full(15, 2.0)}, {}, "lengths: expected integers"),
        ({"x": X, "lengths": np.arange(15)}, {}, "lengths: expected at least one step.*number 0 empty"),
        ({"x": X[0], "lengths": np.array([7, 7])}, {}, "lengths: expected a sum of 15"),
        ({"x": X, "y": RNG.normal(size=15)}, {}, "y: expected integers or text"),
        ({"x": X, "y": np.zeros(15, int)}, {}, "target: expected at least two classes, got '0' alone"),
        ({"x": X, "y": np.arange(15)}, {}, "too few sequences: expected 3 or more groups of class '0'"),
        ({"x": X}, {"group": "who"}, "group: expected none, as arrays have keys instead"),
        ({"x": X}, {"window": 0}, "window: expected a positive int, got 0"),
        ({"x": X, "groups": np.arange(3)}, {}, "groups: expected one for each of 15 sequences"),
        (
            {"x": np.repeat(X, 600, 0), "y": np.arange(15) % 2},
            {},
            "too long: expected at most 10,000 steps, got 12,000",
        ),
        ({"x": X}, {"kind": "next-token"}, "x: expected tokens as integers"),
        (
            {"x": X, "groups": np.arange(15) // 2, "split": np.array(["train", "test"] * 7 + ["test"])},
            {},
            "split: expected each group in one part",
        ),
    ],
)
def test_unfit_arrays_say_what_to_do(tmp_path, arrays, asked, message):
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(ValueError, match=rf"data.npz: .*{message}"):
        task_from_file(tmp_path / "data.npz", Question(**asked))


def test_other_files_say_what_to_do(tmp_path):
    (tmp_path / "a.xlsx").write_text("")
    (tmp_path / "a.npz").write_text("no zip file")
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("a,a\n1,2\n")
    (tmp_path / "c.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.txt").write_text("aaaa")
    for name, message in (
        ("a.xlsx", r"file: expected one that ends in .npz, .csv, .parquet, .txt, got 'a.xlsx'"),
        ("none.csv", "file: expected one that exists"),
        ("a.npz", "a.npz: expected"),
        ("a.csv", "a.csv: expected a table"),
        ("b.csv", "b.csv: columns: expected different names, got a more than once"),
        ("c.csv", "c.csv: expected a table, names first and all rows alike"),
        ("a.txt", "a.txt: text: expected UTF-8"),
        ("b.txt", "b.txt: text: expected at least two different characters, got 1"),
    ):
        with pytest.raises(ValueError, match=message):
            task_from_file(tmp_path / name, Question())


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    path = write(tmp_path / "data.csv", columns())
    for arguments in ([str(path), "--target", "z"], ["--target", "z"], [str(tmp_path / "none.csv")]):
        assert cli.run(["compare", *arguments, "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said.startswith("gatedrnn: ")
        assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


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
    with pytest.raises(ValueError, match="options: expected none of target"):
        gr.compare(task, out=tmp_path / "out", target="y")
    with pytest.raises(ValueError, match=r"options: expected some of kind, .*; got replicate"):
        gr.compare(path, out=tmp_path / "out", replicate=2)


@pytest.mark.verify
def test_a_file_is_compared_from_python(tmp_path):
    results = gr.compare(write(tmp_path / "data.csv", columns()), out=tmp_path / "out", **ASKED, **SMALL)
    (task,) = results["tasks"]
    assert (task["name"], task["kind"]) == ("data", "classification")
    assert json.loads((tmp_path / "out" / "results.json").read_text())["tasks"][0]["name"] == "data"
