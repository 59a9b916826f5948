"""``gr.scan``: a cell becomes a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.layers import sequence
from gatedrnn.layers.backward import fast
from gatedrnn.layers.reference import Plan, reference

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, Params

ENGINES = ("auto", "reference", "fast")


@config
class Scan:
    """A cell applied along time; made by ``gr.scan``, where everything is said."""

    cell: Cell
    reverse: bool = False
    engine: Literal["auto", "reference", "fast"] = "auto"
    unroll: int = 1

    def __post_init__(self) -> None:
        """Refuse what can't be scanned."""
        if not hasattr(self.cell, "step") or hasattr(self.cell, "apply"):
            raise ValueError(f"cell: expected a cell, with init, initial_carry and step; got {self.cell!r}")
        if self.engine not in ENGINES:
            raise ValueError(f"engine: expected one of {ENGINES}, got {self.engine!r}")
        if self.engine == "fast" and not is_gated(self.cell):
            raise ValueError(f'engine: expected "auto" or "reference", as {self.cell!r} has no project, recur and gate')
        if not isinstance(self.unroll, int) or self.unroll < 1:
            raise ValueError(f"unroll: expected a positive int, got {self.unroll!r}")

    @property
    def out_dim(self) -> int:
        """O of the cell."""
        return self.cell.out_dim

    @property
    def causal(self) -> bool:
        """Whether time runs forward."""
        return not self.reverse

    def init(self, key: Key[Array, ""], in_dim: int) -> Params:
        """Draw the cell's parameters."""
        return self.cell.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the cell's initial carry, in the type that one step gives it."""
        prepared, xs = prepare(self.cell, params, jnp.asarray(x)[None], None)
        return sequence.starting_carries(self.cell, prepared, x, sequence.first_input(xs), None)[1]

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode."""
        if self.reverse:
            raise ValueError("step: a reverse scan consumes the last input first, so it can't be stepped")
        params, xs = prepare(self.cell, params, jnp.asarray(x)[None], None)
        return self.cell.step(params, carry, sequence.first_input(xs))

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
        xs = jnp.asarray(xs)
        if xs.ndim < 2:
            raise ValueError(f"xs: expected [T, *B, I], got shape {xs.shape}")
        valid = sequence.valid_steps(xs.shape[:-1], lengths, mask)
        resets = sequence.resets_before_step(xs.shape[:-1], resets, valid, reverse=self.reverse)
        xs = sequence.zero_padding(valid, xs)
        x = sequence.first_input(xs)
        params, xs = prepare(self.cell, params, xs, key)
        start, initial = sequence.starting_carries(self.cell, params, x, sequence.first_input(xs), carry)

        run = fast if self.engine != "reference" and is_gated(self.cell) else reference
        plan = Plan(self.cell, self.reverse, self.unroll)
        return run(plan, params, start, initial, sequence.Steps(xs, valid, resets))


def is_gated(cell: Any) -> bool:
    """Whether the cell is a ``GatedCell``, which the fast engine needs."""
    return all(hasattr(cell, name) for name in ("project", "recur", "gate"))


def prepare(cell: Any, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
    """Call the cell's ``prepare`` where it has one."""
    hook = getattr(cell, "prepare", None)
    return (params, xs) if hook is None else hook(params, xs, key)


def scan(
    cell: Cell, *, reverse: bool = False, engine: Literal["auto", "reference", "fast"] = "auto", unroll: int = 1
) -> Scan:
    """Make a layer of a cell: ``carry, y[t] = cell.step(params, carry, x[t])`` for every t, by ``jax.lax.scan``.

    Args:
        cell: any ``Cell``.
        reverse: consume the last step first; ``ys[t]`` still belongs to ``xs[t]``. Each sequence is reversed
            within its own length, and segments (``resets``) within themselves.
        engine: "reference" is plain autodiff through the scan; "fast" has a backward pass of its own, for a
            ``GatedCell``, with large matrix products after the reverse scan; it has no forward mode (``jax.jvp``,
            ``jax.jacfwd``), which "reference" has. "auto" is "fast" where the cell allows it.
        unroll: steps in one iteration of the compiled loop.

    Raises:
        ValueError: where an argument is none of these; ``apply`` raises it for masks, lengths, resets or carries
            of a wrong type or shape, naming the argument.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(4))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> carry, ys = layer.apply(params, jnp.ones((7, 2, 3)), lengths=jnp.array([7, 5]))
        >>> ys.shape, bool((ys[5:, 1] == 0).all()), bool((carry[1] == ys[4, 1]).all())
        ((7, 2, 4), True, True)
    """
    return Scan(cell, reverse, engine, unroll)
