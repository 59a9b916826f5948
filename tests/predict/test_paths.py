"""Paths of several steps are those of the process that a network of one step describes."""

from __future__ import annotations

import csv
import io

import jax
import numpy as np
import pytest
import scipy.stats

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.experiment.changes import change_scales
from gatedrnn.experiment.network import network
from gatedrnn.experiment.saving import description
from gatedrnn.predict.file import predict_file
from gatedrnn.predict.model import Model, Prediction
from gatedrnn.predict.paths import PATHS, ahead
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.question import Question

LEVELS = (0.05, 0.25, 0.75, 0.95)


class Autoregression:
    """A network that knows ``x[t + 1] = centre + A (x[t] - centre) + s e[t]``; it reads features in another order."""

    def __init__(self, matrix, deviation, window=4):
        self.matrix, self.deviation, self.longest = np.array(matrix), np.array(deviation), 0
        names = [f"x{d}" for d in range(len(deviation))]
        self.config = {"kind": "forecast", "horizon": 1, "window": window, "features": names, "targets": names[::-1]}

    def predict(self, x, lengths=None):
        self.longest = max(self.longest, len(x))
        assert lengths is not None
        there = np.arange(len(x))[:, None] < lengths
        assert not x[~there].any()
        mean = 10 + (x - 10) @ self.matrix.T
        return Prediction(None, mean[..., ::-1], np.broadcast_to(self.deviation, mean.shape)[..., ::-1])


def test_several_steps_of_an_autoregression():
    """Mean and deviation of an autoregression are known: A^h x, and the sum of A^k S A^k' for k < h."""
    matrix, s = np.array([[0.8, 0.3], [0.0, 0.5]]), np.array([1.0, 2.0])
    x, lengths, horizon = np.random.default_rng(0).normal(10, 3, (9, 3, 2)), np.array([9, 2, 6]), 6
    model = Autoregression(matrix, s)
    found = ahead(model, x, lengths, horizon, LEVELS)
    assert model.longest == 4
    last = x[lengths - 1, np.arange(3)] - 10
    mean, covariance = last, np.zeros((2, 2))
    for h in range(horizon):
        mean, covariance = mean @ matrix.T, matrix @ covariance @ matrix.T + np.diag(s**2)
        deviation = np.sqrt(np.diag(covariance))
        # What is drawn are earlier steps alone: the first is exact, others err as means of 200 draws do, four sigma.
        drawn = np.sqrt(np.maximum(deviation**2 - s**2, 0))
        error = 1e-9 + 4 * drawn / np.sqrt(PATHS)
        np.testing.assert_array_less(np.abs(found.mean[h][:, ::-1] - 10 - mean), np.broadcast_to(error, (3, 2)))
        # The variance of a sample has a relative error of sqrt(2 / 200); four sigma, halved by the root.
        wanted = 1e-9 + 2 * np.sqrt(2 / PATHS) * drawn**2 / deviation
        np.testing.assert_array_less(
            np.abs(found.deviation[h][:, ::-1] - deviation), np.broadcast_to(wanted + 1e-9, (3, 2))
        )
        for level, quantile in zip(LEVELS, found.quantiles, strict=True):
            exact = 10 + mean + scipy.stats.norm.ppf(level) * deviation
            # A quantile of a mixture of 200 errs by its mean and its spread.
            allowed = 1e-9 + error + 2 * abs(scipy.stats.norm.ppf(level)) * wanted + 0.05 * drawn
            np.testing.assert_array_less(np.abs(quantile[h][:, ::-1] - exact), np.broadcast_to(allowed, (3, 2)))


def test_a_sequence_has_the_same_forecast_whatever_stands_beside_and_before_it(monkeypatch):
    x = np.random.default_rng(1).normal(10, 3, (9, 3, 2))
    model = Autoregression(0.5 * np.eye(2), [1.0, 1.0])
    every = ahead(model, x, np.array([9, 9, 9]), 3, LEVELS)
    alone = ahead(model, x[3:, 1:2], np.array([6]), 3, LEVELS)
    monkeypatch.setattr("gatedrnn.predict.paths.NUMBERS", 2 * PATHS * 4 * 2)
    in_parts = ahead(model, x, np.array([9, 9, 9]), 3, LEVELS)
    for a, b, c in zip(every, alone, in_parts, strict=True):
        np.testing.assert_allclose(b[..., 0, :], a[..., 1, :], rtol=1e-12)
        np.testing.assert_allclose(a, c, rtol=1e-12)


@pytest.mark.parametrize(
    ("config", "horizon", "said"),
    [
        ({"horizon": 2}, 3, "horizon: expected a network that forecasts all its features one step ahead"),
        ({"targets": ["x0"]}, 3, "features x0, x1, targets x0, horizon 1; leave horizon out"),
        ({"kind": "step-regression", "horizon": None}, 3, "got one of kind step-regression"),
        ({}, 0, "horizon: expected a positive int, got 0"),
    ],
)
def test_a_network_that_cannot_read_its_forecasts_is_refused(config, horizon, said):
    model = Autoregression(np.eye(2), [1.0, 1.0])
    model.config |= config
    with pytest.raises(InputError, match=said):
        ahead(model, np.zeros((3, 1, 2)), np.array([3]), horizon, LEVELS)


def network_of(task):
    cell = gr.LSTM(3)
    params = network(cell, task.out_dim, 0.0).init(jax.random.key(0), task.in_dim)
    params = (*params, change_scales(task.anchor, 1)) if task.anchor is not None else params
    return Model(description(task, "LSTM", cell, task.reading(0)), cell, params)


def table(model, path, **options):
    to = io.StringIO()
    predict_file(model, path, to, **options)
    return list(csv.DictReader(io.StringIO(to.getvalue())))


def test_the_table_goes_on_from_the_last_row_along_the_files_own_months(tmp_path):
    pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    lines = [f"{1990 + m // 12}-{m % 12 + 1:02d},{v:.3f}" for m, v in enumerate(rng.normal(1e8, 1, 120))]
    path, late = tmp_path / "a.csv", tmp_path / "late.csv"
    path.write_text("\n".join(["month,sales", *lines]) + "\n", encoding="utf-8")
    model = network_of(task_from_file(path, Question(time="month", horizon=1)))
    rows = table(model, path, horizon=4)
    assert [row["time"] for row in rows] == ["1999-12-01"] * 4
    assert [row["target time"] for row in rows] == [f"2000-0{m}-01" for m in (1, 2, 3, 4)]
    [*_, last] = table(model, path)
    numbers = [name for name in rows[0] if name.startswith("sales")]
    for name in numbers:  # float32 normalised: 1e-6 of a deviation of 1, in numbers of 1e8
        assert float(rows[0][name]) == pytest.approx(float(last[name]), abs=0.2)
    assert last["target time"] == "2000-01-01"
    late.write_text("\n".join(["month,sales", *lines[-40:]]) + "\n", encoding="utf-8")
    assert [row["sales mean"] for row in table(model, late, horizon=4)] == [row["sales mean"] for row in rows]
    one = tmp_path / "one.csv"
    one.write_text("\n".join(["month,sales", lines[-1]]) + "\n", encoding="utf-8")
    assert [row["target time"] for row in table(model, one)] == [""]


def test_the_last_row_has_one_forecast_however_many_rows_a_file_has(tmp_path):
    """A model of window 8 once said 15.0 and 5.0 of the same last row, in files of 8 and 9 rows."""
    pytest.importorskip("pyarrow")
    rng = np.random.default_rng(2)
    task = task_from_arrays({"x": rng.normal(size=(300, 1)).cumsum(0), "lengths": [300]}, Question(window=8))
    model = network_of(task)
    values = rng.normal(size=60).cumsum().round(4)
    found = []
    for count in (60, 17, 16, 9, 8):
        path = tmp_path / f"{count}.csv"
        path.write_text("\n".join(["x0", *map(str, values[-count:])]) + "\n", encoding="utf-8")
        [*_, last] = table(model, path)
        assert int(last["target step"]) == count
        found.append([float(last["x0 mean"]), float(last["x0 deviation"])])
    np.testing.assert_allclose(found, [found[0]] * 5, rtol=1e-6)
