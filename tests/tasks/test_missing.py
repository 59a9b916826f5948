"""Missing numbers come from the past of their own sequence, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table

LONG = {"group": "who", "time": "t", "features": ("a", "b")}


def frame():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"who": np.repeat(list("xyz"), 40), "t": np.tile(np.arange(40), 3)})
    for name in ("a", "b", "c"):
        rows[name] = rng.normal(size=120).round(3)
    rows.loc[rng.permutation(120)[:30], "a"] = np.nan
    rows.loc[[40, 41, 79], "a"] = np.nan  # the start and the end of a sequence
    return rows.sample(frac=1, random_state=1)  # rows of groups lie apart


def save(tmp_path, rows):
    rows = rows.sort_values("t", kind="stable")
    rows.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def test_forward_is_what_pandas_carries_forward_within_groups(tmp_path):
    rows = frame()
    data, _ = read_table(save(tmp_path, rows), Question(**LONG, fill="forward"))
    rows = rows.sort_values(["who", "t"])
    rows["missing"] = rows["a"].isna()
    rows["a"] = rows.groupby("who")["a"].ffill()
    rows = rows.dropna()
    order = [data.labels.index(name) for name in "xyz"]
    pieces = np.split(data.x, np.cumsum(data.lengths)[:-1])
    assert data.features == ("a", "b", "a missing")
    np.testing.assert_array_equal(
        np.concatenate([pieces[k] for k in order]), rows[["a", "b", "missing"]].to_numpy(float)
    )
    np.testing.assert_array_equal(data.lengths[order], rows.groupby("who").size())
    assert any("carried forward" in note for note in data.notes)
    assert data.targets == ("a", "b")  # where it is missing is read, not forecast


def test_drop_leaves_out_rows(tmp_path):
    rows = frame()
    rows.loc[rows.index[:5], "c"] = np.nan
    asked = Question(**LONG, target=("c",), kind="step-regression", fill="drop")
    data, _ = read_table(save(tmp_path, rows), asked)
    rows = rows.sort_values(["who", "t"]).dropna()
    order = [data.labels.index(name) for name in "xyz"]
    for held, name in ((data.y[:, 0], "c"), (data.x[:, 1], "b"), (data.times, "t")):
        pieces = np.split(held, np.cumsum(data.lengths)[:-1])
        np.testing.assert_array_equal(np.concatenate([pieces[k] for k in order]), rows[name])
    assert any("time: rows come at irregular times" in note for note in data.notes)


def test_without_a_word_missing_numbers_are_refused(tmp_path):
    rows = frame()
    path = save(tmp_path, rows)
    with pytest.raises(
        InputError, match=r"column 'a': .* missing, the first in line \d+ .* --fill forward or --fill drop"
    ):
        read_table(path, Question(**LONG))
    rows["c"] = rows["c"].where(rows["t"] != 7)
    with pytest.raises(InputError, match="fill: expected drop, as the target 'c' is missing"):
        read_table(save(tmp_path, rows), Question(**LONG, target=("c",), kind="step-regression", fill="forward"))
