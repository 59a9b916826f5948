"""A comparison and its checks as a row: of a table for people, and of a file for programs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from study.checks import checks
from study.sets import DataSet

BEGIN = " test "


def row(data_set: DataSet, results: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return what the study says of a set: its scores by the metric that the verdict rests on, lower is better.

    Args:
        data_set: what was asked.
        results: what results.json holds of its comparison.
        path: the file that was compared on.
    """
    (task,), (name, version, licence) = results["tasks"], data_set.distribution
    (pair,) = task["pairs"]
    cells = pair["statistics"]["cells"]
    split = task["facts"].get("split", "")
    best = min(task["baselines"], key=lambda baseline: baseline["test"])
    return {
        "set": data_set.name,
        "about": data_set.about,
        "package": f"{name} {version}",
        "licence": licence,
        "sha256": dict(zip(data_set.files, data_set.digests, strict=True)),
        "command": results["command"],
        "seconds": results["seconds"],
        "device": results["device"],
        "kind": task["kind"],
        "sequences": task["facts"].get("sequences", ""),
        "test_from": split.split(BEGIN, 1)[1].split(" to ")[0] if BEGIN in split and " to " in split else "",
        "season": task["facts"].get("season", ""),
        "metric": task["metric"],
        "cells": {cell: found["test"] for cell, found in cells.items()},
        "scores": {cell: _mean_scores(task, cell) for cell in cells},
        "strongest": next({"name": b["name"], "test": b["test"]} for b in task["baselines"] if b["strongest"]),
        "best_in_test": {"name": best["name"], "test": best["test"]},
        "checks": [one._asdict() for one in checks(task, data_set, path)],
        "verdict": pair["verdict"]["headline"],
        "caveats": pair["verdict"]["caveats"],
        "other": None
        if pair["other"] is None
        else {
            "metric": pair["other"]["metric"]["name"],
            "verdict": pair["other"]["headline"],
            "disagrees": pair["other"]["disagrees"],
        },
        "outside": [one["outside"] for one in task["range"]],
        "trials": sorted({len(found["trials"]) for r in task["replicates"] for found in r["cells"].values()}),
        "learning_rates": {cell: rates(task, cell) for cell in cells},
        "differences": {
            cell: [r["configurations"][r["cells"][cell]["selected"]]["difference"] for r in task["replicates"]]
            for cell in cells
        },
    }


def rates(task: dict[str, Any], cell: str) -> list[float]:
    """Return the learning rate that was selected in each replicate."""
    return [r["configurations"][r["cells"][cell]["selected"]]["learning_rate"] for r in task["replicates"]]


def _mean_scores(task: dict[str, Any], cell: str) -> dict[str, float]:
    """Return a cell's test by every metric, mean over replicates."""
    scores = [r["cells"][cell]["test"]["scores"] for r in task["replicates"]]
    return {metric: sum(one[metric] for one in scores) / len(scores) for metric in scores[0]}


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    head = ("set", "kind", "n", "test from", "metric", "LSTM", "GRU", "strongest in validation", "best in test")
    head += ("independent check", "verdict")
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for one in rows:
        metric = one["metric"]
        cells = [
            f"{c['mean']:.3g} [{c['low']:.3g}, {c['high']:.3g}]"
            for c in (one["cells"][name] for name in ("LSTM", "GRU"))
        ]
        models = [f"{m['test']:.3g}, {m['name']}" for m in (one["strongest"], one["best_in_test"])]
        seen = "; ".join(
            f"{c['name']} {c['independent']:.3g}"
            + ("" if c["nats"] is None else f" [{c['nats']:.3g} nats]")
            + ("" if c["ours"] is None else f" (ours {c['ours']:.3g}, {c['agreement']})")
            for c in one["checks"]
        )
        said = one["verdict"] + (
            "" if not one["other"] else f"; by {one['other']['metric']}: {one['other']['verdict']}"
        )
        unit = f"{metric['name']}, {metric['unit']}"
        kind, begin = one["kind"], one["test_from"] or "drawn"
        lines.append(
            "| " + " | ".join((one["set"], kind, one["sequences"], begin, unit, *cells, *models, seen, said)) + " |"
        )
    return "\n".join(lines)


def distribution(rows: list[dict[str, Any]], low: float, high: float) -> str:
    """Return in how many selections the learning rate lies in each fifth of the range, on its logarithmic axis."""
    edges = [low * (high / low) ** (k / 5) for k in range(6)]
    lines = ["| learning rate | LSTM | GRU |", "|---|---|---|"]
    for begin, end in pairwise(edges):
        last = end == edges[-1]
        counts = [
            sum(begin <= rate and (rate < end or last) for one in rows for rate in one["learning_rates"][cell])
            for cell in ("LSTM", "GRU")
        ]
        lines.append(f"| {begin:.2g} to {end:.2g} | {counts[0]} | {counts[1]} |")
    return "\n".join(lines)
