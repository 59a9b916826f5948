"""Wide tables: a series a row or a column; where a table looks so, it is asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 30)).round(4)
Y = np.arange(50) % 2 + 1
NAMES = [f"t{k}" for k in range(30)]


def table(**beside):
    return pd.DataFrame({**beside, **dict(zip(NAMES, X.T, strict=True))})


def test_rows_are_series_and_the_first_column_is_their_class(tmp_path):
    table(label=Y).to_csv(tmp_path / "a.csv", index=False)
    pd.concat([pd.Series(Y), pd.DataFrame(X)], axis=1).to_csv(tmp_path / "b.tsv", sep="\t", header=False, index=False)
    table(index=np.arange(50)).assign(label=Y).to_csv(tmp_path / "c.csv", index=False)
    for name in ("a.csv", "b.tsv", "c.csv"):
        with pytest.raises(InputError, match=r"wide: .* columns are called .*; add --wide rows"):
            task_from_file(tmp_path / name, Question())
        data, kind = read_table(tmp_path / name, Question(wide="rows"))
        assert (kind, data.classes, data.features) == ("classification", ("1", "2"), ("value",))
        np.testing.assert_array_equal(data.x.reshape(50, 30), X)
        np.testing.assert_array_equal(data.y, Y - 1)
        assert any("looks like classes" in note for note in data.notes)
    task = task_from_file(tmp_path / "b.tsv", Question(wide="rows"))
    assert task.title == "b: c0 of each sequence"
    assert task.split(0).train.x.shape == (30, 32, 1)


def test_the_class_may_be_named_and_series_end_earlier(tmp_path):
    frame = table(person=np.arange(50) // 5).assign(mood=np.where(Y == 1, "low", "high"))
    frame.loc[3, "t20":"t29"] = np.nan
    frame.loc[7, "t0":"t4"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    data, _ = read_table(tmp_path / "a.csv", Question(wide="rows", target=("mood",), group="person"))
    np.testing.assert_array_equal(data.lengths, [30, 30, 30, 20, 30, 30, 30, 25, *[30] * 42])
    np.testing.assert_array_equal(data.x[:, 0], np.concatenate([*X[:3], X[3, :20], *X[4:7], X[7, 5:], *X[8:]]))
    np.testing.assert_array_equal(np.array(data.classes)[data.y], np.where(Y == 1, "low", "high"))
    np.testing.assert_array_equal(data.groups, np.arange(50) // 5)
    data, kind = read_table(tmp_path / "a.csv", Question(wide="rows", horizon=2, group="person"))
    assert (kind, data.targets) == ("forecast", ("value",))
    frame.loc[9, "t9"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    asked = {"wide": "rows", "target": ("mood",), "group": "person"}
    with pytest.raises(InputError, match="got 1 missing inside in line 11 of the file; add --fill"):
        read_table(tmp_path / "a.csv", Question(**asked))
    data, _ = read_table(tmp_path / "a.csv", Question(**asked, fill="forward"))
    at = int(data.lengths[:9].sum()) + 9
    assert data.features == ("value", "value missing")
    assert data.x[at].tolist() == [X[9, 8], 1.0]
    assert data.x[:, 1].sum() == 1


def test_columns_are_series_with_one_time(tmp_path):
    days = np.datetime64("2024-01-01") + np.arange(50)
    frame = table(day=days)
    frame.loc[:9, "t1"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    data, kind = read_table(tmp_path / "a.csv", Question(wide="columns"))
    assert (kind, data.labels, data.time_name) == ("forecast", tuple(NAMES), "day")
    np.testing.assert_array_equal(data.lengths, [50, 40, *[50] * 28])
    np.testing.assert_array_equal(data.x[:, 0], np.concatenate([X[:, 0], X[10:, 1], X[:, 2:].T.ravel()]))
    np.testing.assert_array_equal(data.times, np.concatenate([days, days[10:], *[days] * 28]))


def test_only_what_looks_wide_is_asked_about(tmp_path):
    long = pd.DataFrame(RNG.normal(size=(300, 12)), columns=[f"s{k}" for k in range(12)])
    long.to_csv(tmp_path / "a.csv", index=False)
    assert len(read_table(tmp_path / "a.csv", Question())[0].lengths) == 1
    table().to_csv(tmp_path / "b.csv", index=False)
    assert read_table(tmp_path / "b.csv", Question(features=("t0", "t1")))[0].features == ("t0", "t1")
    years = pd.DataFrame(X, columns=[f"{2020 + k // 12}-{k % 12 + 1:02}" for k in range(30)])
    years.assign(country=[f"c {k}" for k in range(50)]).to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(InputError, match="30 columns are called 2020-01 to 2022-06"):
        read_table(tmp_path / "c.csv", Question())
    data, kind = read_table(tmp_path / "c.csv", Question(wide="rows"))
    assert (kind, len(data.lengths)) == ("forecast", 50)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"wide": "rows", "time": "t0"}, "time: expected none where each row is a series"),
        ({"wide": "rows", "target": ("z",)}, "columns: expected some of label, t0"),
        ({"wide": "rows", "kind": "step-regression"}, "kind: expected classification with a target, or forecast"),
        ({"wide": "columns", "group": "label"}, "group: expected none where each column is a series"),
        ({"wide": "columns", "kind": "classification"}, "kind: expected forecast where each column is a series"),
        ({"wide": "columns", "features": ("t0",)}, "wide: expected two columns of numbers or more, got t0"),
    ],
)
def test_what_a_wide_table_cannot_be_asked(tmp_path, asked, message):
    table(label=Y).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "a.csv", Question(**asked))
