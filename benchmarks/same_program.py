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
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import tables
import timing
import tyro
from options import Output
from shapes import CELLS, PASSES, SHAPES, CellName, Pass, ShapeName

import gatedrnn as gr

QUESTION = "Does a layer compile to the same program in two checkouts?"
HERE = Path(__file__).parents[1]
ORIGINS = re.compile(
    r", metadata=\{[^}]*\}|stack_frame_id=\d+|^(?:FileNames|FunctionNames|FileLocations|StackFrames)\n.*?\n\n",
    re.MULTILINE | re.DOTALL,
)
"""What in the text of a program says where its operations come from."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(Output):
    """Two checkouts, and which programs to compile."""

    before: Path | None = None
    """The other checkout; this one is where this script stands."""
    shapes: tuple[ShapeName, ...] = tuple(SHAPES)
    cells: tuple[CellName, ...] = CELLS
    inside: Path | None = None
    """Be the process of one checkout: write the text of each program into this file."""


def program(cell: CellName, shape: ShapeName, which: Pass) -> str:
    """Return the optimised HLO of a pass, compiled of shapes alone."""
    batch, length, in_dim, hidden = SHAPES[shape]
    layer = gr.scan(getattr(gr, cell)(hidden))
    params = jax.eval_shape(lambda: layer.init(jax.random.key(0), in_dim))
    xs = jax.ShapeDtypeStruct((length, batch, in_dim), jnp.float32)

    def outputs(params: Any, xs: Any) -> Any:
        return layer.apply(params, xs)[1]

    training = jax.value_and_grad(lambda params, xs: jnp.mean(outputs(params, xs) ** 2), argnums=(0, 1))
    function = outputs if which == "forward" else training
    return ORIGINS.sub("", jax.jit(function).lower(params, xs).compile().as_text() or "")


def programs(checkout: Path, options: Options) -> dict[str, str]:
    """Return the programs of a checkout, compiled in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "programs.json"
        asked = ["--shapes", *options.shapes, "--cells", *options.cells, "--inside", str(out)]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        subprocess.run([sys.executable, __file__, *asked], cwd=checkout, env=environment, check=True)
        return json.loads(out.read_text(encoding="utf-8"))


def main(options: Options) -> None:
    """Compile, compare, print and write."""
    if options.inside is not None:
        asked = [(shape, cell, which) for shape in options.shapes for cell in options.cells for which in PASSES]
        known = {" ".join(key): program(key[1], key[0], key[2]) for key in asked}
        options.inside.write_text(json.dumps(known), encoding="utf-8")
        return
    if options.before is None:
        raise SystemExit("before: expected a checkout, got none")
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
