"""How much temporary memory does a training step need, beside every JAX peer and with each rematerialisation?

python benchmarks/memory.py [--cells LSTM] [--lengths 1000] [--remat None sqrt 32] [--out FILE]

What the compiled program allocates besides its inputs and outputs, as XLA states it; nothing is run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import tables
import timing
import tyro
from contestants import JAX_PEERS, load
from contestants.contestant import Program, jax_program, problem
from options import Output
from shapes import CELLS, CellName, Shape

import gatedrnn as gr
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.remat import Remat

QUESTION = "How much temporary memory does a training step need?"
BATCH, IN_DIM, HIDDEN = 16, 64, 128
MIB = 2**20


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """How much temporary memory does a training step need? At B 16, I 64, H 128; nothing is run."""

    cells: tuple[CellName, ...] = CELLS
    lengths: tuple[int, ...] = (1000, 10_000)
    remat: tuple[Remat, ...] = (None, "sqrt", 8, 32, 100)


def ours(cell: CellName, *, of_last_carry: bool = False, **options: Any) -> Callable[[Shape], Program]:
    """Return what compiles our training step with options of ``gr.scan``."""

    def compiled(shape: Shape) -> Program:
        given = problem(cell, shape)
        layer = gr.scan(given.built, **options)

        def apply(params: Any, xs: Any) -> Any:
            carry, ys = layer.apply(params, xs)
            return jnp.stack(jax.tree.leaves(carry)) if of_last_carry else ys

        return jax_program("training", apply, given.params, given.xs)

    return compiled


def programs(cell: CellName, choices: tuple[Remat, ...]) -> dict[str, Callable[[Shape], Program]]:
    """Return what compiles each row of the table.

    A loss of all outputs needs them and their cotangents, T B H numbers each, whatever else is computed again; what
    is left without them shows in a loss of the last carry.
    """
    rows = {"ours, no gate computed again": ours(cell, engine=FastForm())}
    for remat in choices:
        name = "ours" if remat is None else f"ours, remat={remat!r}"
        rows[name] = ours(cell, remat=remat)
        rows[f"{name}, loss of the last carry"] = ours(cell, of_last_carry=True, remat=remat)
    for name in JAX_PEERS:
        peer = load(name)
        rows[peer.label(cell)] = lambda shape, peer=peer: peer.program(problem(cell, shape, peer.reset), "training")
    return rows


def main(options: Options) -> None:
    """Compile everything; print and write what the programs need."""
    console = tables.start()
    records: list[dict[str, Any]] = []
    absent: dict[str, str] = {}
    for cell in options.cells:
        columns = [f"T {length}: MiB" for length in options.lengths]
        table = tables.table_of(["contestant"], columns)
        for name, compiled in programs(cell, options.remat).items():
            try:
                made = [compiled(Shape(BATCH, length, IN_DIM, HIDDEN)) for length in options.lengths]
            except ImportError as error:
                absent[name] = f"not installed: {error}"
                continue
            table.add_row(name, *(f"{p.temporary_bytes / MIB:.1f}" if p.temporary_bytes else "-" for p in made))
            for length, p in zip(options.lengths, made, strict=True):
                record = {"cell": cell, "contestant": name, "length": length, "temporary_bytes": p.temporary_bytes}
                records.append({**record, "first_call_s": round(p.first_call_s, 4)})
        console.print(f"\n{cell}: {QUESTION} B {BATCH}, I {IN_DIM}, H {HIDDEN}", table, sep="\n")
    for name, why in absent.items():
        console.print(f"absent: {name}: {why}")
    sizes = {"batch": BATCH, "in_dim": IN_DIM, "hidden": HIDDEN}
    timing.write_results(options.path("memory"), records, question=QUESTION, sizes=sizes, absent=absent)


if __name__ == "__main__":
    main(tyro.cli(Options))
