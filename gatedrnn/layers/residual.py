"""``gr.residual``: a cell or a layer whose output is added to its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.inputs import is_prepared, numbers
from gatedrnn.layers.scan import prepare

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, InDim, Layer, Params


def _check(inner: Cell | Layer, in_dim: InDim) -> None:
    if inner.out_dim not in (None, in_dim):
        raise InputError(f"in_dim: expected {inner.out_dim}, the output of {inner!r} that is added to it; got {in_dim}")


def _sum(inner: Cell | Layer, x: Any, y: Any) -> Any:
    """Return an output plus its input; of unequal widths one would spread over the other."""
    x = numbers("xs", x)
    if x.shape != y.shape:
        raise InputError(f"xs: expected as many features as {inner!r} puts out, {y.shape[-1]}; got shape {x.shape}")
    return y + x.astype(y.dtype)


@config
class ResidualCell:
    """A cell whose output is added to its input; made by ``gr.residual``."""

    inner: Cell

    def __post_init__(self) -> None:
        """Refuse what is no cell."""
        checks.cell("cell", self.inner)

    @property
    def out_dim(self) -> int:
        """O of the inner cell, which is I."""
        return self.inner.out_dim

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw the inner cell's parameters."""
        _check(self.inner, in_dim)
        return self.inner.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the inner cell's."""
        return self.inner.initial_carry(params, x)

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Prepare the inner cell."""
        return prepare(self.inner, params, xs, key)

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Return the inner cell's carry, and its output plus the input."""
        carry, y = self.inner.step(params, carry, x)
        return carry, _sum(self.inner, x[0] if is_prepared(x) else x, y)


@config
class ResidualLayer:
    """A layer whose output is added to its input; made by ``gr.residual``."""

    inner: Layer

    @property
    def out_dim(self) -> int | None:
        """O of the inner layer, which is I."""
        return self.inner.out_dim

    @property
    def causal(self) -> bool:
        """Whether the inner layer is."""
        return self.inner.causal

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw the inner layer's parameters."""
        _check(self.inner, in_dim)
        return self.inner.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the inner layer's."""
        return self.inner.initial_carry(params, x)

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode."""
        carry, y = self.inner.step(params, carry, x, **({} if resets is None else {"resets": resets}))
        return carry, _sum(self.inner, numbers("x", x), y)

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
        """Map ``xs [T, *B, I]``; padded steps stay zero, the input's garbage there included."""
        xs = numbers("xs", xs)
        valid = sequence.valid_steps(xs.shape, lengths, mask)
        xs = sequence.zero_padding(valid, xs)
        carry, ys = self.inner.apply(params, xs, carry=carry, mask=valid, resets=resets, key=key)
        return carry, _sum(self.inner, xs, ys)


@overload
def residual(inner: Layer) -> ResidualLayer: ...  # pyright: ignore[reportOverlappingOverload]
@overload
def residual(inner: Cell) -> ResidualCell: ...


def residual(inner: Any) -> Any:
    """Add a cell's or a layer's output to its input, ``y = x + inner(x)``; both have the same width.

    Args:
        inner: a cell gives a cell (for ``gr.stack``), a layer a layer (for ``gr.chain``).

    Raises:
        InputError: where ``inner`` is neither; at ``init``, ``step`` and ``apply``, where the input's width differs
            from the output's.

    Example:
        >>> import jax, gatedrnn as gr
        >>> gr.residual(gr.LSTM(8)).init(jax.random.key(0), in_dim=4)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: in_dim: expected 8, the output of LSTM(hidden=8) that is added to it; got 4
    """
    if not checks.is_made(inner, "step", "init", "initial_carry"):
        raise InputError(f"inner: expected a cell or a layer, got {checks.said(inner)}")
    return ResidualLayer(inner) if hasattr(inner, "apply") else ResidualCell(inner)
