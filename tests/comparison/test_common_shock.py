"""Trained cells on what nobody can foresee: twenty shops that share each day's shock, and nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("pyarrow")
pytest.importorskip("statsmodels")

import gatedrnn as gr


@pytest.mark.verify
def test_no_trained_cell_beats_the_unconditional_gaussian_on_a_common_shock(tmp_path: Path) -> None:
    """Drawn by group, a network would know the day's shock from other shops of that day; in time, it cannot."""
    rng = np.random.default_rng(0)
    shock, path = rng.normal(size=60), tmp_path / "shops.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = ([f"s{k}", day, round(5 + shock[day] + rng.normal(0, 0.05), 4)] for k in range(20) for day in range(60))
        csv.writer(file).writerows([["shop", "day", "demand"], *rows])
    asked = {"group": "shop", "time": "day", "features": "demand", "horizon": 1}
    small = {"replicates": 6, "trials": 2, "max_epochs": 30, "hidden": 8, "extend": False}
    (task,) = gr.compare(path, out=tmp_path / "run", **asked, **small)["tasks"]
    (pair,) = task["pairs"]
    assert pair["verdict"]["label"] == "neither beats the baseline"
    assert not any(cell["beats_baseline"] for cell in pair["statistics"]["cells"].values())
    gaussian = next(b for b in task["baselines"] if b["name"] == "unconditional Gaussian")
    for cell in pair["statistics"]["cells"].values():
        assert cell["test"]["high"] > gaussian["test"]
