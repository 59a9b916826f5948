"""What does a layer compile to, by whichever gatedrnn is on the path?

python benchmarks/programs.py FILE SHAPE... -- CELL...

Writes optimised HLO, without what only says where an operation comes from, as JSON by shape, cell and pass. Nothing of
gatedrnn but cells and `gr.scan` is needed, so that an old checkout can be asked; same_program.py does.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from shapes import CELLS, PASSES, SHAPES, CellName, Pass, ShapeName

import gatedrnn as gr

ORIGINS = re.compile(
    r", metadata=\{[^}]*\}|stack_frame_id=\d+|^(?:FileNames|FunctionNames|FileLocations|StackFrames)\n.*?\n\n",
    re.MULTILINE | re.DOTALL,
)
"""What in the text of a program says where its operations come from."""


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


if __name__ == "__main__":
    out, *names = sys.argv[1:]
    shapes, cells = names[: names.index("--")], names[names.index("--") + 1 :]
    known = {
        f"{shape} {cell} {which}": program(cell, shape, which)
        for shape in SHAPES
        if shape in shapes
        for cell in CELLS
        if cell in cells
        for which in PASSES
    }
    Path(out).write_text(json.dumps(known), encoding="utf-8")
