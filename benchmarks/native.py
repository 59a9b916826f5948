"""How much processor time does the native engine take on one core, beside the fast engine and PyTorch?

taskset -c 0 python benchmarks/native.py [--shapes rl_tiny small] [--cells LSTM] [--rounds 7]

Processor time, not elapsed: it says what the work costs on a machine that others use as well. The
numbers are medians of rounds in milliseconds, with the smallest and the largest.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import torch
import tyro
from shapes import SHAPES, CellName, Shape, ShapeName

import gatedrnn as gr

Calls = tuple[Callable[[], object], Callable[[], object]]


@dataclasses.dataclass(frozen=True)
class Options:
    """How much processor time does the native engine take on one core?"""

    cells: tuple[CellName, ...] = ("LSTM", "GRU")
    shapes: tuple[ShapeName, ...] = ("rl_tiny", "small", "longT", "mid")
    rounds: int = 7


def ours(engine: str, cell: CellName, shape: Shape) -> Calls:
    """Return the forward pass and the training step of gatedrnn with this engine."""
    layer = gr.scan(getattr(gr, cell)(shape.hidden), engine=engine)
    params = layer.init(jax.random.key(0), shape.in_dim)
    xs = jax.random.normal(jax.random.key(1), (shape.length, shape.batch, shape.in_dim))
    forward = jax.jit(lambda params, xs: layer.apply(params, xs)[1])
    training = jax.jit(jax.value_and_grad(lambda params, xs: jnp.mean(forward(params, xs) ** 2), (0, 1)))
    return (lambda: jax.block_until_ready(forward(params, xs))), (lambda: jax.block_until_ready(training(params, xs)))


def pytorch(cell: CellName, shape: Shape) -> Calls:
    """Return the same of PyTorch."""
    layer = getattr(torch.nn, cell)(shape.in_dim, shape.hidden)
    xs = torch.randn(shape.length, shape.batch, shape.in_dim, requires_grad=True)

    def training() -> None:
        layer.zero_grad(set_to_none=True)
        xs.grad = None
        (layer(xs)[0] ** 2).mean().backward()

    return torch.no_grad()(lambda: layer(xs)), training


def main(options: Options) -> None:
    """Print a line for each cell, shape and pass."""
    torch.set_num_threads(1)
    for cell in options.cells:
        for name in options.shapes:
            shape = SHAPES[name]
            calls = {engine: ours(engine, cell, shape) for engine in ("native", "fast")} | {
                "pytorch": pytorch(cell, shape)
            }
            for i, which in enumerate(("forward", "training")):
                times = {who: timed(pair[i], options.rounds) for who, pair in calls.items()}
                print(cell, name, which, *(f"{who} {shown(each)}" for who, each in times.items()), flush=True)


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the processor time of each round in milliseconds, after one that does not count."""
    call()
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        times.append(1e3 * (time.process_time() - begin))
    return times


def shown(times: list[float]) -> str:
    """Return median, smallest and largest."""
    return f"{np.median(times):.2f} [{min(times):.2f}, {max(times):.2f}]"


if __name__ == "__main__":
    main(tyro.cli(Options))
