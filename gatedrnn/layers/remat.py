"""Rematerialisation: the backward pass computes segments of the sequence again, instead of having saved them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import jax

from gatedrnn.errors import InputError
from gatedrnn.layers.blocks import divisor_near, scan_blocks

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.layers.sequence import Steps
    from gatedrnn.types import Carry

Remat: TypeAlias = int | Literal["sqrt"] | None


def check_remat(remat: Any) -> None:
    """Raise ``ValueError`` unless ``remat`` is None, a positive int or "sqrt"."""
    if remat is None or remat == "sqrt" or (type(remat) is int and remat > 0):
        return
    raise InputError(f'remat: expected None, a positive int or "sqrt", got {remat!r}')


def in_segments(
    run: Callable[[Carry, Steps], tuple[Carry, Array]], start: Carry, steps: Steps, remat: Remat, *, reverse: bool
) -> tuple[Carry, Array]:
    """Do what ``run(start, steps)`` does, and save for its derivative only the carry between segments."""
    if remat is None:
        return run(start, steps)
    length = jax.tree.leaves(steps)[0].shape[0]
    if not isinstance(length, int):
        raise InputError(f"remat: expected None where the number of steps is a symbol, {length}; got {remat!r}")
    size = divisor_near(length, math.isqrt(max(length - 1, 0)) + 1) if remat == "sqrt" else remat
    again = jax.checkpoint(run)
    return scan_blocks(lambda carry, part, _: again(carry, part), start, steps, None, size, reverse=reverse)
