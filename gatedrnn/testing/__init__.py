"""The laws that hold for every cell and layer, checked on a user's own as on the library's; no room imports it.

Each law is a function of its own, in the tables below, with its statement as its docstring:

| table | laws of |
|---|---|
| ``LAYER_LAWS`` | layers: time, padding, resets, batch, types and devices |
| ``CELL_LAWS`` | cells: scan, stack, reverse, engines, low precision |
| ``GATED_LAWS`` | cells with ``project``, ``recur`` and ``gate`` |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers.scan import scan
from gatedrnn.testing import batch_laws, cell_laws, gate_laws, padding_laws, program_laws, reset_laws, time_laws
from gatedrnn.testing.probe import Probe
from gatedrnn.types import GatedCell

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Key

    from gatedrnn.types import Cell, InDim, Layer

LAYER_LAWS = (*time_laws.LAWS, *padding_laws.LAWS, *reset_laws.LAWS, *batch_laws.LAWS, *program_laws.LAWS)
CELL_LAWS = cell_laws.LAWS
GATED_LAWS = gate_laws.LAWS


def check_layer(
    layer: Layer,
    *,
    in_dim: InDim = 3,
    key: Key[Array, ""] | None = None,
    inputs: Callable[[Key[Array, ""], tuple[int, ...]], Any] | None = None,
) -> None:
    """Check every law that holds for a layer, on small random sequences ``[6, 4, in_dim]``.

    Equal means equal in every bit where the same numbers are computed in the same way (padding, resets), else
    equal to rounding: ``compare.tolerance`` of the coarsest type's eps and of the number of operations in a row.
    What is checked over devices uses two where the machine shows two.

    Args:
        layer: any ``Layer``, hashable as frozen dataclasses are.
        in_dim: I, the features of the input, or what ``init`` takes for it.
        key: the key for parameters and inputs; None is ``jax.random.key(0)``.
        inputs: ``inputs(key, leading)`` draws an input with these leading axes, ``[T, *B]``; None draws normal
            ``[T, *B, I]``.

    Raises:
        AssertionError: naming the law, the layer and the numbers.
        InputError: where there is no layer to check, or no key.

    Example:
        >>> import gatedrnn as gr
        >>> def tokens(key, leading):
        ...     return jax.random.randint(key, leading, 0, 5)
        >>> check_layer(gr.embed(2), in_dim=5, inputs=tokens)
    """
    if not checks.is_made(layer, "init", "initial_carry", "step", "apply"):
        raise InputError(f"layer: expected a layer, with init, initial_carry, step and apply; got {checks.said(layer)}")
    with jax.default_matmul_precision("highest"):
        probe = Probe(layer, in_dim, key, inputs)
        for law in LAYER_LAWS:
            _check(law, layer, probe)


def check_cell(
    cell: Cell,
    *,
    in_dim: InDim = 3,
    key: Key[Array, ""] | None = None,
    inputs: Callable[[Key[Array, ""], tuple[int, ...]], Any] | None = None,
) -> None:
    """Check every law that holds for a cell, and for the layer ``gr.scan(cell)``, on small random sequences.

    Args:
        cell: any ``Cell``, hashable as frozen dataclasses are; a ``GatedCell`` is checked as such too.
        in_dim: I, the features of the input, or what ``init`` takes for it.
        key: the key for parameters and inputs; None is ``jax.random.key(0)``.
        inputs: ``inputs(key, leading)`` draws an input, as in ``check_layer``.

    Raises:
        AssertionError: naming the law, the cell and the numbers.
        InputError: where there is no cell to check, or no key.

    Example:
        >>> import gatedrnn as gr
        >>> gr.testing.check_cell(gr.GRU(2, reset="before"))
    """
    with jax.default_matmul_precision("highest"):
        probe = Probe(scan(cell), in_dim, key, inputs)
        for law in CELL_LAWS + (GATED_LAWS if isinstance(cell, GatedCell) else ()):
            _check(law, cell, probe, cell)
        for law in LAYER_LAWS:
            _check(law, cell, probe)


def _check(law: Callable[..., None], subject: Any, *args: Any) -> None:
    try:
        law(*args)
    except Exception as error:
        statement = (law.__doc__ or "").splitlines()[0]
        numbers = error if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        raise AssertionError(f"{subject!r} breaks the law {law.__name__}: {statement}\n{numbers}") from error


__all__ = ["CELL_LAWS", "GATED_LAWS", "LAYER_LAWS", "check_cell", "check_layer"]
