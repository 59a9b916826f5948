"""Does a layer compile to the same program in two checkouts?

git worktree add /tmp/before 15984c8
python benchmarks/same_program.py --before /tmp/before [--shapes small] [--cells LSTM GRU] [--out FILE]

Compares the text of optimised HLO, line by line, without what only says where an operation comes from. Where it is the
same, neither is the slower one, whatever a clock says; where it differs, before_after.py measures by how much.
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

import tables
import timing
import tyro
from options import Output
from shapes import CELLS, SHAPES, CellName, ShapeName

QUESTION = "Does a layer compile to the same program in two checkouts?"
HERE = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(Output):
    """Two checkouts, and which programs to compile."""

    before: Path
    """The other checkout; this one is where this script stands."""
    shapes: tuple[ShapeName, ...] = tuple(SHAPES)
    cells: tuple[CellName, ...] = CELLS


def programs(checkout: Path, options: Options) -> dict[str, str]:
    """Return the programs of a checkout, compiled in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "programs.json"
        script = str(HERE / "benchmarks" / "programs.py")
        command = [sys.executable, script, str(out), *options.shapes, "--", *options.cells]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        subprocess.run(command, cwd=checkout, env=environment, check=True)
        return json.loads(out.read_text(encoding="utf-8"))


def main(options: Options) -> None:
    """Compile, compare, print and write."""
    console = tables.start()
    before, after = (programs(checkout.resolve(), options) for checkout in (options.before, HERE))
    table = tables.table_of(["shape", "cell", "pass"], ["lines before", "lines after", "the same"])
    records: list[dict[str, Any]] = []
    for key, text in after.items():
        lines, same = (len(before[key].splitlines()), len(text.splitlines())), before[key] == text
        table.add_row(*key.split(), *map(str, lines), str(same))
        names = dict(zip(("shape", "cell", "pass"), key.split(), strict=True))
        records.append({**names, "lines_before": lines[0], "lines_after": lines[1], "same": same})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.out, records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
