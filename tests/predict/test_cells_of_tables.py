"""What a file says is no formula, and steers no terminal, in every table that is written as CSV."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")

import gatedrnn
from gatedrnn.cells.lstm import LSTM
from gatedrnn.experiment.saving import description
from gatedrnn.predict.file import predict_file
from gatedrnn.predict.model import Model, Prediction
from gatedrnn.sweep.table import COLUMNS, write_table
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


HOSTILE = (
    *("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "\uff1d1+1", "--1"),
    *(
        "shop;=1+1",
        "shop\t@SUM(A1)",
        "shop\n-2+3",
        'a";=1+1;"',
        "\x00=1+1",
        "\x1b[2J",
        "\x9b2J",
        "\u202e=1",
        "'=1+1",
        ",=1+1",
    ),
)
BEGINS = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20].")
"""As a program of tables reads a cell that it takes for a formula."""
STEERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def formulas(text):
    """Return the cells that begin as formulas, by whatever separator the table is read, less those that are numbers."""
    cells = [
        cell for mark in ",;\t" for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) for cell in row
    ]
    pieces = [piece for cell in cells for piece in re.split(r"[;\t\r\n]", cell)]
    return [one for one in pieces if BEGINS.match(one) and not re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", one)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_members_name_is_no_formula_and_steers_nothing(name, tmp_path):
    """Whatever a cell of one's own is called, and whatever comes to stand there."""
    member = dict.fromkeys(COLUMNS, -0.5) | {"cell": name, "gate_bias": name, "diverged_at": None}
    whole = dict.fromkeys(("member", "hidden", "seed", "best_epoch", "epochs"), 1)
    write_table({"members": [member | whole | {"difference": name, "initial_weights": name}]}, tmp_path)
    text = (tmp_path / "members.csv").read_bytes().decode()
    assert formulas(text) == []
    assert not STEERS.search(text)
    assert "-0.5" in text
    assert formulas(f"1,{name}") or STEERS.search(name) or name in ("'=1+1", ",=1+1"), "the name could have done harm"


def test_a_table_is_written_where_names_are_made_harmless():
    """Each module that writes CSV takes its texts through ``cell``: a new one has to."""
    root = Path(gatedrnn.__file__).parent
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        writes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"DictWriter", "writer"}
        imports = {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)}
        if "csv" in imports and ("DictWriter" in writes or "csv.writer" in ast.unparse(tree)):
            assert "from gatedrnn.tasks.plain import cell" in path.read_text(encoding="utf-8"), path
