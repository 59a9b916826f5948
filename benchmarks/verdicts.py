"""Is what a comparison says of ten real data sets right in substance?

python benchmarks/verdicts.py [--sets airline co2] [--out runs/study] [--results FILE]

Each set is compared as a user would, by the command, and its simple baselines are then reckoned again without gatedrnn.
A set that has been compared by the same command is not compared again; an interrupted one goes on.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import tyro
from study.rows import distribution, row, table
from study.sets import SETS, DataSet

from gatedrnn.files import write_json

LOW, HIGH = 0.001, 0.03
"""The default range of learning rates, for the table of those that were drawn and selected."""


def compared(data_set: DataSet, folder: Path, limit: float) -> tuple[dict[str, Any], Path]:
    """Return what a set's comparison found, and the file that was compared on."""
    path, out = data_set.written(folder), folder / "compare"
    words = ["compare", str(path), *data_set.arguments, "--out", str(out)]
    file = out / "results.json"
    if file.exists() and (found := json.loads(file.read_text()))["command"] == shlex.join(["gatedrnn", *words]):
        return found, path
    subprocess.run([sys.executable, "-m", "gatedrnn", *words], check=True, timeout=limit)
    return json.loads(file.read_text()), path


def main(
    sets: tuple[str, ...] = tuple(one.name for one in SETS),
    out: Path = Path("runs/study"),
    results: Path | None = None,
    limit: float = 5400.0,
) -> None:
    """Compare both cells on ten real data sets with the defaults, check the baselines, and print the tables.

    Args:
        sets: names of some of them.
        out: folder of the comparisons.
        results: JSON file of the rows; none: they are only printed.
        limit: seconds after which a comparison is interrupted.
    """
    by_name = {one.name: one for one in SETS}
    unknown = [name for name in sets if name not in by_name]
    if unknown:
        raise SystemExit(f"sets: expected some of {', '.join(by_name)}; got {', '.join(unknown)}")
    rows = []
    for name in sets:
        found, path = compared(by_name[name], out / name, limit)
        rows.append(row(by_name[name], found, path))
        print(f"{name}: {rows[-1]['verdict']}", flush=True)
    print(f"\n{table(rows)}\n\n{distribution(rows, LOW, HIGH)}")
    if results:
        write_json(results, rows)


if __name__ == "__main__":
    tyro.cli(main)
