"""What every layer does alike with padding, resets and the type of its carry."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers.inputs import numbers, zeros_beside

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool

    from gatedrnn.types import Carry, Cell, Params


class Steps(NamedTuple):
    """What a scan runs over, one entry for each step; None where there is no padding, or no reset."""

    x: Any
    valid: Bool[Array, "*m"] | None
    """Whether the step exists."""
    reset: Bool[Array, "*m"] | None
    """Whether the carry is the initial one before this step."""

    def consumed(self, carry: Carry, initial: Carry) -> Carry:
        """Return the carry that this step consumes."""
        return carry if self.reset is None else select(self.reset, initial, carry)

    def carry_out(self, new: Carry, carry: Carry) -> Carry:
        """Return the carry that this step leaves: what it consumed, where it does not exist."""
        return new if self.valid is None else select(self.valid, new, carry)


def select(mask: Bool[Array, "*m"], on_true: Any, on_false: Any) -> Any:
    """Return ``where(mask, on_true, on_false)`` leaf by leaf; the mask may lack trailing axes of the leaves."""
    return jax.tree.map(partial(_where, mask), on_true, on_false)


def _where(mask: Bool[Array, "*m"], on_true: Any, on_false: Any) -> Array:
    ndim = max(jnp.ndim(on_true), jnp.ndim(on_false))
    return jnp.where(mask.reshape(mask.shape + (1,) * (ndim - mask.ndim)), on_true, on_false)


def valid_steps(shape: tuple[Any, ...], lengths: Any, mask: Any) -> Bool[Array, "T *b"] | None:
    """Combine ``lengths`` and ``mask`` by "and" into one mask of the steps that exist; None where neither came.

    Args:
        shape: ``[T, *B]`` of the input, sizes or symbols; a layer that doesn't know where B ends gives the whole shape.
        lengths: steps of each sequence, integers ``[*b]``; the mask's batch axes may be more, or fewer.
        mask: true at steps that exist, bool ``[T, *b]``.

    Raises:
        InputError: where either has a type or a shape that does not fit.
    """
    valid = None
    if lengths is not None:
        lengths = numbers("lengths", lengths)
        if not jnp.issubdtype(lengths.dtype, jnp.integer):
            raise InputError(f"lengths: expected integers, got {lengths.dtype}")
        _check_leading("lengths", lengths.shape, shape[1:])
        steps = jnp.arange(shape[0])
        valid = steps.reshape((-1,) + (1,) * lengths.ndim) < lengths
    if mask is None:
        return valid
    mask = check_flags("mask", mask, shape)
    if valid is None:
        return mask
    ndim = max(valid.ndim, mask.ndim)
    valid, mask = (m.reshape(m.shape + (1,) * (ndim - m.ndim)) for m in (valid, mask))
    return valid & mask


def check_flags(name: str, flags: Any, shape: tuple[Any, ...], *, time: bool = True) -> Bool[Array, "*m"]:
    """Return ``flags`` as an array, or raise ``ValueError`` unless it is bool and fits ``shape``.

    Args:
        name: the argument, for the error.
        flags: what came as the argument, a mask or resets.
        shape: ``[T, *B]``, or ``[*B]`` of one step; more axes may follow.
        time: whether ``shape`` begins with time, which flags must have, too.
    """
    flags = numbers(name, flags)
    if flags.dtype != jnp.bool_:
        raise InputError(f"{name}: expected bool, got {flags.dtype}")
    if time and flags.ndim == 0:
        raise InputError(f"{name}: expected [T] or [T, *B], got a scalar")
    _check_leading(name, flags.shape, shape)
    return flags


def _check_leading(name: str, shape: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    if shape != expected[: len(shape)]:
        raise InputError(f"{name}: expected the leading axes of {expected}, got {shape}")


def check_key(key: Any) -> None:
    """Raise ``ValueError`` unless ``key`` is None or one random key."""
    if key is not None:
        checks.key("key", key)


def zero_padding(valid: Bool[Array, "*m"] | None, xs: Any) -> Any:
    """Replace whatever stands in padded steps by zeros, before any arithmetic sees it.

    Selecting afterwards would not do: the derivative of what was computed from a NaN is NaN, even times zero.
    """
    if valid is None:
        return xs
    return jax.tree.map(lambda x: select(valid, x, jnp.zeros((), x.dtype)), xs)


def resets_before_step(
    shape: tuple[Any, ...], resets: Any, valid: Bool[Array, "T *m"] | None, *, reverse: bool
) -> Bool[Array, "T *b"] | None:
    """Return where a scan resets its carry before it consumes ``x[t]``; only steps that exist can start a segment.

    Forward, that is where ``resets`` is set. In reverse it is where the next step that exists in forward time,
    the one consumed just before, starts a segment.
    """
    if resets is None:
        return None
    resets = check_flags("resets", resets, shape)
    if valid is not None:
        ndim = max(resets.ndim, valid.ndim)
        resets, valid = (m.reshape(m.shape + (1,) * (ndim - m.ndim)) for m in (resets, valid))
        resets = resets & valid
    if not reverse:
        return resets
    if valid is None:
        return jnp.concatenate([resets[1:], jnp.zeros_like(resets[:1])])

    def consume(pending: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        starts, exists = step
        return jnp.where(exists, starts, pending), pending

    resets, valid = jnp.broadcast_arrays(resets, valid)
    return valid & jax.lax.scan(consume, jnp.zeros_like(resets.any(0)), (resets, valid), reverse=True)[1]


def first_input(xs: Any) -> Any:
    """Return an input of one step, ``[*B, ...]``, to learn types from: zeros of the right kind where T is 0."""
    return jax.tree.map(lambda x: x[0] if x.shape[0] else x.sum(0, dtype=x.dtype), xs)


def starting_carries(
    cell: Cell, params: Params, inputs: tuple[Any, Any], axes: int, carry: Carry | None
) -> tuple[Carry, Carry]:
    """Return the carry to start from and the initial one, both of the type that one step gives them.

    A scan needs a carry of the same type before and after a step, and the type is more than dtype and shape:
    under ``shard_map`` and explicit meshes it says over which axes a value varies, which only a step can tell.

    Args:
        cell: the cell that is scanned.
        params: the cell's parameters, as it has prepared them.
        inputs: the input of one step, ``[*B, ...]``, as it came and as the cell has prepared it.
        axes: how many axes of batch it has.
        carry: the carry that came; None is the initial one.

    Raises:
        InputError: where ``carry`` has another structure or other shapes than the cell's initial one.
    """
    x, prepared = inputs
    initial = cell.initial_carry(params, x)
    if carry is None:
        carry = initial
    checks.carry(initial, carry)

    after = cell.step(params, jax.tree.map(partial(_beside, x, axes), initial), prepared)[0]
    return jax.tree.map(_tie, carry, after), jax.tree.map(_tie, initial, after)


def _tie(leaf: Array, like: Array) -> Array:
    """Give a leaf the whole type of another one, what it varies over included."""
    return leaf.astype(like.dtype) + jnp.zeros_like(like)


def _beside(x: Any, axes: int, leaf: Array) -> Array:
    """Spread a carry's leaf ``[*B, ...]`` over devices as an input is: a cell may select between the two."""
    zeros = zeros_beside(x, axes, leaf.dtype)
    if leaf.shape[:axes] != zeros.shape:
        return leaf
    return leaf + zeros.reshape(zeros.shape + (1,) * (leaf.ndim - axes))
