"""Tables of other packages are read as the same table from a file is."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pandas as pd
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.tasks.files import task_from_file, task_from_frame
from gatedrnn.tasks.frames import held, is_frame
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_source, read_table

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "shop": np.repeat([f"s{k}" for k in range(12)], 10),
        "day": np.tile(pd.date_range("2024-01-01", periods=10), 12),
        "sort": pd.Categorical(RNG.choice(["a", "b", "c"], 120)),
        "demand": RNG.integers(0, 50, 120),
        "price": RNG.normal(size=120).round(3),
    }
)
ASKED = Question(group="shop", time="day", target=("demand",), horizon=1)


def others():
    yield FRAME
    yield FRAME.set_index(["shop", "day"])
    yield FRAME.assign(day=FRAME["day"].dt.to_period("D"))
    polars = pytest.importorskip("polars")
    yield polars.from_pandas(FRAME)
    yield polars.from_pandas(FRAME).lazy()


def test_a_frame_is_read_as_its_file(tmp_path):
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    expected, _ = read_table(tmp_path / "a.csv", ASKED)
    assert expected.features == ("demand", "price", "sort=a", "sort=b", "sort=c")
    for frame in others():
        data, kind = read_source(held(frame), ASKED)
        assert (kind, data.features, data.labels) == ("forecast", expected.features, expected.labels)
        np.testing.assert_array_equal(data.x, expected.x)
        np.testing.assert_array_equal(data.times, expected.times)
        assert is_frame(frame)


def test_xarray_has_its_coordinates_as_columns():
    xarray = pytest.importorskip("xarray")
    values = RNG.normal(size=(12, 10))
    coords = {"shop": [f"s{k}" for k in range(12)], "day": pd.date_range("2024-01-01", periods=10)}
    array = xarray.DataArray(values, coords, name="demand")
    for data in (array, array.to_dataset()):
        read, _ = read_source(held(data), Question(group="shop", time="day"))
        assert (read.features, read.labels) == (("demand",), tuple(coords["shop"]))
        np.testing.assert_array_equal(read.x[:, 0], values.ravel())
        np.testing.assert_array_equal(read.times, np.tile(coords["day"].to_numpy(), 12))
    assert read_source(held(array.rename(None)), Question(group="shop"))[0].features == ("value",)


def test_a_series_with_an_index_of_dates():
    series = pd.Series(RNG.normal(size=150), pd.date_range("2024-01-01", periods=150), name="load")
    data, kind = read_source(held(series), Question())
    assert (kind, data.features, data.time_name) == ("forecast", ("load",), "index")
    np.testing.assert_array_equal(data.times, series.index)


def test_python_may_compare_a_frame(tmp_path, monkeypatch):
    asked = []

    def compare(settings, folder, **_):
        asked.append(settings)
        raise InterruptedError

    monkeypatch.setattr("gatedrnn.comparison.protocol.compare", compare)
    with pytest.raises(InterruptedError):
        gr.compare(FRAME, out=tmp_path, group="shop", time="day", target="demand", horizon=1, sizes=(2, 2))
    (task,) = asked[0].tasks
    assert task.title == "data: demand, 1 step ahead"
    assert task.data_sha256 == task_from_frame(FRAME.copy(), ASKED).data_sha256
    changed = FRAME.assign(price=FRAME["price"] + (FRAME.index == 7))
    assert task.data_sha256 != task_from_frame(changed, ASKED).data_sha256


def test_unfit_frames_are_refused():
    with pytest.raises(InputError, match=r"data: expected a table whose columns have different names.*price"):
        held(FRAME.rename(columns={"demand": "price"}))
    with pytest.raises(InputError, match="data: expected a table whose columns have different names and one type each"):
        held(FRAME.assign(price=[1.0, "b"] * 60))


def test_a_sheet_of_excel(tmp_path, monkeypatch):
    pytest.importorskip("openpyxl")
    FRAME.to_excel(tmp_path / "a.xlsx", index=False)
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    sheet, text = (task_from_file(tmp_path / f"a.{e}", ASKED).split(0) for e in ("xlsx", "csv"))
    np.testing.assert_array_equal(sheet.train.x, text.train.x)
    total = pd.concat([FRAME, pd.DataFrame({"shop": ["s11"], "price": ["sum"]})])
    total.to_excel(tmp_path / "b.xlsx", index=False)
    with pytest.raises(InputError, match="column 'price': expected numbers, got 'sum' in row 122"):
        task_from_file(tmp_path / "b.xlsx", ASKED)
    (tmp_path / "c.xlsx").write_text("no sheet")
    with pytest.raises(InputError, match=r"c\.xlsx: expected a sheet of Excel"):
        task_from_file(tmp_path / "c.xlsx", ASKED)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'gatedrnn\[excel\]'"):
        task_from_file(tmp_path / "a.xlsx", ASKED)


def test_recognising_a_frame_imports_nothing(monkeypatch):
    def refuse(name, *_, **__):
        raise AssertionError(name)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert not is_frame({"x": 1})
