"""``gr.parallel``: a cell becomes a layer that finds all steps at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.parallel import Parallel, Solved
from gatedrnn.layers.parallel.jacobians import Method
from gatedrnn.layers.parallel.trajectory import Statistics
from gatedrnn.layers.scan import Scan, scan

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Shaped

    from gatedrnn.layers.engines.base import ScanPlan
    from gatedrnn.layers.sequence import Steps
    from gatedrnn.types import Carry, Cell, Params


class Solution(NamedTuple):
    """What ``apply`` returns, and how it was found."""

    carry: Carry
    ys: Shaped[Array, "T *B O"]
    states: Carry
    """The carry that each step leaves, ``[T, *B, ...]``: a guess for parameters that are a little different."""
    statistics: Statistics


class Agreement(NamedTuple):
    """How far a layer is from the scan of its cell: largest differences, relative to 1 or the largest number there."""

    carry: Float[Array, ""]
    outputs: Float[Array, ""]
    gradient: Float[Array, ""]
    """Of the parameters' gradient of a weighted sum of all outputs."""
    statistics: Statistics


@config
class ParallelScan(Scan):
    """A cell applied along time, all steps at once; made by ``gr.parallel``, where everything is said."""

    def solve(self, params: Params, xs: Any, *, guess: Carry | None = None, **steps: Any) -> Solution:
        """Return what ``apply`` does, the states of all steps, and what finding them took.

        Args:
            params: the parameters that ``init`` drew.
            xs: the input sequences, ``[T, *B, I]``.
            guess: the states to begin with, such as those that the last optimiser step has found on the same
                sequences; None holds the carry before each window. It changes what is found by no more than the
                tolerance.
            steps: the carry, lengths, mask, resets and key of ``apply``.

        Raises:
            InputError: where the guess is no carry of each step, and as ``apply`` does.

        Example:
            >>> import gatedrnn as gr
            >>> layer, xs = gr.parallel(gr.GRU(4)), jax.random.normal(jax.random.key(1), (100, 3))
            >>> params = layer.init(jax.random.key(0), in_dim=3)
            >>> found = layer.solve(params, xs)
            >>> again = layer.solve(params, xs, guess=found.states)
            >>> bool(found.statistics.converged), int(again.statistics.iterations) < int(found.statistics.iterations)
            (True, True)
        """
        engine = self.engine if isinstance(self.engine, Parallel) else Parallel()
        solved, ys = Scan(self.cell, self.reverse, _Guided(engine, guess)).apply(params, xs, **steps)
        return Solution(solved.last, ys, solved.states, solved.statistics)

    def agreement(self, params: Params, xs: Any, **steps: Any) -> Agreement:
        """Return how far this layer is from ``gr.scan(cell)`` on these sequences, in values and in a gradient.

        Args:
            params: the parameters that ``init`` drew.
            xs: the input sequences, ``[T, *B, I]``.
            steps: the carry, lengths, mask, resets and key of ``apply``.

        Raises:
            InputError: as ``apply`` does.

        Example:
            >>> import gatedrnn as gr
            >>> layer, xs = gr.parallel(gr.GRU(4)), jax.random.normal(jax.random.key(1), (100, 3))
            >>> near = layer.agreement(layer.init(jax.random.key(0), in_dim=3), xs)
            >>> bool(near.outputs < 1e-5), bool(near.gradient < 1e-5), bool(near.statistics.converged)
            (True, True, True)
        """

        def found(layer: Scan, params: Params) -> tuple[Any, Params]:
            out, pull = jax.vjp(lambda params: layer.apply(params, xs, **steps), params)
            weights = jnp.cos(jnp.arange(out[1].size)).reshape(out[1].shape).astype(out[1].dtype)
            return out, pull((jax.tree.map(jnp.zeros_like, out[0]), weights))[0]

        @jax.jit
        def agreement(params: Params) -> Agreement:
            (own, d_own), (other, d_other) = found(self, params), found(scan(self.cell, reverse=self.reverse), params)
            statistics = self.solve(params, xs, **steps).statistics
            return Agreement(_apart(own[0], other[0]), _apart(own[1], other[1]), _apart(d_own, d_other), statistics)

        return agreement(params)


def parallel(
    cell: Cell,
    *,
    method: Method = "newton",
    reverse: bool = False,
    iterations: int = 50,
    tolerance: float | None = None,
    window: int | None = None,
) -> ParallelScan:
    """Make a layer that finds all steps of a cell at once: parameters, carry and outputs of ``gr.scan(cell)``.

    .. code-block:: text

        r[t] = step(s[t - 1]) - s[t]         how far the states are from a trajectory
        d[t] = A[t] d[t - 1] + r[t]          one linear recurrence over time
        s[t] = step((s + d)[t - 1])          four times; until d is as small as the tolerance, and once more

    Work is many times that of a scan, in loops of few turns over many steps. It converges where differences
    between trajectories die out (``gr.lyapunov`` is negative). Where it does not, or where roundings grow to more than
    four times the tolerance, a scan answers in the same call, so that what comes out is right either way; ``solve``
    says which it was. Gradients are those of the true Jacobian.

    Args:
        cell: a ``GatedCell`` whose carry is real numbers.
        method: what stands for the Jacobian of a step, A. "newton" is the whole one: few iterations, n^3 work for a
            carry of n numbers, n where units see themselves alone, as in a ParaGRU. "block" is what each unit makes of
            itself, "gate" what it does so while the recurrent product is held fixed: more iterations, work like n; both
            for a cell whose gate is elementwise, its carry of arrays ``[*B, H]``.
        reverse: consume the last step first, as in ``gr.scan``.
        iterations: the number of corrections of a window after which the scan answers instead. Each carries what is
            right five steps on, whatever the cell is; what 50 of them have not solved, half of the shortest window by
            then, is being solved step by step.
        tolerance: the error of a state, relative to 1 and itself, that may be left; None is ``eps ** 0.8``, 3e-6 for
            float32.
        window: the number of steps that are solved at once, one window after the other, each from where the one before
            it ended. A longer one leaves more to do at once, and needs memory of some thirty times its states. None is
            a sixteenth of all steps, and at least 512.

    Raises:
        InputError: where an argument is none of these, or the cell is no ``GatedCell``; ``apply`` raises it for a carry
            with whole numbers and for cells that a method does not fit, and as in ``gr.scan``.

    Source: Lim et al. 2024, arXiv 2309.12252 ("newton"); Gonzalez et al. 2024, arXiv 2407.19115 ("block").

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.parallel(gr.GRU(4))
        >>> params, xs = layer.init(jax.random.key(0), in_dim=3), jnp.ones((100, 2, 3))
        >>> carry, ys = layer.apply(params, xs)
        >>> bool(jnp.allclose(ys, gr.scan(gr.GRU(4)).apply(params, xs)[1], atol=1e-5))
        True
    """
    return ParallelScan(cell, reverse, Parallel(method, iterations, tolerance, window))


@config
class _Guided:
    """An engine that begins with a guess, and returns all that it has found in the place of the carry."""

    engine: Parallel
    guess: Any

    name: ClassVar[str] = "guided"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        return self.engine.refuses(cell)

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        return self.engine.refuses_call(start, steps)

    def variants(self, cell: Any) -> tuple[()]:
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Solved, Array]:
        if self.guess is not None:
            length = jax.tree.leaves(steps)[0].shape[0]
            wanted = jax.tree.map(lambda leaf: (length, *leaf.shape), start)
            shapes = jax.tree.map(jnp.shape, self.guess)
            if shapes != wanted:
                raise InputError(f"guess: expected a carry of each step, of shapes {wanted}, got {shapes}")
        return self.engine.solved(plan, params, start, initial, steps, self.guess)


def _apart(got: Any, expected: Any) -> Float[Array, ""]:
    """Return the largest difference of two trees, each array's relative to its largest number, and at least 1."""
    each = [
        jnp.max(jnp.abs(a - b), initial=0.0) / jnp.maximum(1.0, jnp.max(jnp.abs(b), initial=0.0))
        for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True)
    ]
    return jnp.max(jnp.stack(each))
