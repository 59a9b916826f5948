"""A comparison and its checks as a row: of a table for people, and of a file for programs."""

from __future__ import annotations

import math
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
        "ranks": {cell: ranks(task, cell) for cell in cells},
        "differences": {
            cell: [r["configurations"][r["cells"][cell]["selected"]]["difference"] for r in task["replicates"]]
            for cell in cells
        },
    }


def rates(task: dict[str, Any], cell: str) -> list[float]:
    """Return the learning rate that was selected in each replicate."""
    return [r["configurations"][r["cells"][cell]["selected"]]["learning_rate"] for r in task["replicates"]]


def ranks(task: dict[str, Any], cell: str) -> list[tuple[float, float | None]]:
    """Return each trial's learning rate and its rank by validation score, from 0 to 1; None where it was the only one.

    Example:
        >>> cells = {"LSTM": {"trials": [{"score": 2.0}, {"score": 1.0}, {"score": None}]}}
        >>> configurations = [{"learning_rate": rate} for rate in (0.1, 0.2, 0.3)]
        >>> ranks({"replicates": [{"cells": cells, "configurations": configurations}]}, "LSTM")
        [(0.1, 0.5), (0.2, 0.0), (0.3, 1.0)]
    """
    found = []
    for replicate in task["replicates"]:
        trials = replicate["cells"][cell]["trials"]
        scores = [math.inf if trial["score"] is None else trial["score"] for trial in trials]
        order = sorted(range(len(scores)), key=scores.__getitem__)
        for k, configuration in enumerate(replicate["configurations"][: len(trials)]):
            rank = order.index(k) / (len(order) - 1) if len(order) > 1 else None
            found.append((configuration["learning_rate"], rank))
    return found


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
    """Return for each fifth of the range of learning rates, on its logarithmic axis, what was drawn there and selected.

    Cells try the same configurations, so that what is drawn is counted once. The mean rank is that of all trials of a
    fifth among those of the same search, by validation score: 0 is the best, 1 the worst. What an extension drew lies
    beyond the range.
    """
    edges = [0.0, *(low * (high / low) ** (k / 5) for k in range(5)), math.nextafter(high, 1.0), math.inf]
    lines = ["| learning rate | drawn | LSTM selected | GRU selected | LSTM mean rank | GRU mean rank |"]
    lines.append("|---|---|---|---|---|---|")
    for begin, end in pairwise(edges):

        def within(rate: float, begin: float = begin, end: float = end) -> bool:
            return begin <= rate < end

        tried = {cell: [t for one in rows for t in one["ranks"][cell] if within(t[0])] for cell in ("LSTM", "GRU")}
        selected = {cell: [r for one in rows for r in one["learning_rates"][cell] if within(r)] for cell in tried}
        ranks = [[t[1] for t in of if t[1] is not None] for of in tried.values()]
        means = [f"{sum(of) / len(of):.2f}" if of else "" for of in ranks]
        counts = [str(len(tried["LSTM"])), *(str(len(of)) for of in selected.values())]
        words = f"{begin:.2g} to {end:.2g}" if begin else f"below {end:.2g}"
        words = f"above {begin:.2g}" if end == math.inf else words
        if tried["LSTM"]:
            lines.append(f"| {words} | {' | '.join(counts + means)} |")
    return "\n".join(lines)
