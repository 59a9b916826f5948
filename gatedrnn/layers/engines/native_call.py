"""Calls of the native kernels through XLA's foreign function interface, and their derivatives.

The first derivative is a kernel's. Every further one is the reference engine's: both kernels have a rule of forward
mode that runs it, of which JAX makes reverse mode too.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM, LSTMCarry
from gatedrnn.cells.min_gru import MinGRU
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.errors import InputError, needed
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jax import Array

    from gatedrnn.types import Carry, Params

PACKAGE = "gatedrnn_cpu"
KINDS = (LSTM, GRUResetAfter, SimpleRNN, MinGRU, GRUResetBefore)
"""The cells, in the order in which ``native/src/call.h`` numbers them."""
INSTRUCTION_SETS = ("portable", "avx2", "avx512")
"""What the kernels are compiled for, in the order of ``call.h``; the last that the machine has is taken."""
SET_SETTING = "GATEDRNN_NATIVE_SET"
"""The environment variable that names another of them, to measure or test it."""


class Operands(NamedTuple):
    """What a layer is differentiated with respect to."""

    params: Params
    start: Carry
    """[B, H] each."""
    initial: Carry
    x: Array
    """[T, B, I]."""


def available() -> bool:
    """Whether the package of the kernels is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def library_path() -> Path:
    """Return where the kernels lie."""
    return importlib.import_module(PACKAGE).LIBRARY


@cache
def library() -> ctypes.CDLL:
    """Load the kernels, and tell XLA of them."""
    with needed('engine: "native" needs gatedrnn-cpu', PACKAGE, "gatedrnn-cpu"):
        loaded = ctypes.CDLL(str(library_path()))
    for name in ("gatedrnn_forward", "gatedrnn_backward"):
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(getattr(loaded, name)), platform="cpu")
    loaded.gatedrnn_kept.argtypes = [ctypes.c_int64] * 5
    loaded.gatedrnn_kept.restype = ctypes.c_int64
    loaded.gatedrnn_has.argtypes = [ctypes.c_int64]
    loaded.gatedrnn_has.restype = ctypes.c_bool
    return loaded


def instruction_set() -> int:
    """Return the number of the instruction set that a program is traced for.

    Raises:
        InputError: where the environment names one that there is not, or that this machine lacks.
    """
    there = [name for number, name in enumerate(INSTRUCTION_SETS) if library().gatedrnn_has(number)]
    name = os.environ.get(SET_SETTING, there[-1])
    if name not in there:
        raise InputError(f"{SET_SETTING}: expected one of {', '.join(there)}, got {name!r}")
    return INSTRUCTION_SETS.index(name)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def scanned(plan: ScanPlan, operands: Operands, flags: tuple[Array, Array]) -> tuple[Carry, Array]:
    """Return the final carry and the outputs ``[T, B, H]``.

    Args:
        plan: the cell, and how it is scanned.
        operands: parameters, carries and inputs.
        flags: whether each step exists, and whether it is reset before, ``[T, B]``; empty where all are or none is.
    """
    return _forward(plan, False, operands, flags)[0]


def _scanned_forward(plan: ScanPlan, operands: Operands, flags: Any) -> Any:
    out, kept = _forward(plan, True, operands, flags)
    return out, (operands, flags, out[1], kept)


def _scanned_backward(plan: ScanPlan, saved: Any, cotangents: Any) -> tuple[Operands, None]:
    return _backward(plan, *saved, cotangents), None


scanned.defvjp(_scanned_forward, _scanned_backward)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _forward(plan: ScanPlan, keep: bool, operands: Operands, flags: Any) -> tuple[tuple[Carry, Array], Array]:
    """Return the final carry and the outputs, and what the backward pass needs: nothing unless ``keep``."""
    (length, batch, _), hidden = operands.x.shape, plan.cell.hidden
    which = instruction_set(), KINDS.index(type(plan.cell))
    kept = library().gatedrnn_kept(*which, length, batch, hidden) * keep
    carry = jax.tree.leaves(operands.start)
    shapes = [(length, batch, hidden), (batch, hidden), (batch, hidden) if len(carry) > 1 else (0,), (kept,)]
    ys, h, c, kept = _call("gatedrnn_forward", plan, shapes, _arguments(operands, flags), keep=keep)
    return (_carry(plan, h, c), ys), kept


@_forward.defjvp
def _(plan: ScanPlan, keep: bool, primals: Any, tangents: Any) -> Any:
    operands, flags = primals
    out, kept = _forward(plan, keep, operands, flags)
    _, d_out = jax.jvp(partial(_reference, plan, flags), (operands,), (tangents[0],))
    # What is kept is read by the backward kernel alone, whose own rule needs no tangent of it.
    return (out, kept), (d_out, jnp.zeros_like(kept))


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _backward(plan: ScanPlan, operands: Operands, flags: Any, ys: Array, kept: Array, cotangents: Any) -> Operands:
    """Return the cotangents of the operands."""
    d_end, d_ys = cotangents
    arguments = [*_arguments(operands, flags), ys, kept, d_ys, *_pair(d_end)]
    shapes = [leaf.shape for leaf in (operands.x, *_weights(operands.params), *_pair(operands.start))]
    shapes += [leaf.shape for leaf in _pair(operands.initial)]
    x, *weights, h, c, h_initial, c_initial = _call("gatedrnn_backward", plan, shapes, arguments)
    named = dict(zip(("w_x", "w_h", "b", "b_h"), weights, strict=True))
    params = type(operands.params)(**{name: named[name] for name in operands.params._fields})
    return Operands(params, _carry(plan, h, c), _carry(plan, h_initial, c_initial), x)


@_backward.defjvp
def _(plan: ScanPlan, primals: Any, tangents: Any) -> Any:
    operands, flags, _, _, cotangents = primals

    def pulled(operands: Operands, cotangents: Any) -> Operands:
        return jax.vjp(partial(_reference, plan, flags), operands)[1](cotangents)[0]

    _, d_pulled = jax.jvp(pulled, (operands, cotangents), (tangents[0], tangents[4]))
    return _backward(plan, *primals), d_pulled


def _reference(plan: ScanPlan, flags: Any, operands: Operands) -> tuple[Carry, Array]:
    valid, reset = (flag if flag.size else None for flag in flags)
    return REFERENCE.run(plan, operands.params, operands.start, operands.initial, Steps(operands.x, valid, reset))


def _call(name: str, plan: ScanPlan, shapes: Sequence[tuple[int, ...]], arguments: list[Array], **how: Any) -> Any:
    """Call a kernel; its results have these shapes, and vary over the axes of ``shard_map`` that any argument does."""

    def like(*arguments: Array) -> list[Array]:
        together = jnp.stack([argument.astype(jnp.float32).sum() for argument in arguments]).sum()
        return [jnp.broadcast_to(together, shape) for shape in shapes]

    results = jax.eval_shape(like, *arguments)
    how |= {"set": instruction_set(), "cell": KINDS.index(type(plan.cell)), "reverse": plan.reverse}
    return jax.ffi.ffi_call(name, results, vmap_method="broadcast_all")(*arguments, **how)


def _arguments(operands: Operands, flags: tuple[Array, Array]) -> list[Array]:
    weights = _weights(operands.params)
    return [operands.x, *weights, *_pair(operands.start), *_pair(operands.initial), *flags]


def _weights(params: Params) -> list[Array]:
    """Return ``w_x, w_h, b, b_h``, empty where the cell has none."""
    return [getattr(params, name, jnp.zeros(0, jnp.float32)) for name in ("w_x", "w_h", "b", "b_h")]


def _pair(carry: Carry) -> list[Array]:
    """Return h and c, which is empty but in an LSTM."""
    leaves = jax.tree.leaves(carry)
    return [*leaves, jnp.zeros(0, jnp.float32)][:2]


def _carry(plan: ScanPlan, h: Array, c: Array) -> Carry:
    return LSTMCarry(h, c) if type(plan.cell) is LSTM else h
