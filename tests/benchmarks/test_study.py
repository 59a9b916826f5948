"""The study's checks on series whose answers are known, without the packages that the study's data come from."""

from __future__ import annotations

import sys
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers.paths import ROOT

pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def study():
    """The study's modules, imported as its script imports them."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield SimpleNamespace(
        **{name: import_module(f"study.{name}") for name in ("forecasts", "classes", "checks", "sets")}
    )
    sys.path.remove(str(ROOT / "benchmarks"))


def test_a_straight_line_is_missed_by_its_slope_times_the_steps(study) -> None:
    line = [study.forecasts.Series(3.0 * np.arange(100), 80)]
    for horizon, season, back in ((1, 4, 4), (3, 4, 4), (5, 4, 8)):
        last = [study.forecasts.persistence(line[0], horizon)]
        seasonal = [study.forecasts.seasonal_naive(line[0], horizon, season)]
        assert study.forecasts.rmse(line, last, horizon) == pytest.approx(3.0 * horizon)
        assert study.forecasts.rmse(line, seasonal, horizon) == pytest.approx(3.0 * back)


def test_the_test_is_the_last_fifth_of_all_times_of_all_groups(study, tmp_path) -> None:
    rows = [f"{g},{t},{v if t != 12 else ''}" for g, begins in (("a", 0), ("b", 18)) for t, v in _numbered(begins)]
    (tmp_path / "f.csv").write_text("\n".join(["g,t,v", *rows]))
    a, b = study.forecasts.read_series(tmp_path / "f.csv", "t", "v", "g")
    assert (a.first, len(a.y), b.first, len(b.y)) == (16, 20, 0, 2)
    assert a.y[12] == a.y[11]  # carried forward
    assert study.forecasts.origins(a, 1).tolist() == [15, 16, 17, 18]
    assert study.forecasts.origins(b, 1).tolist() == [0]


def _numbered(begins: int) -> list[tuple[int, float]]:
    return [(t, 1.5 * t) for t in range(begins, 20)]


@pytest.mark.parametrize("horizon", [1, 2])
def test_autoregression_finds_the_recursion_of_its_series(study, horizon: int) -> None:
    pytest.importorskip("statsmodels")
    y, noise = np.zeros(1500), np.random.default_rng(0).normal(size=1500)
    for t in range(1, 1500):
        y[t] = 0.8 * y[t - 1] + noise[t]
    one = [study.forecasts.Series(y, 1200)]
    ideal = [0.8**horizon * study.forecasts.persistence(one[0], horizon)]
    best = study.forecasts.rmse(one, ideal, horizon)
    for model in (study.forecasts.autoregression, study.forecasts.straight):
        assert study.forecasts.rmse(one, [model(one[0], horizon)], horizon) == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize("horizon", [1, 5])
def test_smoothing_follows_a_trend_and_a_season(study, horizon: int) -> None:
    pytest.importorskip("statsmodels")
    t = np.arange(120)
    one = study.forecasts.Series(20 + 0.5 * t + np.tile([3.0, -1.0, 0.0, -2.0], 30), 96)
    found = study.forecasts.smoothing(one, horizon, 4)
    assert np.abs(found - one.y[96:]).max() < 0.2


def test_classes_apart_are_told_apart_in_a_fifth_of_each(study, tmp_path) -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    lines = [",".join(map(str, rng.normal(10 * (k % 2), 1, 4))) + f":{k % 2}" for k in range(40)]
    (tmp_path / "f.ts").write_text("\n".join(["@classLabel true 0 1", "@data", *lines]))
    parts = study.classes.read_archive(tmp_path / "f.ts")
    assert (len(parts.y), np.bincount(parts.test_y.astype(int)).tolist()) == (32, [4, 4])
    found = study.classes.scores(parts)
    assert found.pop("class frequencies") == (0.5, pytest.approx(np.log(2)))
    assert {score.accuracy for score in found.values()} == {1.0}


def test_agreement_is_said_by_its_size(study) -> None:
    assert [study.checks.agreement(ours, 2.0) for ours in (2.001, 2.1, 1.7, None)] == [
        "same",
        "near",
        "differs",
        "only here",
    ]


def test_another_file_is_refused(study, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    (tmp_path / "a.csv").write_text("t,v\n")
    one = study.sets.DataSet("one", "a table", "package", ("a.csv",), ("0" * 64,))
    with pytest.raises(ValueError, match=r"one: expected SHA-256 0+ of a\.csv, got [0-9a-f]{64}"):
        one.written(tmp_path / "out")


def test_learning_rates_are_counted_and_ranked_by_fifths(study) -> None:
    rows = import_module("study.rows")
    cells = {
        name: {"trials": [{"score": 2.0}, {"score": 1.0}, {"score": None}], "selected": 1} for name in ("LSTM", "GRU")
    }
    drawn = [{"learning_rate": rate} for rate in (0.001, 0.01, 0.03)]
    task = {"replicates": [{"cells": cells, "configurations": drawn}]}
    assert rows.ranks(task, "GRU") == [(0.001, 0.5), (0.01, 0.0), (0.03, 1.0)]
    assert rows.rates(task, "LSTM") == [0.01]
    of_cells = [{"ranks": {c: rows.ranks(task, c) for c in cells}, "learning_rates": {c: [0.01] for c in cells}}]
    lines = rows.distribution(of_cells, 0.001, 0.03).splitlines()[2:]
    assert lines[0] == "| 0.001 to 0.002 | 1 | 0 | 0 | 0.50 | 0.50 |"
    assert lines[1] == "| 0.0077 to 0.015 | 1 | 1 | 1 | 0.00 | 0.00 |"
    assert lines[2] == "| 0.015 to 0.03 | 1 | 0 | 0 | 1.00 | 1.00 |"
    # What an extension drew lies beyond the range; rows in which nothing was drawn are left out.
    beyond = rows.distribution(of_cells, 0.002, 0.02).splitlines()[2:]
    assert [line.split(" | ")[0] for line in beyond] == ["| below 0.002", "| 0.008 to 0.013", "| above 0.02"]
