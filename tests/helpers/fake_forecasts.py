"""Comparisons that never ran, judged by the root mean squared error of recorded numbers, with their forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatedrnn.comparison.verdict.region import region_entry
from tests.helpers.fake_results import COUNTS, make_task

FACTS = {
    "asked": "a forecast, 3 steps ahead",
    "target": "Passengers",
    "sequences": "one series of 144 steps",
    "time": "month: 1949-01-01 to 1960-12-01",
    "split": "in time: train 1949-02-01 to 1957-04-01, validate to 1958-12-01, test 1959-01-01 to 1960-12-01",
    "window": "36 steps are read at once; in validation and test the first 18 of them are history",
    "season": "12 steps, found by autocorrelation in training",
    "note": "column row was dropped: it counts 1, 2, 3",
}
UNIT = "Passengers"
RMSE = {"name": "rmse", "words": "root mean squared error", "unit": UNIT}
NATS = {"name": "nats", "words": "negative log-likelihood", "unit": "nats per step"}


def make_numbers(
    means: tuple[float, float] = (1240.0, 1180.0), baseline: float = 1610.0, replicates: int = 6, trials: int = 4
) -> dict[str, Any]:
    """Return one task without its pairs, all of whose scores are in the user's units but nats.

    Args:
        means: root mean squared errors of LSTM and GRU in the test.
        baseline: that of the strongest simple baseline.
        replicates: how many.
        trials: in each.
    """
    task = make_task(means=(-0.4, -0.5), baseline=-0.2, replicates=replicates, trials=trials)
    rng = np.random.default_rng(5)
    for replicate in task["replicates"]:
        shared = rng.normal(0, 0.02)
        for (name, cell), mean in zip(replicate["cells"].items(), means, strict=True):
            error = float(mean * (1 + shared + rng.normal(0, 0.01)))
            nats = cell["test"]["scores"]["nats"]
            for trial in cell["trials"]:
                if trial["score"] is not None:
                    trial["score"] = mean * 0.9 + 200 * (trial["score"] + 0.4)
            cell["test"] = {"scores": scores(error, nats), "sequence_losses": (error * np.ones(20)).tolist()}
            assert name in ("LSTM", "GRU")
    for entry, factor in zip(task["baselines"], (1.0, 1.7, 2.9), strict=True):
        nats, error = entry["scores"]["nats"], baseline * factor
        entry |= {"validation": error * 0.95, "test": error, "tests": [error] * replicates}
        entry["scores"] = scores(error, nats)
    task["baselines"][0]["name"], task["baselines"][1]["name"] = "exponential smoothing", "seasonal naive"
    task |= {
        "title": "AirPassengers: Passengers, 3 steps ahead",
        "unit": NATS["unit"],
        "metric": RMSE,
        "facts": FACTS,
        "test_counts": [1.0] * 20,
        "forecasts": [make_forecast(k) for k in range(2)],
    }
    region = {"half_width": 0.01, "part": 0.02, "baseline": "exponential smoothing", "baseline_validation": 0.3}
    beside = {"metric": NATS, "region": {**region, "best_cell": "GRU", "best_validation": -0.2}}
    task["beside"] = {**beside, "tests": [[-0.18] * replicates]}
    return {**task, "region": region_entry(task, 0.02)}


def make_judged_by_rmse(
    *,
    rmse: tuple[float, float] = (412.0, 430.0),
    nats: tuple[float, float] = (0.2, 0.4),
    baselines: tuple[float, float] = (500.0, 0.9),
    spread: float = 4.0,
    replicates: int = 8,
) -> dict[str, Any]:
    """Return one task, without its pairs, whose errors vary over sequences too, as nats do beside them.

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
                "scores": scores(reached, cell["test"]["scores"]["nats"]),
                "sequence_losses": losses.tolist(),
            }
    rows = [_baseline("autoregression", baselines, replicates, strongest=True)]
    rows.append(_baseline("seasonal-naive", (1.3 * baselines[0], baselines[1] + 0.3), replicates, strongest=False))
    task |= {
        "name": "airline",
        "title": f"airline: {UNIT}, 1 step ahead forecast",
        "unit": NATS["unit"],
        "metric": RMSE,
        "facts": {"season": "12 steps", "horizon": "1 step"},
        "baselines": rows,
        "beside": {"metric": NATS, "region": by_nats, "tests": [[baselines[1]] * replicates]},
        "range": [
            {"target": UNIT, "low": 104.0, "high": 340.0, "test_low": 310.0, "test_high": 1190.0, "outside": 0.61}
        ],
        "forecasts": [make_forecast(0)],
    }
    return task | {"region": region_entry(task, 0.02)}


def _baseline(name: str, reached: tuple[float, float], replicates: int, *, strongest: bool) -> dict[str, Any]:
    rmse, nats = reached
    return {
        "name": name,
        "choices": ["order 3"],
        "validation": rmse,
        "test": rmse,
        "tests": [rmse] * replicates,
        "scores": scores(rmse, nats),
        "strongest": strongest,
    }


def scores(error: float, nats: float) -> dict[str, float]:
    """Return scores by every metric of numbers that go with one root mean squared error."""
    return {
        "nats": nats,
        "rmse": error,
        "mae": 0.8 * error,
        "mase": error / 1600.0,
        "coverage-50": 0.52,
        "coverage-90": 0.874,
    }


def make_forecast(k: int, history: int = 36, steps: int = 24) -> dict[str, Any]:
    """Return an entry of ``forecasts``: monthly numbers that grow, the LSTM off by 900 and the GRU by 300.

    Args:
        k: which sequence of the test; the second one has steps for times.
        history: steps before what is forecast.
        steps: that are forecast.
    """
    rng = np.random.default_rng(k)
    t = np.arange(history + steps)
    y = (30_000 + 120 * t) * (1 + 0.15 * np.sin(2 * np.pi * t / 12)) + rng.normal(0, 300, len(t))
    truth = y[history:]
    months = np.datetime64("1955-01") + t
    return {
        "sequence": f"test sequence {k + 1}",
        "target": UNIT,
        "time": [int(one) for one in t] if k else [str(one.astype("datetime64[D]")) for one in months],
        "history": y[:history].tolist(),
        "truth": truth.tolist(),
        "cells": {
            "LSTM": {"mean": (truth + 900).tolist(), "deviation": [500.0] * steps},
            "GRU": {"mean": (truth + 300).tolist(), "deviation": [500.0] * steps},
        },
        "baseline": {"name": "exponential smoothing", "mean": (truth - 1600).tolist()},
    }
