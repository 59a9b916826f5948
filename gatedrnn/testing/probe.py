"""What the laws are checked on: a layer with parameters, inputs, padding and resets, and its compiled programs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import function
from gatedrnn.cells import checks
from gatedrnn.layers.sequence import first_input, select
from gatedrnn.testing import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Bool, Int, Key

    from gatedrnn.types import Carry, InDim, Layer, Params

STEPS, BATCH = 6, 4
LENGTHS = (6, 0, 4, 5)
# One sequence a line. Resets stand on holes, in padding, before and after a hole, and on a first step after holes.
MASK = ("101101", "110111", "110111", "011111")
RESETS = ("011010", "101001", "001110", "010011")


def _flags(rows: tuple[str, ...]) -> Bool[Array, "T B"]:
    return jnp.array([[flag == "1" for flag in row] for row in rows]).T


def lengths_of(*each: int) -> Int[Array, "B"]:
    """Return the lengths of all sequences, or one length for all."""
    return jnp.broadcast_to(jnp.array(each, jnp.int32), BATCH)


class ProbeBatch(NamedTuple):
    """Everything that ``apply`` takes besides parameters and key."""

    xs: Any
    carry: Carry
    lengths: Any
    mask: Any
    resets: Any

    @property
    def valid(self) -> Bool[Array, "T *b"]:
        """Where a step exists."""
        return self.mask & (jnp.arange(self.mask.shape[0])[:, None] < self.lengths)

    def poisoned(self, where: Bool[Array, "T *b"]) -> ProbeBatch:
        """Return the batch with inputs that must never be read, and other resets, where ``where`` holds."""
        return self._replace(xs=select(where, poison(self.xs), self.xs), resets=self.resets ^ where)


def at(tree: Any, index: Any) -> Any:
    """Return entries of each array of an input, by their place in time and batch."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def poison(tree: Any) -> Any:
    """Return the tree with NaN for every real number and the largest value for every whole one."""

    def one(leaf: Array) -> Array:
        if jnp.issubdtype(leaf.dtype, jnp.inexact):
            return jnp.full_like(leaf, jnp.nan)
        return ~leaf if leaf.dtype == jnp.bool_ else jnp.full_like(leaf, jnp.iinfo(leaf.dtype).max)

    return jax.tree.map(one, tree)


class Probe:
    """A layer, and what its laws are checked on; each program is compiled once and serves many laws."""

    def __init__(
        self, layer: Layer, in_dim: InDim, key: Key[Array, ""] | None = None, inputs: Callable[..., Any] | None = None
    ):
        key = jax.random.key(0) if key is None else key
        checks.key("key", key)
        if inputs is not None:
            function("inputs", inputs)
        key_params, key_xs, key_before, self.key = jax.random.split(key, 4)
        draw = inputs if inputs is not None else (lambda key, leading: jax.random.normal(key, (*leading, in_dim)))
        self.layer = layer
        self.in_dim = in_dim
        self.params: Params = layer.init(key_params, in_dim)
        self.apply = jax.jit(partial(apply_to, layer))
        xs = draw(key_xs, (STEPS, BATCH))
        # A carry that the layer could really have: the one after another batch, on no devices in particular.
        carry = self.apply(self.params, ProbeBatch(draw(key_before, (STEPS, BATCH)), None, None, None, None))[0]
        carry = jax.tree.map(jnp.asarray, jax.device_get(carry))
        self.padded = ProbeBatch(xs, carry, lengths_of(*LENGTHS), _flags(MASK), _flags(RESETS))
        self.whole = self.padded._replace(
            lengths=lengths_of(STEPS), mask=jnp.ones((STEPS, BATCH), bool), resets=jnp.zeros((STEPS, BATCH), bool)
        )
        self.weights = jax.tree.map(_weights, jax.eval_shape(self.apply, self.params, self.padded))
        self.argnums = tuple(i for i, tree in enumerate((self.params, xs, carry)) if _is_real(tree))
        self.gradients = jax.jit(partial(gradients_of, layer, self.argnums))
        self.initial_carry = jax.jit(layer.initial_carry)(self.params, first_input(xs))
        self.rtol = compare.tolerance(self._eps(), self._operations())

    def assert_close(self, got: Any, expected: Any, what: str) -> None:
        """Raise ``AssertionError`` unless both are equal to rounding."""
        compare.assert_close(got, expected, what, rtol=self.rtol)

    def _eps(self) -> float:
        """Return the rounding error of the coarsest type that takes part."""
        trees = self.params, jax.eval_shape(self.apply, self.params, self.padded)
        floats = [leaf.dtype for leaf in jax.tree.leaves(trees) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
        return max(float(jnp.finfo(dtype).eps) for dtype in floats)

    def _operations(self) -> int:
        """Return how many roundings lie on the longest path: all maps' rows and 16 for gates, at each step."""
        rows = sum(leaf.shape[0] for leaf in jax.tree.leaves(self.params) if leaf.ndim > 1)
        return STEPS * BATCH * (rows + 16)


def apply_to(layer: Layer, params: Params, batch: ProbeBatch, key: Any = None) -> tuple[Carry, Any]:
    """Return ``layer.apply`` of the batch."""
    xs, carry, lengths, mask, resets = batch
    return layer.apply(params, xs, carry=carry, lengths=lengths, mask=mask, resets=resets, key=key)


def gradients_of(
    layer: Layer, argnums: tuple[int, ...], params: Params, batch: ProbeBatch, weights: Any
) -> tuple[tuple[Any, ...], Any]:
    """Return gradients of the weighted sum of all outputs, and the outputs ``(carry, ys)``.

    Gradients are for those of params, inputs and carry (0, 1, 2) that ``argnums`` names.
    """

    def loss(params: Params, xs: Any, carry: Carry) -> tuple[Any, Any]:
        out = apply_to(layer, params, batch._replace(xs=xs, carry=carry))
        parts = [(w * leaf).sum() for w, leaf in zip(jax.tree.leaves(weights), jax.tree.leaves(out), strict=True)]
        return jnp.stack(parts).sum(), out

    if not argnums:
        return (), apply_to(layer, params, batch)
    return jax.grad(loss, argnums, has_aux=True)(params, batch.xs, batch.carry)


def _is_real(tree: Any) -> bool:
    leaves = jax.tree.leaves(tree)
    return bool(leaves) and all(jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in leaves)


def _weights(leaf: jax.ShapeDtypeStruct) -> Array:
    """Weigh every entry differently, so that no two may be exchanged unseen."""
    weights = jnp.cos(1.0 + jnp.arange(leaf.size)).reshape(leaf.shape)
    return weights.astype(leaf.dtype if jnp.issubdtype(leaf.dtype, jnp.inexact) else jnp.float32)
