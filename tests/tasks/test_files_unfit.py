"""Unfit data of one's own are refused, with what to do."""

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest

from gatedrnn.commands import cli
from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from tests.helpers.small_files import columns, write


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
        (with_value("a", 13, np.nan), LONG, r"column 'a': .* 1 missing, .* in (line 15|row 14)\b.*--fill"),
        (with_value("a", 13, "oops"), LONG, r"column 'a': expected numbers, got 'oops' in (line 15|row 14)\b"),
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
        (
            columns(),
            {"horizon": 1},
            "group: expected a word on column 'who', whose rows stand together by its 12 values",
        ),
        (columns(), {**LONG, "target": ("y",)}, 'kind: .* add --horizon 1 to forecast "y", or --kind step-regression'),
        (
            columns(),
            {**LONG, "group": "state", "time": None, "split_by": "group"},
            "too few sequences: expected 10 or more groups, .* got 2",
        ),
        (
            columns(),
            {**LONG, "group": None, "time": None, "horizon": 90},
            "too few steps: expected 50 or more, and a test of",
        ),
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
        (
            changed(name=["test", "train"] * 54),
            {**LONG, "split": "name"},
            "split: expected train before validation before test in the rows of a group, got train after test in group",
        ),
        (
            changed(name=["train", *["test"] * 107]),
            {**LONG, "split": "name", "split_by": "time"},
            "split_by, test_from: expected none, as a split is given",
        ),
        (columns(), {**LONG, "target": ("y",), "kind": "step-regression", "horizon": 3}, "horizon: expected none"),
        (changed(t=[f"day {k}" for k in range(108)]), LONG, "time: expected numbers or dates"),
        ({k: v[:0] for k, v in columns().items()}, LONG, "."),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_unfit_tables_say_what_to_do(tmp_path, table, asked, message, ending):
    path = write(tmp_path / f"data.{ending}", table)
    with pytest.raises(InputError, match=rf"data.{ending}: {message}"):
        task_from_file(path, Question(**asked))


def test_a_word_far_down_a_column_of_numbers_is_named(tmp_path):
    rows = "\n".join(f"{k},{k % 7}" for k in range(900_000))
    (tmp_path / "a.csv").write_text(f"t,v\n{rows}\n900000,broken\n")
    with pytest.raises(InputError, match=r"a.csv: column 'v': expected numbers, got 'broken'"):
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
    with pytest.raises(InputError, match=rf"data.npz: .*{message}"):
        task_from_file(tmp_path / "data.npz", Question(**asked))


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_other_files_say_what_to_do(tmp_path):
    (tmp_path / "a.pdf").write_text("")
    (tmp_path / "a.npz").write_text("no zip file")
    (tmp_path / "b.npz").write_bytes(b"")
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("a,a\n1,2\n")
    (tmp_path / "endless.csv").write_text("t,a\n" + "".join(f"{k},inf\n" for k in range(9)))
    np.save(tmp_path / "x.npy", np.zeros((5, 2, 1)))
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.write(tmp_path / "x.npy", "x.npy")
    (tmp_path / "alike.csv").write_text("\u00e9,e\u0301 \n1,2\n", encoding="utf-8")
    (tmp_path / "unseen.csv").write_text("a,a\u200b\n1,2\n", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "circle.csv").symlink_to(tmp_path / "circle.csv")
    (tmp_path / "c.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.txt").write_text("aaaa")
    for name, message in (
        ("a.pdf", r"file: expected one that ends in .npz, .csv, .*, .parquet, .xlsx, .ts, .txt, got 'a.pdf'"),
        ("none.csv", "file: expected one that exists"),
        ("a.npz", "a.npz: expected an .npz file"),
        ("b.npz", "b.npz: expected an .npz file"),
        ("a.csv", "a.csv: expected a table"),
        ("b.csv", "b.csv: columns: expected different names, got a more than once"),
        ("endless.csv", "endless.csv: features: expected at least one column .*column 'a' is inf in every row"),
        ("twice.npz", "twice.npz: keys: expected each name once, got x, x"),
        ("alike.csv", r"alike.csv: columns: expected names that look different, got '\\xe9', 'e\\u0301 '; rename or"),
        ("unseen.csv", r"unseen.csv: columns: expected names that look different, got 'a', 'a\\u200b'"),
        ("folder.csv", r"file: expected a file, got '.*folder.csv', a folder, device, pipe or socket"),
        ("pipe.csv", r"file: expected a file, got '.*pipe.csv', a folder, device, pipe or socket"),
        ("circle.csv", r"file: expected one that can be read, got '.*circle.csv' \(.*\)"),
        (f"{'n' * 300}.csv", r"file: expected one that can be read, got '.*n.csv' \(File name too long\)"),
        ("c.csv", "c.csv: expected a table, names first and all rows alike"),
        ("a.txt", "a.txt: text: expected UTF-8"),
        ("b.txt", "b.txt: text: expected at least two different characters, got 1"),
    ):
        with pytest.raises(InputError, match=message):
            task_from_file(tmp_path / name, Question())


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    path = write(tmp_path / "data.csv", columns())
    for arguments in ([str(path), "--target", "z"], ["--target", "z"], [str(tmp_path / "none.csv")]):
        assert cli.run(["compare", *arguments, "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said.startswith("gatedrnn: ")
        assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
