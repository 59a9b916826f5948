"""Is a layer of one checkout slower than that of another?

git worktree add /tmp/before 15984c8
python benchmarks/before_after.py --before /tmp/before [--turns 7] [--shapes small] [--cells LSTM GRU] [--out FILE]

Processes of both checkouts take turns on the same machine, each its own peers.py with our layer alone; a pair of turns
gives one ratio of medians. Both run with this Python and its packages.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tables
import timing
import tyro
from options import Output
from shapes import CellName, ShapeName

QUESTION = "Is a layer of one checkout slower than that of another?"
HERE = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(Output):
    """Two checkouts, and what to measure."""

    before: Path
    """A checkout that has benchmarks/peers.py; the other one is where this script stands."""
    shapes: tuple[ShapeName, ...] = ("vowels", "small")
    cells: tuple[CellName, ...] = ("LSTM", "GRU")
    turns: int = 7
    """Pairs of processes; their order changes from pair to pair."""
    rounds: int = 40
    """Timed calls of each program in a process."""


def medians(checkout: Path, options: Options) -> dict[tuple[str, str, str], float]:
    """Run a checkout's peers.py once, and return milliseconds by shape, cell and pass."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "peers.json"
        chosen = ["--contestants", "ours", "--shapes", *options.shapes, "--cells", *options.cells]
        command = [sys.executable, "benchmarks/peers.py", *chosen, "--rounds", str(options.rounds), "--out", str(out)]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL)
        records = json.loads(out.read_text(encoding="utf-8"))["results"]
    return {(r["shape"], r["cell"], r["pass"]): r["milliseconds"]["median"] for r in records}


def main(options: Options) -> None:
    """Take turns, print and write ratios of after to before."""
    console = tables.start()
    found: dict[Path, list[dict[tuple[str, str, str], float]]] = {options.before.resolve(): [], HERE: []}
    for turn in range(options.turns):
        for checkout in list(found)[:: 1 if turn % 2 else -1]:
            found[checkout].append(medians(checkout, options))
    before, after = found.values()
    records: list[dict[str, Any]] = []
    table = tables.table_of(["shape", "cell", "pass"], ["before, ms", "after, ms", "after over before"])
    for key in before[0]:
        old, new = (np.array([one[key] for one in each]) for each in (before, after))
        ratio = timing.paired_ratio(new, old)
        table.add_row(*key, f"{np.median(old):.3f}", f"{np.median(new):.3f}", str(ratio))
        times = {"before_ms": old.tolist(), "after_ms": new.tolist()}
        records.append({**dict(zip(("shape", "cell", "pass"), key, strict=True)), **times, "ratio": ratio.as_dict()})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.out, records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
