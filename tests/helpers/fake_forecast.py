"""A forecast of recorded numbers that never ran: judged by its errors, with nats beside, as results.json has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatedrnn.comparison.verdict.region import region_entry
from tests.helpers.fake_results import COUNTS, make_task

TARGET = "Passengers"
RMSE = {"name": "rmse", "words": "root mean squared error", "unit": TARGET}
NATS = {"name": "nats", "words": "negative log-likelihood", "unit": "nats per step"}


def make_forecast(
    *,
    rmse: tuple[float, float] = (412.0, 430.0),
    nats: tuple[float, float] = (0.2, 0.4),
    baselines: tuple[float, float] = (500.0, 0.9),
    spread: float = 4.0,
    replicates: int = 8,
) -> dict[str, Any]:
    """Return one task, without its pairs.

    Args:
        rmse: of LSTM and GRU in the test, means.
        nats: likewise.
        baselines: RMSE and nats of the strongest simple baseline, in validation and test.
        spread: of the RMSE between replicates; nats vary by a hundredth of it.
        replicates: how many.
    """
    task = make_task(means=nats, spread=spread / 100, baseline=baselines[1], replicates=replicates, diverging=0.0)
    by_nats = region_entry(task, 0.02)
    rng = np.random.default_rng(1)
    for replicate in task["replicates"]:
        shared = rng.normal(0, spread)
        for cell, mean in zip(replicate["cells"].values(), rmse, strict=True):
            reached = float(mean + shared + rng.normal(0, spread / 4))
            for trial in cell["trials"]:
                trial["score"] = mean + 40 * (trial["validation"] - min(t["validation"] for t in cell["trials"]))
            losses = reached * COUNTS + (noise := spread * rng.normal(size=len(COUNTS)) * COUNTS) - noise.mean()
            cell["test"] = {
                "scores": _scores(reached, cell["test"]["scores"]["nats"]),
                "sequence_losses": losses.tolist(),
            }
    rows = [_baseline("autoregression", baselines, replicates, strongest=True)]
    rows.append(_baseline("seasonal-naive", (1.3 * baselines[0], baselines[1] + 0.3), replicates, strongest=False))
    task |= {
        "name": "airline",
        "title": f"airline: {TARGET}, 1 step ahead forecast",
        "unit": NATS["unit"],
        "metric": RMSE,
        "facts": {"season": "12 steps", "horizon": "1 step"},
        "baselines": rows,
        "beside": {"metric": NATS, "region": by_nats, "tests": [[baselines[1]] * replicates]},
        "range": [
            {"target": TARGET, "low": 104.0, "high": 340.0, "test_low": 310.0, "test_high": 1190.0, "outside": 0.61}
        ],
        "forecasts": _forecasts(),
    }
    return task | {"region": region_entry(task, 0.02)}


def _scores(rmse: float, nats: float) -> dict[str, float]:
    return {
        "nats": nats,
        "rmse": rmse,
        "mae": 0.8 * rmse,
        "mase": rmse / 500,
        "coverage-50": 0.48,
        "coverage-90": 0.87,
    }


def _baseline(name: str, scores: tuple[float, float], replicates: int, *, strongest: bool) -> dict[str, Any]:
    rmse, nats = scores
    return {
        "name": name,
        "choices": ["order 3"],
        "validation": rmse,
        "test": rmse,
        "tests": [rmse] * replicates,
        "scores": _scores(rmse, nats),
        "strongest": strongest,
    }


def _forecasts() -> list[dict[str, Any]]:
    time = np.arange(60)
    values = (300 + 5 * time + 40 * np.sin(2 * np.pi * time / 12)).tolist()
    truth = values[24:]
    return [
        {
            "sequence": "test sequence 1",
            "target": TARGET,
            "time": time.tolist(),
            "history": values[:24],
            "truth": truth,
            "cells": {
                name: {"mean": [value + off for value in truth], "deviation": [20.0] * len(truth)}
                for name, off in (("LSTM", 5.0), ("GRU", -5.0))
            },
            "baseline": {"name": "autoregression", "mean": [value - 12 for value in truth]},
        }
    ]
