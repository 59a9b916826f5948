"""The engine that solves all steps at once, by Newton's method, and answers by a scan where that does not converge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import jax

from gatedrnn.arguments import choice, whole
from gatedrnn.cells.cotangents import differentiable, known, zeros
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.forward_mode import refuse_forward_mode
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.parallel.adjoint import Backward, Cotangents, Saved, gradients
from gatedrnn.layers.parallel.answer import answered
from gatedrnn.layers.parallel.jacobians import METHODS, Method, exact_method
from gatedrnn.layers.parallel.refused import no_linear_backward
from gatedrnn.layers.parallel.steps import last_of, one_by_one
from gatedrnn.layers.parallel.trajectory import Solver, Statistics, trajectory
from gatedrnn.layers.parallel.units import why_not_by_unit
from gatedrnn.layers.parallel.windows import window_of
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
        window: the number of steps that are solved at once; None is as ``window_of`` says.
    """

    method: Method = "newton"
    iterations: int = 50
    tolerance: float | None = None
    window: int | None = None

    name: ClassVar[str] = "parallel"
    automatic: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what says no way to solve anything."""
        choice("method", self.method, METHODS)
        whole("iterations", self.iterations)
        if self.window is not None:
            whole("window", self.window)
        if self.tolerance is not None and not (isinstance(self.tolerance, float) and self.tolerance > 0):
            raise InputError(f"tolerance: expected None or a positive float, got {self.tolerance!r}")

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that is no ``GatedCell``, and one that clips cotangents: they are no linear recurrence then."""
        return no_linear_backward(cell)

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
        refuse_forward_mode(self.name, params, start, steps)
        if jax.tree.leaves(steps)[0].shape[0] == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        return _run(plan, self._solver(plan.cell, start, steps), params, start, initial, steps)

    def solved(
        self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
    ) -> tuple[Solved, Array]:
        """Return what was found, and the outputs; a guess is the carries that steps leave, ``[T, *B, ...]``."""
        refuse_forward_mode(self.name, params, start, steps)
        return _solved(plan, self._solver(plan.cell, start, steps), params, start, initial, steps, guess)

    def _solver(self, cell: Any, start: Carry, steps: Steps) -> Solver:
        method = self.method
        if method == "newton":
            method = exact_method(cell)
        elif reason := why_not_by_unit(cell, start):
            raise InputError(f'method: expected "newton" for {cell!r}, got "{method}", which needs {reason}')
        window = window_of(jax.tree.leaves(steps)[0].shape[0], self.window)
        return Solver(method, self.iterations, self.tolerance, window)


PARALLEL = Parallel()


class Solved(NamedTuple):
    """What stands in the place of the carry where everything that was found is returned."""

    last: Carry
    states: Carry
    """The carry that each step leaves, ``[T, *B, ...]``."""
    statistics: Statistics


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _run(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps
) -> tuple[Carry, Array]:
    """Return the last carry and the outputs alone: what cotangents of all states would cost, nobody pays."""
    solved, ys = _found(plan, solver, params, start, initial, steps, None)
    return solved.last, ys


def _run_forward(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps
) -> tuple[tuple[Carry, Array], Saved]:
    solved, ys = _found(plan, solver, params, start, initial, steps, None)
    return (solved.last, ys), Saved(params, start, initial, steps, solved.states)


def _run_backward(plan: ScanPlan, solver: Solver, saved: Saved, cotangents: tuple[Carry, Array]) -> tuple[Any, ...]:
    return gradients(plan, _how(plan, solver), saved, Cotangents(known(cotangents[0]), cotangents[1], None))


_run.defvjp(_run_forward, _run_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _solved(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
) -> tuple[Solved, Array]:
    return _found(plan, solver, params, start, initial, steps, guess)


def _solved_forward(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
) -> tuple[tuple[Solved, Array], tuple[Saved, Carry | None]]:
    solved, ys = _found(plan, solver, params, start, initial, steps, guess)
    return (solved, ys), (Saved(params, start, initial, steps, solved.states), guess)


def _solved_backward(
    plan: ScanPlan, solver: Solver, kept: tuple[Saved, Carry | None], cotangents: tuple[Solved, Array]
) -> tuple[Any, ...]:
    """Return the cotangents of params, start, initial carry, steps and guess, which changes nothing that is found."""
    (saved, guess), (d_found, d_ys) = kept, cotangents
    d = Cotangents(known(d_found.last), d_ys, known(d_found.states))
    return *gradients(plan, _how(plan, solver), saved, d), zeros(guess)


_solved.defvjp(_solved_forward, _solved_backward)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _found(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
) -> tuple[Solved, Array]:
    states, ys, statistics = trajectory(plan, solver, params, start, initial, steps, guess)
    scanned = partial(one_by_one, plan, params, start, initial, steps)
    states, ys = answered(statistics.converged, (states, ys), scanned)
    return Solved(last_of(states, reverse=plan.reverse), states, statistics), ys


@_found.defjvp
def _(plan: ScanPlan, solver: Solver, primals: Any, tangents: Any) -> Any:
    """Differentiate what a scan does, which is the same: for second derivatives alone."""
    out: Any = _found(plan, solver, *primals)

    def scanned(params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None) -> Any:
        del guess
        states, ys = one_by_one(plan, params, start, initial, steps)
        statistics = jax.tree.map(jax.lax.stop_gradient, out[0].statistics)
        return Solved(last_of(states, reverse=plan.reverse), states, statistics), ys

    return out, jax.jvp(scanned, primals, tangents)[1]


def _how(plan: ScanPlan, solver: Solver) -> Backward:
    exact = solver.method == exact_method(plan.cell)
    return Backward(solver.method, 1 if exact else solver.iterations, solver.window)
