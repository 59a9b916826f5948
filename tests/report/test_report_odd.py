"""Odd results, too, have a report, and a summary that fits a terminal."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.experiment.formatting import number
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged, shown_pairs


def only_divergence(task: dict[str, Any]) -> dict[str, Any]:
    for replicate in task["replicates"]:
        for cell in replicate["cells"].values():
            cell["trials"] = [
                {"validation": None, "score": 16.93, "best_epoch": 0, "epochs": 1, "diverged_at": 1, "curve": [None]}
                | {"ended_by_clock": False}
                for _ in cell["trials"]
            ]
            cell["selected"] = 0
    return task


def all_the_same(task: dict[str, Any]) -> dict[str, Any]:
    for replicate in task["replicates"]:
        replicate["cells"]["GRU"] = copy.deepcopy(replicate["cells"]["LSTM"])
    return task


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(make_task(replicates=2, trials=1), id="two replicates of one trial"),
        pytest.param(make_task(replicates=40, trials=2), id="many replicates", marks=pytest.mark.verify),
        pytest.param({**make_task(trials=2), "baselines": []}, id="no baselines"),
        pytest.param(make_task(trials=2, baseline=-5.0), id="a baseline that nothing beats", marks=pytest.mark.verify),
        pytest.param(make_task(trials=2, baseline=500.0), id="a baseline far off"),
        pytest.param(only_divergence(make_task(trials=2)), id="every run diverged"),
        pytest.param(all_the_same(make_task(trials=2)), id="no difference at all"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_odd_results_have_a_report_and_a_summary(task: dict[str, Any]) -> None:
    results = judged(task)
    page = Page(render_report(results))
    assert page.open == []
    assert 5 <= len(page.of("svg")) <= 6
    assert not any(text.strip() in ("nan", "inf", "None") for _, text in page.texts)
    Console(file=io.StringIO(), width=80).print(render_summary(results))


@pytest.mark.parametrize("width", [80, 120])
def test_the_summary_fits_the_terminal_and_holds_the_numbers(width: int) -> None:
    results = judged(make_task(), make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4))
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(render_summary(results))
    lines = buffer.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    said = " ".join(" ".join(lines).split())
    for task in shown_pairs(results):
        assert task["verdict"]["headline"] in said
        assert task["verdict"]["scope"] in said
        for name, cell in task["cells"].items():
            assert f"{cell['parameters']['total']:,}" in said
            assert number(task["statistics"]["cells"][name]["test"]["mean"], 3) in said
        for line in task["verdict"]["caveats"]:
            assert line in said
