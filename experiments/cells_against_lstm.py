"""Compare every cell of the registry with the LSTM on two tasks, a few at a time, and write down what came.

python experiments/cells_against_lstm.py [--cells MGU JANET] [--replicates 8 --trials 8]

A few cells beside the LSTM are one `gatedrnn compare`, in a folder of their own under runs/cells. Interrupted, the same
command goes on where it stopped; cells that have their result are not compared again. Results stand in
benchmarks/results/cells-against-lstm.json, and the table of docs/cells.md is made of them.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import tyro

from gatedrnn.cells.registry import CELLS
from gatedrnn.files import write_json, write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "cells-against-lstm.json"
PAGE = ROOT / "docs" / "cells.md"
BLOCK = re.compile(r"(<!-- begin against LSTM -->\n).*?(<!-- end against LSTM -->)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Options:
    """Which cells, and the budget of each comparison."""

    cells: tuple[str, ...] = tuple(name for name in CELLS if name != "LSTM")
    together: int = 4
    """Cells in one comparison, beside the LSTM."""
    tasks: tuple[str, ...] = ("japanese-vowels-speaker", "japanese-vowels-forecast")
    hidden: int = 16
    replicates: int = 5
    trials: int = 2
    max_epochs: int = 30
    patience: int = 10
    table_only: bool = False
    """Make the table of what is known, and compare nothing."""

    def command(self, cells: tuple[str, ...]) -> list[str]:
        """Return the arguments of the comparison of these cells with the LSTM."""
        numbers = {
            "hidden": self.hidden,
            "replicates": self.replicates,
            "trials": self.trials,
            "max-epochs": self.max_epochs,
            "patience": self.patience,
        }
        budget = [word for name, number in numbers.items() for word in (f"--{name}", str(number))]
        return ["compare", "--cells", "LSTM", *cells, "--tasks", *self.tasks, *budget, "--no-extend"]


def pairs(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return of a comparison's results each cell's difference from the LSTM on each task."""
    found = []
    for task in results["tasks"]:
        for pair in task["pairs"]:
            lstm, cell = pair["names"]
            if lstm != "LSTM":
                continue
            statistics = pair["statistics"]
            of_lstm = statistics["difference"]  # LSTM less the cell
            found.append(
                {
                    "cell": cell,
                    "task": task["name"],
                    "metric": task["metric"]["name"],
                    "parameters": {name: task["cells"][name]["parameters"] for name in (lstm, cell)},
                    "scores": {name: statistics["cells"][name]["test"]["mean"] for name in (lstm, cell)},
                    "cell less LSTM": {
                        "mean": -of_lstm["mean"],
                        "low": -of_lstm["high"],
                        "high": -of_lstm["low"],
                        "level": of_lstm["level"],
                        "replicates": of_lstm["n"],
                    },
                    "label": pair["verdict"]["label"],
                }
            )
    return found


def table(known: list[dict[str, Any]]) -> str:
    """Return the rows of all cells that have results, in the order of the registry."""
    tasks = list(dict.fromkeys(one["task"] for one in known))
    lines = [["cell", *tasks], ["---"] * (1 + len(tasks))]
    for cell in CELLS:
        of_cell = {one["task"]: one for one in known if one["cell"] == cell}
        if not of_cell:
            continue
        lines.append([cell, *(_difference(of_cell[task]) if task in of_cell else "" for task in tasks)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _difference(one: dict[str, Any]) -> str:
    """Return a difference with its interval, in bold where that excludes 0."""
    d = one["cell less LSTM"]
    text = f"{d['mean']:+.3f} [{d['low']:+.3f}, {d['high']:+.3f}]"
    return f"**{text}**" if d["low"] > 0 or d["high"] < 0 else text


def held() -> dict[str, Any]:
    """Return what is known so far."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"runs": [], "pairs": []}


def compared(cells: tuple[str, ...], options: Options) -> dict[str, Any]:
    """Compare these cells with the LSTM, or go on with it, and return what results.json holds."""
    out = ROOT / "runs" / "cells" / "-".join(cells)
    if not (out / "results.json").exists():
        command = [sys.executable, "-m", "gatedrnn", *options.command(cells), "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True)
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def main(options: Options) -> None:
    """Compare what has no result yet, writing after each few; then make the table."""
    known = held()
    done = {one["cell"] for one in known["pairs"]}
    waiting = tuple(name for name in options.cells if name not in done)
    groups = [waiting[start : start + options.together] for start in range(0, len(waiting), options.together)]
    for cells in () if options.table_only else groups:
        results = compared(cells, options)
        run = {key: results[key] for key in ("started", "seconds", "versions", "device", "seed")}
        known["runs"].append({"command": shlex.join(["gatedrnn", *options.command(cells)]), **run})
        known["pairs"] += pairs(results)
        write_json(RESULTS, known)
    page = PAGE.read_text(encoding="utf-8")
    write_text(PAGE, BLOCK.sub(lambda found: f"{found[1]}{table(known['pairs'])}{found[2]}", page))


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
