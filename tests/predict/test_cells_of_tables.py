"""What a file says is no formula, and steers no terminal, in the table that predict writes."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from gatedrnn.cells.lstm import LSTM
from gatedrnn.experiment.saving import description
from gatedrnn.predict.file import predict_file
from gatedrnn.predict.model import Model, Prediction
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question


class Fixed(Model):
    """A model that says the same of every step."""

    def predict(self, x, lengths=None):
        """Return a mean of 1e9 and a deviation of 0.5."""
        del lengths
        return Prediction(None, np.full((*x.shape[:2], 1), 1e9 + 0.25), np.full((*x.shape[:2], 1), 0.5))


def test_cells_are_no_formulas_and_numbers_keep_their_digits(tmp_path):
    rng = np.random.default_rng(0)
    groups = ["=cmd|'/C calc'!A0", "+1+1", "@SUM(A1)", "-2", "plain\x1b[2J"]
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [[groups[k // 40], k % 40, f"{rng.normal():.3f}"] for k in range(200)]
        csv.writer(file).writerows([["who", "t", "=load"], *rows])
    task = task_from_file(path, Question(group="who", time="t", target=("=load",), horizon=1))
    cell = LSTM(2)
    out = io.StringIO()
    predict_file(Fixed(description(task, "LSTM", cell, task.reading(0)), cell, None), path, out)
    head, *rows = csv.reader(io.StringIO(out.getvalue()))
    assert head[4] == "'=load mean"
    assert list(dict.fromkeys(row[0] for row in rows)) == [
        "'=cmd|'/C calc'!A0",
        "'+1+1",
        "'@SUM(A1)",
        "-2",
        "plain\\x1b[2J",
    ]
    assert rows[0][4:6] == ["1000000000.25", "0.5"]
