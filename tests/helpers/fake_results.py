"""Results of comparisons that never ran, in the form of results.json, for tests of what reads them."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import numpy as np

from gatedrnn.comparison.search.selection import score_of
from gatedrnn.comparison.verdict.region import region_entry

SPACE = {
    "learning_rate": "log-uniform from 0.002 to 0.03",
    "clip_norm": "log-uniform from 0.3 to 10",
    "dropout": "one of 0, 0.1, 0.2, 0.3",
    "gate_bias": "one of 0, 1, chrono",
}
PARTS = {
    "LSTM": {
        "config": "LSTM(hidden=32)",
        "hidden": 32,
        "parameters": {"embedding": 0, "recurrent": 5760, "head": 792, "total": 6552, "by_array": {"w_x": 1536}},
        "flops_per_step": {"forward": 12_800, "backward": 25_600},
        "bytes_per_step": 1040,
        "step_seconds": {"median": 2.61e-5, "low": 2.55e-5, "high": 2.74e-5},
    },
    "GRU": {
        "config": "GRUResetAfter(hidden=37)",
        "hidden": 37,
        "parameters": {"embedding": 0, "recurrent": 5587, "head": 912, "total": 6499, "by_array": {"w_x": 1332}},
        "flops_per_step": {"forward": 12_654, "backward": 25_308},
        "bytes_per_step": 1092,
        "step_seconds": {"median": 2.38e-5, "low": 2.33e-5, "high": 2.47e-5},
    },
}


COUNTS = np.arange(7, 27)
"""Targets of twenty test sequences."""


def make_results(*tasks: dict[str, Any], seed: int = 0) -> dict[str, Any]:
    """Return results around ``tasks``, which are made by ``make_task``."""
    versions = {"python": "3.11.2", "gatedrnn": "0.1.0", "jax": "0.10.2", "jaxlib": "0.10.2", "flax": "0.12.8"}
    return {
        "schema": 4,
        "command": "gatedrnn compare --out runs/compare",
        "started": "2026-01-31T12:34:56+00:00",
        "seconds": 247.3,
        "versions": {**versions, "optax": "0.2.8", "numpy": "2.4.6"},
        "device": {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2},
        "seed": seed,
        "settings": {},
        "tasks": list(tasks),
    }


def _protocol(replicates: int, trials: int) -> dict[str, Any]:
    return {
        "replicates": replicates,
        "trials": trials,
        "minutes": None,
        "max_epochs": 300,
        "patience": 20,
        "batch_size": 36,
        "matching": "parameters",
        "architecture": {"layers": 1, "bidirectional": False, "residual": False, "embed": 0},
        "space": dict(SPACE),
        "extension": None,
    }


def make_task(
    kind: str = "forecast",
    *,
    means: tuple[float, float] = (-2.63, -2.78),
    spread: float = 0.03,
    baseline: float = -1.92,
    replicates: int = 8,
    trials: int = 16,
    diverging: float = 0.15,
    seed: int = 0,
) -> dict[str, Any]:
    """Return one task, without its pairs: runs that look like the pilot's.

    Args:
        kind: forecast or classification.
        means: of the test nats of LSTM and GRU.
        spread: standard deviation of the test nats between replicates; each cell adds half of it on its own.
        baseline: nats of the strongest simple baseline.
        replicates: how many.
        trials: in each.
        diverging: part of the runs with a high learning rate that diverges.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    classes = kind == "classification"
    name = "speaker" if classes else "forecast"
    baselines = _baselines(baseline, classes, replicates)
    unit = "nats per utterance" if classes else "nats per frame"
    trivial = max(entry["validation"] for entry in baselines)
    search = (trials, diverging, trivial)
    entries = [_replicate(rng, index, means, spread, search, classes) for index in range(replicates)]
    task = {
        "name": f"japanese-vowels-{name}",
        "title": "Japanese Vowels: who is speaking" if classes else "Japanese Vowels: the next frame of speech",
        "kind": kind,
        "unit": unit,
        "metric": {"name": "nats", "words": "negative log-likelihood", "unit": unit},
        "facts": {},
        "source": "Japanese Vowels, Kudo, Toyama and Shimbo 1999, CC BY 4.0",
        "data_sha256": hashlib.sha256(name.encode()).hexdigest(),
        "protocol": _protocol(replicates, trials),
        "baselines": baselines,
        "test_counts": COUNTS.tolist(),
        "cells": {
            cell: {
                **copy.deepcopy(part),
                "training_seconds": float(np.mean([entry["cells"][cell]["seconds"] for entry in entries])),
                "compile_seconds": 2.1,
            }
            for cell, part in PARTS.items()
        },
        "replicates": entries,
        "shares": None,
        "range": [],
        "forecasts": [],
        "full": None,
    }
    return {**task, "region": region_entry(task, 0.02), "beside": None, "censored": None}


def _baselines(strongest: float, classes: bool, replicates: int) -> list[dict[str, Any]]:
    if classes:
        rows = [("logistic regression on summaries", strongest, 0.954), ("class frequencies", 2.197, 0.117)]
    else:
        rows = [
            ("autoregression", strongest, None),
            ("last frame again", -0.71, None),
            ("marginal Gaussian", 16.93, None),
        ]
    choices = ["C = 1", "C = 10"] if classes else ["order 3"]
    return [
        {
            "name": name,
            "choices": choices if validation == strongest else [""],
            "validation": validation,
            "test": validation + 0.02,
            "tests": [validation + 0.02] * replicates,
            "scores": {"nats": validation + 0.02} | ({} if accuracy is None else {"accuracy": accuracy}),
            "strongest": validation == strongest,
        }
        for name, validation, accuracy in rows
    ]


def _replicate(
    rng: np.random.Generator,
    index: int,
    means: tuple[float, float],
    spread: float,
    search: tuple[int, float, float],
    classes: bool,
) -> dict[str, Any]:
    trials, diverging, trivial = search
    configurations = [
        {
            "learning_rate": float(np.exp(rng.uniform(np.log(2e-3), np.log(3e-2)))),
            "clip_norm": float(np.exp(rng.uniform(np.log(0.3), np.log(10)))),
            "dropout": float(rng.choice([0.0, 0.1, 0.2, 0.3])),
            "gate_bias": str(rng.choice(["0", "1", "chrono"])),
            "initial_weights": "own",
            "difference": "no",
            "hidden": 32,
        }
        for _ in range(trials)
    ]
    shared = rng.normal(0, spread)
    cells = {}
    for cell, mean in zip(PARTS, means, strict=True):
        runs = [_trial(rng, configuration, mean + shared, diverging) for configuration in configurations]
        for run in runs:
            own = run["validation"]
            run |= {"score": score_of(run, own, trivial), "seconds": 0.002 * run["epochs"], "ended_by_clock": False}
        scores = [run["score"] for run in runs]
        noise = spread * rng.normal(size=len(COUNTS)) * COUNTS
        sequences = (mean + shared + rng.normal(0, spread / 2)) * COUNTS + noise - noise.mean()
        nats = float(sequences.sum() / COUNTS.sum())
        cells[cell] = {
            "trials": runs,
            "selected": int(np.argmin(scores)),
            "test": {
                "scores": {"nats": nats} | ({"accuracy": round(0.95 - 0.1 * (nats - 0.15), 4)} if classes else {}),
                "sequence_losses": sequences.tolist(),
            },
            "train_curve": [value - 0.05 for value in runs[int(np.argmin(scores))]["curve"] if value is not None],
            "seconds": float(rng.normal(5.0, 0.4) * (1.0 if cell == "LSTM" else 0.85)),
        }
    return {"index": index, "seed": int(rng.integers(2**31)), "configurations": configurations, "cells": cells}


def _trial(rng: np.random.Generator, configuration: dict[str, Any], best: float, diverging: float) -> dict[str, Any]:
    """A curve that falls exponentially to a floor that depends on the learning rate; high rates may diverge."""
    off = np.log(configuration["learning_rate"] / 9e-3)
    floor = best + 0.12 * off**2 + abs(rng.normal(0, 0.02)) + 0.15 * configuration["dropout"]
    epochs = int(np.clip(rng.normal(150 - 60 * off, 25), 30, 300))
    curve = floor + 3.5 * np.exp(-np.arange(1, epochs + 1) / (epochs / 7)) + rng.normal(0, 0.01, epochs)
    if off > 1.0 and rng.uniform() < diverging:
        first = int(rng.integers(1, 30))
        values = [round(float(v), 5) for v in curve[: first - 1]]
        best_epoch = int(np.argmin(values)) + 1 if values else 0
        validation = min(values, default=None)
        return {"validation": validation, "best_epoch": best_epoch, "epochs": first, "diverged_at": first} | {
            "curve": [*values, None]
        }
    return {
        "validation": round(float(curve.min()), 5),
        "best_epoch": int(np.argmin(curve)) + 1,
        "epochs": epochs,
        "diverged_at": None,
        "curve": [round(float(v), 5) for v in curve],
    }
