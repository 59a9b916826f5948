"""Who runs in the two parts of benchmarks/gpu.py: our forms among themselves, and ours beside every peer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import jax
import numpy as np
from contestants import cudnn, equinox, nnx, ours, pytorch_cuda
from contestants.contestant import Problem, Program
from shapes import CELLS, PASSES, SHAPES, CellName, Pass, Shape

import gatedrnn as gr
from gatedrnn.layers.engines.fast.forms import FastForm

Precision: TypeAlias = Literal["float32", "tf32", "bfloat16"]
"""Of products: float32; float32 rounded to TF32, JAX's default on these GPUs; and bfloat16 weights and inputs."""
PYTORCH = "pytorch"
HOISTED = 1 << 20
"""Steps whose inputs are projected at once: more than any sequence here has."""
RECOMPUTE = 32
"""Steps whose gates are computed again at once."""

Build = Callable[[Problem, Pass], Program]
Record = dict[str, Any]
SIZES: dict[str, Shape] = {
    **{str(name): shape for name, shape in SHAPES.items()},
    **{f"h{hidden}": Shape(32, 256, hidden, hidden) for hidden in (64, 128, 256, 512, 1024)},
    "tiny": Shape(2, 3, 4, 5),
}


class Extent(NamedTuple):
    """How much is measured; the most telling sizes first, for the time may not suffice for the last."""

    forms: tuple[str, ...]
    table: tuple[str, ...]
    cells: tuple[CellName, ...]
    passes: tuple[Pass, ...]
    unrolls: tuple[int, ...]
    rounds: int


FULL = Extent(
    forms=("h128", "h512"),
    table=("h256", "h512", "h128", "h1024", "small", "h64", "ptb", "longT"),
    cells=CELLS,
    passes=PASSES,
    unrolls=(1, 2, 4, 8, 16),
    rounds=9,
)
TINY = Extent(forms=("tiny",), table=("tiny",), cells=("LSTM",), passes=("training",), unrolls=(2,), rounds=2)


class Entry(NamedTuple):
    """One program of a race; the first entry of a race is what the others' times are divided by."""

    cell: CellName
    which: Pass
    precision: Precision
    contestant: str
    build: Build

    @property
    def race(self) -> tuple[CellName, Pass, Precision]:
        """What it is compared in."""
        return self.cell, self.which, self.precision

    def name(self, size: str) -> str:
        """Return what a reader needs to know which program this is."""
        return f"{size} {self.cell} {self.which} {self.precision}: {self.contestant}"


def our_forms(unrolls: Iterable[int]) -> dict[str, dict[str, Any]]:
    """Return arguments of ``gr.scan`` by the names that tables give them."""
    engines = {"in scan": FastForm(), "hoisted": FastForm(project=HOISTED)}
    found = {
        f"{name}, unroll {n}": {"engine": engine, "unroll": n} for n in unrolls for name, engine in engines.items()
    }
    recomputed = {"engine": FastForm(project=HOISTED, recompute=RECOMPUTE), "unroll": max(unrolls)}
    return {"reference": {"engine": "reference"}, **found, f"hoisted, recomputed, unroll {max(unrolls)}": recomputed}


def form_entries(extent: Extent) -> list[Entry]:
    """Return all forms at JAX's default precision."""
    return [
        Entry(cell, which, "tf32", name, in_jax("tf32", partial(our_program, arguments)))
        for cell in extent.cells
        for which in extent.passes
        for name, arguments in our_forms(extent.unrolls).items()
    ]


def table_entries(extent: Extent, forms: list[Record]) -> list[Entry]:
    """Return ours as ``gr.scan`` chooses, the best of ``forms``, and peers; flax and equinox at JAX's default alone."""
    entries = []
    for cell in extent.cells:
        for which in extent.passes:
            chosen = best_forms(forms, cell, which)
            for precision in get_args(Precision):
                builds = {"ours": in_jax(precision, ours.program)}
                for name in chosen:
                    arguments = our_forms(extent.unrolls)[name]
                    builds[f"ours, {name}"] = in_jax(precision, partial(our_program, arguments))
                if precision == "tf32":
                    builds |= {"nnx": in_jax(precision, nnx.program), "equinox": in_jax(precision, equinox.program)}
                if cell == "LSTM" and precision != "bfloat16":
                    builds["ours, cudnn"] = in_jax(precision, partial(our_program, {"engine": "cudnn"}))
                    builds["jax.experimental.rnn"] = in_jax(precision, cudnn.program)
                dtype = "bfloat16" if precision == "bfloat16" else "float32"
                builds[PYTORCH] = partial(pytorch_cuda.program, dtype=dtype, tf32=precision == "tf32")
                entries += [Entry(cell, which, precision, name, build) for name, build in builds.items()]
    return entries


def our_program(arguments: dict[str, Any], given: Problem, which: Pass) -> Program:
    """Compile a pass of ``gr.scan(cell, **arguments)``."""
    return ours.layer_program(gr.scan(given.built, **arguments), given, which)


def in_jax(precision: Precision, build: Build) -> Build:
    """Return ``build`` with the problem's types and JAX's setting of ``precision``."""

    def built(given: Problem, which: Pass) -> Program:
        dtype = jax.numpy.bfloat16 if precision == "bfloat16" else np.float32
        params, xs = jax.tree.map(lambda array: array.astype(dtype), (given.params, given.xs))
        with jax.default_matmul_precision("highest" if precision == "float32" else None):
            return build(given._replace(params=params, xs=xs), which)

    return built


def best_forms(records: list[Record], cell: str, which: str) -> list[str]:
    """Return the form of the lowest median at each size of ``records``, each once."""
    mine = [record for record in records if (record["cell"], record["pass"]) == (cell, which)]
    sizes = dict.fromkeys(record["shape"] for record in mine)
    races = [[record for record in mine if record["shape"] == size] for size in sizes]
    best = [min(race, key=lambda record: record["milliseconds"]["median"]) for race in races]
    return list(dict.fromkeys(record["contestant"] for record in best))
