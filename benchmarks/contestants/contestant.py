"""What a contestant is: a framework's layer as compiled programs, on the same weights and inputs as all others."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from shapes import CELLS, PASSES, CellName, Pass, Shape

import gatedrnn as gr
from gatedrnn.convert.orders import ORDERS, reordered

TOLERANCE = 1e-4
"""Of the largest entry. Rounding in float32 was 1e-6 over a thousand steps; exchanged gates differ by more than 0.1."""


Reset: TypeAlias = Literal["after", "before"]


class Problem(NamedTuple):
    """A layer of given weights and its inputs ``[T, B, I]``, in float32."""

    cell: CellName
    shape: Shape
    reset: Reset
    """Where the reset gate of a GRU acts."""
    params: Any
    """Of ``gr.LSTM`` or ``gr.GRU``; ``b_h`` is zero, for flax.nnx has none."""
    xs: NDArray[Any]

    @property
    def built(self) -> Any:
        """The cell, as ours."""
        return gr.LSTM(self.shape.hidden) if self.cell == "LSTM" else gr.GRU(self.shape.hidden, reset=self.reset)

    def blocks(self, order: str) -> Any:
        """Return the parameters with the gates' blocks in another order, such as one of ``ORDERS``."""
        ours = ORDERS["gatedrnn"].lstm if self.cell == "LSTM" else ORDERS["gatedrnn"].gru
        given = {name: getattr(self.params, name) for name in ("w_x", "w_h", "b")}
        return self.params._replace(**{name: reordered(array, ours, order) for name, array in given.items()})


class Disagreement(Exception):
    """A contestant computes something else than ours."""


class Program(NamedTuple):
    """One pass of one contestant, compiled."""

    call: Callable[[], Any]
    """Runs it, and returns when the result is there."""
    first_call_s: float
    """Seconds of trace and compile, or of a first call where the framework does not compile."""
    temporary_bytes: int | None
    """What the program allocates besides inputs and outputs, where the framework says so."""
    read: Callable[[Any], NDArray[Any]] | None
    """Takes from a result what is compared: outputs ``[T, B, H]`` or input gradients ``[T, B, I]``; None: nothing."""
    start: Callable[[], Any] | None = None
    """Starts it and returns at once with a result to wait for, where the framework can, as on a GPU."""


class Contestant(NamedTuple):
    """A framework, by the programs that it makes."""

    name: str
    program: Callable[[Any, Pass], Program]
    """Of a problem and a pass ("forward" or "training"); raises ImportError where the framework is not installed."""
    passes: tuple[Pass, ...] = PASSES
    cells: tuple[CellName, ...] = CELLS
    reset: Reset = "after"
    """Which GRU it is; an LSTM has no such gate, and is the same with both."""

    def label(self, cell: CellName) -> str:
        """Return the name in a table, with the GRU's form where it is another than everybody's."""
        name = self.name.removesuffix("_reset_before")
        return f"{name} (reset before)" if cell == "GRU" and self.reset == "before" else name


def problem(cell: CellName, shape: Shape, reset: Reset = "after", seed: int = 0) -> Problem:
    """Draw weights, all biases but ``b_h`` included, and inputs."""
    rng = np.random.default_rng(seed)
    blank = Problem(cell, shape, reset, None, np.zeros(0))
    params = jax.tree.map(np.asarray, blank.built.init(jax.random.key(seed), shape.in_dim))
    params = params._replace(b=rng.normal(size=params.b.shape).astype(np.float32) / 4)
    xs = rng.normal(size=(shape.length, shape.batch, shape.in_dim)).astype(np.float32)
    return blank._replace(params=params, xs=xs)


def jax_program(
    which: Pass, apply: Callable[[Any, Any], Any], params: Any, xs: NDArray[Any], *, batch_major: bool = False
) -> Program:
    """Compile a pass of ``apply(params, xs) -> ys``; inputs are brought into their layout beforehand."""

    def loss(params: Any, xs: Any) -> Any:
        return jnp.mean(apply(params, xs) ** 2)

    function = apply if which == "forward" else jax.value_and_grad(loss, argnums=(0, 1))
    arguments = jax.tree.map(jnp.asarray, (params, np.ascontiguousarray(xs.swapaxes(0, 1)) if batch_major else xs))
    started = time.perf_counter()
    compiled = jax.jit(function).lower(*arguments).compile()
    seconds = time.perf_counter() - started
    memory = compiled.memory_analysis()

    def read(result: Any) -> NDArray[Any]:
        array = np.asarray(result if which == "forward" else result[1][1])
        return array.swapaxes(0, 1) if batch_major else array

    return Program(
        lambda: jax.block_until_ready(compiled(*arguments)),
        seconds,
        None if memory is None else int(memory.temp_size_in_bytes),
        read,
        lambda: compiled(*arguments),
    )


def check(label: str, program: Program, expected: NDArray[Any]) -> float | None:
    """Return the largest difference from what ours computes, relative to its largest entry; None: not comparable.

    Raises:
        Disagreement: where it is no rounding, so that something else would be timed.
    """
    if program.read is None:
        return None
    found = program.read(program.call())
    if found.shape != expected.shape:
        raise Disagreement(f"{label}: expected a result of shape {expected.shape}, got {found.shape}")
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not error < TOLERANCE:
        raise Disagreement(f"{label}: expected ours within {TOLERANCE}, got a relative difference of {error:.1e}")
    return error
