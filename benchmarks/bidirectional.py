"""Does a deep bidirectional net cost more than the sum of its layers, or than flax.nnx and PyTorch?

python benchmarks/bidirectional.py [--shapes small] [--cells LSTM] [--rounds 15] [--out FILE]

Three bidirectional layers. Their sum is that of the six scans, each alone, compiled apart and run one after another.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import race
import tables
import timing
import tyro
from contestants import nnx, ours, pytorch
from contestants.contestant import Contestant, Problem, Program, jax_program, problem
from options import Options as Common
from shapes import CellName, Pass, Shape, ShapeName

import gatedrnn as gr
from gatedrnn.layers.engines.native_call import available
from gatedrnn.layers.engines.table import EngineChoice

QUESTION = "Does a deep bidirectional net cost more than the sum of its layers?"
DEPTH = 3
Net = list[tuple[Problem, Problem]]
"""Both directions of each layer, by their problems; a layer's inputs are as wide as the outputs below it."""


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """Does a deep bidirectional net cost more than the sum of its layers, or than its peers?"""

    shapes: tuple[ShapeName, ...] = ("small", "mid")
    seconds: float = 15.0
    """For the rounds of one pass of one cell at one shape, where ``rounds`` is None."""


def net(cell: CellName, shape: Shape) -> Net:
    """Draw weights for every layer and direction; the first one's inputs are the net's."""
    layers = []
    for depth in range(DEPTH):
        sizes = shape._replace(in_dim=2 * shape.hidden) if depth else shape
        layers.append((problem(cell, sizes, seed=2 * depth), problem(cell, sizes, seed=2 * depth + 1)))
    return layers


def our_program(layers: Net, which: Pass, engine: EngineChoice = "auto") -> Program:
    """Compile a pass of ``gr.chain`` of ``gr.bidirectional``."""
    layer = gr.chain(*(gr.bidirectional(forward.built, engine=engine) for forward, _ in layers))
    params = tuple(gr.BidirectionalParams(forward.params, backward.params) for forward, backward in layers)
    return jax_program(which, lambda params, xs: layer.apply(params, xs)[1], params, layers[0][0].xs)


def native_program(layers: Net, which: Pass) -> Program:
    """Compile the same by the native engine, where gatedrnn-cpu is installed."""
    if not available():
        raise ImportError("gatedrnn-cpu")
    return our_program(layers, which, "native")


def nnx_program(layers: Net, which: Pass) -> Program:
    """Compile a pass of ``nnx.Bidirectional`` layers."""
    from flax import nnx as flax_nnx

    def both(pair: tuple[Problem, Problem]) -> Any:
        return flax_nnx.Bidirectional(*(nnx.recurrent(p.cell, p.params) for p in pair), time_major=True)

    def run_all(modules: Any, xs: Any) -> Any:
        for module in modules:
            xs = nnx.run_layer(module, xs)
        return xs

    return nnx.module_program(flax_nnx.List([both(pair) for pair in layers]), layers[0][0].xs, which, run_all)


def pytorch_program(layers: Net, which: Pass) -> Program:
    """Return a pass of one ``torch.nn`` module of three bidirectional layers."""
    import torch

    first = layers[0][0]
    kind = getattr(torch.nn, first.cell)
    module = kind(first.shape.in_dim, first.shape.hidden, DEPTH, bidirectional=True)
    for depth, (forward, backward) in enumerate(layers):
        pytorch.load_weights(module, f"l{depth}", forward.params)
        pytorch.load_weights(module, f"l{depth}_reverse", backward.params)
    return pytorch.module_program(module, first.xs, which)


def single_layers(layers: Net, which: Pass) -> Program:
    """Compile the six scans apart; a call runs one after another."""
    alone = []
    for forward, backward in layers:
        for given, reverse in ((forward, False), (backward, True)):
            alone.append(ours.layer_program(gr.scan(given.built, reverse=reverse), given, which))

    def call() -> None:
        for program in alone:
            program.call()

    return Program(call, sum(p.first_call_s for p in alone), sum(p.temporary_bytes or 0 for p in alone), None)


OURS = Contestant("ours", our_program)
CONTESTANTS = (
    OURS,
    Contestant("native", native_program),
    Contestant("single layers", single_layers),
    Contestant("nnx", nnx_program),
    Contestant("pytorch", pytorch_program),
)


def main(options: Options) -> None:
    """Run the races, print the tables, write the records."""
    console = tables.start()
    field = race.Field(CONTESTANTS, OURS, lambda cell, shape, reset: net(cell, shape))
    schedule = race.Schedule(options.cells, options.shapes, options.rounds, options.seconds)
    records, absent = race.run_all(schedule, field, console.print)
    tables.show(console, records, absent, ("native", "single layers", "nnx", "pytorch"))
    timing.write_results(options.path("bidirectional"), records, question=QUESTION, depth=DEPTH, absent=absent)


if __name__ == "__main__":
    main(tyro.cli(Options))
