"""The forms in which the fast engine may run, and the rule by which ``engine="auto"`` chooses one.

All forms have the same values and gradients up to rounding; they differ in time and memory alone.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells.optional import optional_method
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.blocks import divisor_near, spread_explicitly
from gatedrnn.layers.inputs import is_prepared
from gatedrnn.layers.sequence import first_input

if TYPE_CHECKING:
    from gatedrnn.types import GatedCell, Params


@config
class FastForm:
    """How the fast engine runs; given as ``gr.scan(cell, engine=FastForm(...))`` it is not chosen by shape.

    Attributes:
        project: steps whose inputs are projected by one matrix product. 1 projects inside the scan, T or more before
            it. 0 projects no input by itself: input and carried output go through one product in each step, in a
            cell that has ``joint``.
        recompute: 0 saves in the forward scan what the derivative of each gate needs. k saves carries alone: the
            backward pass computes the gates again, k steps at a time, by one matrix product without recurrence.

    Raises:
        InputError: where one is no int, or negative.

    Example:
        >>> import gatedrnn as gr
        >>> gr.scan(gr.LSTM(8), engine=FastForm(project=16, recompute=32)).engine
        FastForm(project=16, recompute=32)
    """

    project: int = 1
    recompute: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers of steps that no form has."""
        for name, steps in (("project", self.project), ("recompute", self.recompute)):
            if type(steps) is not int or steps < 0:
                raise InputError(f"{name}: expected an int that is not negative, got {steps!r}")


FEW_ROWS = 16
"""Batch up to which a projection inside the scan wastes the bandwidth that its matrix needs."""
SMALL_MATRIX = 2**15
"""Numbers of an input matrix up to which that does not matter."""
PROJECTED_ROWS = 512
"""Rows of a product that projects some steps of a small batch at a time."""
PROJECTED_STEPS = 32
"""Steps that are projected at a time where a larger batch has many, and a small matrix."""
JOINT_MATRIX = 2**15
"""Numbers of both matrices up to which one product of both is faster than two."""
LEFT_IN_CACHE = 5 * 2**19
"""Numbers that a forward scan may save for the backward pass before recomputing them is faster."""
ACCUMULATED = 2**19
"""Numbers of both matrices up to which adding up their gradients block by block is cheap."""
BLOCK = 5 * 2**16
"""Numbers of all gates in a block that is computed again: they fit in a core's cache (1.25 MiB of float32)."""


def choose(cell: GatedCell, params: Params, xs: Any, axes: int) -> FastForm:
    """Choose by backend and shape; under ``jax.vmap`` the shape is that of one member.

    The numbers come from ``python benchmarks/forms.py``, on two cores of a CPU:

    - A product of few rows by a large matrix is slow, so inputs are projected some steps at a time where the batch is
      small and the matrix is not.
    - Two small products take longer than one, so a cell that has ``joint`` uses it where its matrices are small.
    - Arrays saved for the backward pass leave the cache where there are many steps, and each of their pages is
      mapped anew in each call: gates are computed again instead, in blocks that stay in the cache, unless the
      gradients of the matrices, added up block by block, leave it as well. There, a small matrix is faster where it
      projects some steps at a time.

    Elsewhere a step is expected to be bound by the launch of its kernels, of which a projection before the scan needs
    fewer; ``make bench-gpu`` has yet to say so.

    Args:
        cell: the cell that is scanned.
        params: the parameters of the cell, as it has prepared them.
        xs: the inputs of all steps, as the cell has prepared them.
        axes: how many axes of time and batch lead in them.
    """
    if spread_explicitly(xs):
        return FastForm()  # the axes of an explicit mesh are not merged with others
    leaves = jax.tree.leaves(xs[0] if is_prepared(xs) else xs)
    (length, *batch), in_dim = leaves[0].shape[:axes], sum(math.prod(leaf.shape[axes:]) for leaf in leaves)
    if not all(isinstance(size, int) for size in (length, *batch, in_dim)):
        return FastForm()  # a program that is exported for any size is in the form that needs to know none
    if jax.default_backend() != "cpu":
        return FastForm(project=max(length, 1))
    z = jax.eval_shape(lambda x: cell.project(params, x), first_input(xs))
    width = sum(leaf.shape[-1] for leaf in jax.tree.leaves(z))
    forms = on_cpu(length, math.prod(batch), in_dim, cell.out_dim, width)
    return forms if forms.project or optional_method(cell, "joint") else dataclasses.replace(forms, project=1)


def on_cpu(length: int, batch: int, in_dim: int, hidden: int, width: int) -> FastForm:
    """Return the forms for a CPU, of a cell that has ``joint``; ``width`` is G*H, the columns of all gates."""
    if length * batch == 0:
        return FastForm()
    matrices = (in_dim + hidden) * width
    recompute = 0
    if length * batch * width > LEFT_IN_CACHE and matrices <= ACCUMULATED:
        recompute = divisor_near(length, max(BLOCK // (batch * width), 4))
    if batch <= FEW_ROWS and in_dim * width > SMALL_MATRIX:
        project = divisor_near(length, min(max(PROJECTED_ROWS // batch, 16), 64))
    elif recompute and in_dim * width <= SMALL_MATRIX:
        project = divisor_near(length, PROJECTED_STEPS)
    else:
        project = 0 if matrices <= JOINT_MATRIX else 1
    return FastForm(project, recompute)
