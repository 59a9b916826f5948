"""The estimate of a dry run: what it reckons from, and that its pilot trains what the run trains."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from rich.console import Console

import gatedrnn as gr
from gatedrnn.commands import cli
from gatedrnn.comparison import protocol
from gatedrnn.comparison.estimate import estimate
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.reckoned_time import PILOT, CellEstimate, ExtensionCost, TaskEstimate, full_seconds
from gatedrnn.comparison.settings import Settings
from gatedrnn.costs.counting import network_costs
from gatedrnn.report.estimate_table import extended, in_all, render_estimate
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.parts import Batch, FinalTest, Visible
from gatedrnn.tasks.question import Question
from tests.helpers.small_searches import SETTINGS, signs

CELLS = {"LSTM": CellEstimate(10, 5.0, 2.0, 3.0, 16, 1.0), "GRU": CellEstimate(10, 5.0, 1.0, 4.0, 16, 1.0)}


def test_cells_train_beside_each_other_and_an_extension_is_a_range() -> None:
    alone = TaskEstimate("", CELLS, around_seconds=7.0, minutes=None)
    assert alone.seconds == alone.most_seconds == 7 + 16 * 2 + 4
    assert alone._replace(full_seconds=5.0).seconds == alone.seconds + 5
    edge = alone._replace(task="t", extension=ExtensionCost(edge=10.0, cap=50.0, capped=0, pilot=8))
    assert (edge.seconds, edge.most_seconds) == (43, 53)
    cap = edge._replace(extension=ExtensionCost(edge=10.0, cap=50.0, capped=2, pilot=8))
    assert (cap.seconds, cap.most_seconds) == (43, 103)
    assert in_all([edge], Settings()).startswith("About 43.0 s to 53.0 s in all, by a pilot of 4 trials; 8 replicates.")
    assert extended(edge).endswith("10.0 s more. None of the pilot's 8 trials reached the cap on epochs.")
    assert "2 of the pilot's 8 trials reached the cap on epochs" in extended(cap)
    assert extended(alone) == ""


def test_full_trains_each_cell_again_on_parts_of_the_data() -> None:
    """Of 30 training and 10 validation sequences, at 3 to 1 each: 10 % cost 19 of 100, 30 % cost 37. Two cells beside
    each other took what they take alone twice over; three programs for each, and 2 replicates."""
    part = Batch(np.zeros((5, 30, 1)), np.full(30, 5), np.zeros(30))
    held = Batch(np.zeros((5, 10, 1)), np.full(10, 5), np.zeros(10))
    found = full_seconds(CELLS, Settings(replicates=2), Visible(part, held, 0.0))
    more = full_seconds(CELLS, Settings(replicates=2), Visible(part, held, 0.0), windows=2)
    each = [2 * cell.once_seconds + 2 * 2 * cell.trial_seconds for cell in CELLS.values()]
    assert more - found == pytest.approx(sum(each) / 2)
    assert found == pytest.approx((3 * (3 + 4) + 2 * 0.56 * (2 + 1)) / 2)


def refuse(seed: int) -> FinalTest:
    raise AssertionError(f"the test of seed {seed} was read")


@pytest.mark.verify
def test_it_looks_at_no_test_part_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 30, 2))
    whole = task_from_arrays({"x": x, "y": (x[0, :, 0] > 0).astype(int)}, Question())
    task = dataclasses.replace(whole, read_test=refuse)
    settings = Settings(tasks=(task,), hidden=(3,), matching="width", max_epochs=2, trials=3, replicates=2)
    (said,) = estimate(settings)
    for cell in said.cells.values():
        assert cell.trials == 6
        assert cell.epochs == 2
        assert 0 < cell.trial_seconds < said.seconds
    steps = 5 * whole.split(0).train.x.shape[1]
    lstm = network_costs(gr.LSTM(3), 2, 2)
    assert said.cells["LSTM"].parameters == lstm["parameters"]["total"]
    assert said.cells["LSTM"].flops == sum(lstm["flops_per_step"].values()) * steps * 2 * 6
    buffer = io.StringIO()
    Console(file=buffer, width=100).print(render_estimate([said], settings))
    text = " ".join(buffer.getvalue().split())
    assert "in all, by a pilot of 3 trials; 2 replicates." in text
    assert "6 of the pilot's 6 trials reached the cap on epochs" in text
    assert list(tmp_path.iterdir()) == []


def test_resume_needs_something_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["compare", "--resume", "--out", str(tmp_path / "none")]) == 2
    assert "resume: expected an interrupted comparison" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.verify
def test_the_pilot_trains_what_the_comparison_trains(tmp_path: Path) -> None:
    """Its trials are those of the first replicate, epoch by epoch: how long each takes is for the machine to say."""
    settings = dataclasses.replace(SETTINGS, tasks=(signs(),), trials=PILOT, matching="width", extend=False)
    (said,) = estimate(settings)
    (task,) = protocol.compare(settings, Folder(tmp_path, settings), command="")["tasks"]
    assert said.pilot == PILOT
    for name, cell in said.cells.items():
        trials = task["replicates"][0]["cells"][name]["trials"]
        assert cell.epochs == np.mean([trial["epochs"] for trial in trials])
        assert cell.capped == sum(trial["epochs"] == settings.max_epochs for trial in trials)
        assert cell.trials == sum(len(replicate["cells"][name]["trials"]) for replicate in task["replicates"])
        assert cell.parameters == task["cells"][name]["parameters"]["total"]
