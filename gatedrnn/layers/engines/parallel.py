"""The engine that solves all steps at once, by Newton's method, and answers by a scan where that does not converge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import choice, whole
from gatedrnn.cells.cotangents import differentiable, zeros
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.parallel.adjoint import Saved, gradients
from gatedrnn.layers.parallel.answer import answered
from gatedrnn.layers.parallel.jacobians import METHODS, Method, exact_method
from gatedrnn.layers.parallel.steps import last_of, one_by_one
from gatedrnn.layers.parallel.trajectory import Solver, Statistics, trajectory
from gatedrnn.layers.parallel.units import why_not_by_unit
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@config
class Parallel:
    """Serves a ``GatedCell`` whose carry is real numbers, without forward mode; made by ``gr.parallel``.

    Attributes:
        method: what stands for the Jacobians, as ``gr.parallel`` says.
        iterations: the number of corrections after which the scan answers instead.
        tolerance: the error that a trajectory may have; None is ``eps ** 0.8``.
    """

    method: Method = "newton"
    iterations: int = 100
    tolerance: float | None = None

    name: ClassVar[str] = "parallel"
    automatic: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what says no way to solve anything."""
        choice("method", self.method, METHODS)
        whole("iterations", self.iterations)
        if self.tolerance is not None and not (isinstance(self.tolerance, float) and self.tolerance > 0):
            raise InputError(f"tolerance: expected None or a positive float, got {self.tolerance!r}")

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that is no ``GatedCell``."""
        return None if is_gated(cell) else f'expected "auto" or "reference", as {cell!r} has no project, recur and gate'

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse a carry that counts, and steps of which nobody knows how many there are."""
        length = jax.tree.leaves(steps)[0].shape[0]
        if not isinstance(length, int):
            return f"expected another than {self.name}, as the steps are {length}"
        if not all(differentiable(leaf) for leaf in jax.tree.leaves(start)):
            return f"expected another than {self.name}, as the carry has whole numbers, which no derivative corrects"
        return None

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: tests of their own compare the methods, each a long program."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start``."""
        if jax.tree.leaves(steps)[0].shape[0] == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        solved, ys = self.solved(plan, params, start, initial, steps, None)
        return solved.last, ys

    def solved(
        self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
    ) -> tuple[Solved, Array]:
        """Return what was found, and the outputs; a guess is the carries that steps leave, ``[T, *B, ...]``."""
        method = self.method
        if method == "newton":
            method = exact_method(plan.cell)
        elif reason := why_not_by_unit(plan.cell, start):
            raise InputError(f'method: expected "newton" for {plan.cell!r}, as "{method}" needs {reason}')
        if guess is None:
            length = jax.tree.leaves(steps)[0].shape[0]
            guess = jax.tree.map(lambda leaf: jnp.zeros((length, *leaf.shape), leaf.dtype) + 0 * leaf, start)
        return _solved(plan, Solver(method, self.iterations, self.tolerance), params, start, initial, steps, guess)


PARALLEL = Parallel()


class Solved(NamedTuple):
    """What stands in the place of the carry where everything that was found is returned."""

    last: Carry
    states: Carry
    """The carry that each step leaves, ``[T, *B, ...]``."""
    statistics: Statistics


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _solved(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry
) -> tuple[Solved, Array]:
    states, ys, statistics = trajectory(plan, solver, params, start, initial, steps, guess)
    scanned = partial(one_by_one, plan)
    states, ys = answered(statistics.converged, (states, ys), scanned, params, start, initial, steps)
    return Solved(last_of(states, reverse=plan.reverse), states, statistics), ys


def _forward(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry
) -> tuple[Any, Any]:
    out: Any = _solved(plan, solver, params, start, initial, steps, guess)
    return out, Saved(params, start, initial, steps, out[0].states)


def _backward(plan: ScanPlan, solver: Solver, saved: Saved, cotangents: tuple[Solved, Array]) -> tuple[Any, ...]:
    """Return the cotangents of params, start, initial carry, steps and guess, which changes nothing that is found."""
    d_found, d_ys = cotangents
    exact = solver.method == exact_method(plan.cell)
    iterations = 1 if exact else solver.iterations
    d_params, d_start, d_initial, d_steps = gradients(plan, solver.method, iterations, saved, (d_found.last, d_ys))
    return d_params, d_start, d_initial, d_steps, zeros(saved.states)


_solved.defvjp(_forward, _backward)
