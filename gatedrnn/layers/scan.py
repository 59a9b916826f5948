"""``gr.scan``: a cell becomes a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.arguments import flag, whole
from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.engines.base import EngineRefusal, ScanPlan
from gatedrnn.layers.engines.table import EngineChoice, engine_for, engine_in_call
from gatedrnn.layers.inputs import is_one_array, named_numbers, shared_axes
from gatedrnn.layers.remat import Remat, check_remat, in_segments

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, InDim, Params


@config
class Scan:
    """A cell applied along time; made by ``gr.scan``, where everything is said."""

    cell: Cell
    reverse: bool = False
    engine: EngineChoice = "auto"
    unroll: int = 1
    remat: Remat = None

    def __post_init__(self) -> None:
        """Refuse what can't be scanned."""
        checks.cell("cell", self.cell)
        flag("reverse", self.reverse)
        engine_for(self.engine, self.cell)
        whole("unroll", self.unroll)
        check_remat(self.remat)

    @property
    def out_dim(self) -> int:
        """O of the cell."""
        return self.cell.out_dim

    @property
    def causal(self) -> bool:
        """Whether time runs forward."""
        return not self.reverse

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw the cell's parameters."""
        return self.cell.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the cell's initial carry, in the type that one step gives it."""
        x, xs = _one_step(x)
        axes = leading_axes(self.cell, params, xs) - 1
        prepared, xs = prepare(self.cell, params, xs, None)
        return sequence.starting_carries(self.cell, prepared, (x, sequence.first_input(xs)), axes, None)[1]

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode; where ``resets [*b]`` is true, from the initial carry."""
        if self.reverse:
            raise InputError(
                f"step: expected a layer that reads forward alone, got {self!r}: it consumes the last input first"
            )
        if carry is None:
            raise InputError("carry: expected what the step before returned, or initial_carry; got None")
        x, xs = _one_step(x)
        axes = leading_axes(self.cell, params, xs)
        params, prepared = prepare(self.cell, params, xs, None)
        inputs = x, sequence.first_input(prepared)
        if resets is not None:
            resets = sequence.check_flags("resets", resets, shared_axes("x", xs, axes)[1:], time=False)
            carry, initial = sequence.starting_carries(self.cell, params, inputs, axes - 1, carry)
            carry = sequence.select(resets, initial, carry)
        return checked_step(self.cell, params, carry, *inputs)

    def apply(
        self,
        params: Params,
        xs: Any,
        *,
        carry: Carry | None = None,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        key: Any = None,
    ) -> tuple[Carry, Shaped[Array, "T *B O"]]:
        """Map ``xs [T, *B, I]`` to the final carry and ``ys [T, *B, O]``."""
        xs = named_numbers("xs", xs)
        sequence.check_key(key)
        if is_one_array(xs) and xs.ndim < 2:
            raise InputError(f"xs: expected [T, *B, I], got shape {xs.shape}")
        axes = leading_axes(self.cell, params, xs)
        shape = shared_axes("xs", xs, axes)
        if self.unroll > 1 and not isinstance(shape[0], int):
            raise InputError(f"unroll: expected 1 where the number of steps is a symbol, {shape[0]}; got {self.unroll}")
        valid = sequence.valid_steps(shape, lengths, mask)
        resets = sequence.resets_before_step(shape, resets, valid, reverse=self.reverse)
        xs = sequence.zero_padding(valid, xs)
        x = sequence.first_input(xs)
        params, xs = prepare(self.cell, params, xs, key)
        inputs = x, sequence.first_input(xs)
        start, initial = sequence.starting_carries(self.cell, params, inputs, axes - 1, carry)
        plan = ScanPlan(self.cell, self.reverse, self.unroll, axes)

        def run(start: Carry, steps: sequence.Steps) -> tuple[Carry, Array]:
            engine = engine_in_call(self.engine, self.cell, start, steps)
            if reason := engine.refuses_call(start, steps):
                raise EngineRefusal(f"engine: {reason}")
            return engine.run(plan, params, start, initial, steps)

        steps = sequence.Steps(xs, valid, resets)
        return in_segments(run, start, steps, self.remat, reverse=self.reverse)


def prepare(cell: Any, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
    """Call the cell's ``prepare`` where it has one."""
    own = getattr(cell, "prepare", None)
    return (params, xs) if own is None else own(params, xs, key)


def leading_axes(cell: Any, params: Params, xs: Any) -> int:
    """Return how many axes of time and batch an input ``xs [T, *B, ...]`` has.

    One array has features in its last axis. Several have them in any number of axes, so that only the cell knows: it
    puts out ``[*B, O]``.

    Raises:
        InputError: where the cell does not take several.
    """
    if is_one_array(xs):
        return xs.ndim - 1

    def output(params: Params, xs: Any) -> Any:
        x = sequence.first_input(xs)
        prepared, xs = prepare(cell, params, xs, None)
        return cell.step(prepared, cell.initial_carry(prepared, x), sequence.first_input(xs))[1]

    try:
        return jax.eval_shape(output, params, xs).ndim
    except Exception as error:  # a cell that takes one array says in many ways that it takes no dict
        shapes = jax.tree.map(lambda leaf: leaf.shape, xs)
        raise InputError(f"xs: expected what {cell!r} takes, got {shapes}; its step said: {error}") from error


def _one_step(x: Any) -> tuple[Any, Any]:
    """Return the input of one step, and the sequence of it alone."""
    x = named_numbers("x", x)
    return x, jax.tree.map(lambda leaf: leaf[None], x)


def checked_step(cell: Any, params: Params, carry: Carry, x: Any, x_prepared: Any) -> Any:
    """Call the cell's ``step``, and refuse a carry that it does not hand on as it came, which no scan could take.

    Only where something looks wrong is the cell asked for its initial carry, as that takes as long as a step.

    Args:
        cell: the cell that consumes one input.
        params: the parameters as the cell has prepared them.
        carry: the carry that came.
        x: the input that came.
        x_prepared: the input as the cell has prepared it.

    Raises:
        InputError: where the carry has another structure, other shapes or another kind of numbers than the cell's own.
    """
    try:
        new, y = cell.step(params, carry, x_prepared)
    except Exception:
        checks.carry(jax.eval_shape(cell.initial_carry, params, x), carry)
        raise
    batch = y.shape[:-1]
    if not checks.alike(carry, new) or any(leaf.shape[: len(batch)] != batch for leaf in jax.tree.leaves(x)):
        checks.carry(jax.eval_shape(cell.initial_carry, params, x), carry)
    return new, y


def scan(
    cell: Cell, *, reverse: bool = False, engine: EngineChoice = "auto", unroll: int = 1, remat: Remat = None
) -> Scan:
    """Make a layer of a cell: ``carry, y[t] = cell.step(params, carry, x[t])`` for every t, by ``jax.lax.scan``.

    Args:
        cell: the cell that is applied at every step.
        reverse: consume the last step first; ``ys[t]`` still belongs to ``xs[t]``. Each sequence is reversed
            within its own length, and segments (``resets``) within themselves.
        engine: "reference" is plain autodiff through the scan; "fast" has a backward pass of its own, for a
            ``GatedCell``, with large matrix products after the reverse scan; it has no forward mode (``jax.jvp``,
            ``jax.jacfwd``), which "reference" has. "auto" is "fast" where the cell allows it. Both choose by backend
            and shape among forms of it, of which ``gatedrnn.layers.engines.fast.forms.FastForm`` names one. "cudnn" is
            NVIDIA's own LSTM, for float32 on its GPUs, without ``jax.vmap``, masks, resets or forward mode; never
            chosen by "auto". "associative" runs a linear recurrence, such as a MinGRU, in parallel over time; it is
            never chosen by "auto" either. "native" runs LSTM, both forms of GRU, SimpleRNN and MinGRU in C++ on a CPU,
            where the package gatedrnn-cpu is installed (``make native``); "auto" then takes it for an LSTM or a GRU of
            sizes at which it was faster, on one device, on several in ``shard_map`` or where the environment says
            ``GATEDRNN_NATIVE=1``, unless it says 0. "parallel_backward" scans
            forward and finds the gradients of all steps of a ``GatedCell`` at once, with products of Jacobians; it is
            not chosen by "auto" and has no forward mode. "parallel" is what ``gr.parallel`` has, in whose place it
            stands where a layer takes an engine.
        unroll: steps in one iteration of the compiled loop.
        remat: None, or the length of the segments that the backward pass computes again instead of having saved
            them, for memory: it saves the carry between segments alone. "sqrt" is the square root of T.

    Raises:
        InputError: where an argument is none of these; ``apply`` raises it for masks, lengths, resets or carries
            of a wrong type or shape, naming the argument, and for what "cudnn" can't do.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(4))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> carry, ys = layer.apply(params, jnp.ones((7, 2, 3)), lengths=jnp.array([7, 5]))
        >>> ys.shape, bool((ys[5:, 1] == 0).all()), bool((carry[1] == ys[4, 1]).all())
        ((7, 2, 4), True, True)
    """
    return Scan(cell, reverse, engine, unroll, remat)
