"""The layers without a carry that a model needs around a recurrence; anything richer is Flax's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.core import Tracer

from gatedrnn.arguments import is_number
from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.blocks import flat
from gatedrnn.layers.inputs import numbers
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key, Shaped

    from gatedrnn.types import Params


class Stateless:
    """What the layers here share: the carry ``()``, and steps that are sequences of one."""

    causal = True

    def initial_carry(self, params: Params, x: Any) -> tuple[()]:
        """Return ``()``."""
        del params, x
        return ()

    def step(
        self, params: Params, carry: tuple[()], x: Any, *, resets: Any = None
    ) -> tuple[tuple[()], Shaped[Array, "*B O"]]:
        """Map one input in evaluation mode."""
        self._check_carry(carry)
        x = numbers("x", x)
        if resets is not None:  # nothing to reset, but wrong ones are wrong here too
            sequence.check_flags("resets", resets, x.shape, time=False)
        return (), self._map(params, x, None)

    def apply(
        self,
        params: Params,
        xs: Any,
        *,
        carry: tuple[()] | None = None,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        key: Any = None,
    ) -> tuple[tuple[()], Shaped[Array, "T *B O"]]:
        """Map every step on its own; padded steps give zeros."""
        if carry is not None:
            self._check_carry(carry)
        xs = numbers("xs", xs)
        sequence.check_key(key)
        if xs.ndim == 0:
            raise InputError("xs: expected time as the first axis, got a scalar")
        if resets is not None:  # nothing to reset, but wrong ones are wrong here too
            sequence.check_flags("resets", resets, xs.shape)
        valid = sequence.valid_steps(xs.shape, lengths, mask)
        ys = self._map(params, sequence.zero_padding(valid, xs), key)
        return (), sequence.zero_padding(valid, ys)

    def _check_carry(self, carry: Any) -> None:
        if not isinstance(carry, tuple) or carry != ():
            raise InputError(f"carry: expected (), as {self!r} has none; got {carry!r}")

    def _map(self, params: Params, xs: Array, key: Any) -> Array:
        raise NotImplementedError


@exportable
class DenseParams(NamedTuple):
    """Weight and bias."""

    w: Float[Array, "I O"]
    b: Float[Array, "O"]


@config
class Dense(Stateless):
    """An affine map of each step; made by ``gr.dense``."""

    features: int
    policy: Policy = Policy()

    def __post_init__(self) -> None:
        """Refuse what no layer is made of."""
        checks.positive("features", self.features)
        checks.policy(self.policy)

    @property
    def out_dim(self) -> int:
        """Features of the output."""
        return self.features

    def init(self, key: Key[Array, ""], in_dim: int) -> DenseParams:
        """Draw Glorot-uniform weights and a zero bias."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        dtype = jnp.dtype(self.policy.params)
        w = jax.nn.initializers.glorot_uniform()(key, (in_dim, self.features), dtype)
        return DenseParams(w, jnp.zeros(self.features, dtype))

    def _map(self, params: DenseParams, xs: Array, key: Any) -> Array:
        checks.params(params, DenseParams, w=(None, self.features), b=(self.features,))
        checks.features(xs, params.w)
        dtype = self.policy.compute_dtype(params.w)
        w, b = params.w.astype(dtype), params.b.astype(dtype)
        return flat(lambda xs: xs @ w + b, xs.astype(dtype), leading=xs.ndim - 1)


@exportable
class EmbedParams(NamedTuple):
    """One row for each token."""

    table: Float[Array, "I O"]


@config
class Embed(Stateless):
    """A vector for each token; made by ``gr.embed``."""

    features: int
    policy: Policy = Policy()

    def __post_init__(self) -> None:
        """Refuse what no layer is made of."""
        checks.positive("features", self.features)
        checks.policy(self.policy)

    @property
    def out_dim(self) -> int:
        """Features of the output."""
        return self.features

    def init(self, key: Key[Array, ""], in_dim: int) -> EmbedParams:
        """Draw normal rows of expected length 1 for tokens 0 to ``in_dim - 1``."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        shape = (in_dim, self.features)
        return EmbedParams(jax.random.normal(key, shape, jnp.dtype(self.policy.params)) * self.features**-0.5)

    def _map(self, params: EmbedParams, xs: Array, key: Any) -> Array:
        checks.params(params, EmbedParams, table=(None, self.features))
        if not jnp.issubdtype(xs.dtype, jnp.integer):
            raise InputError(f"xs: expected integer tokens [T, *B], got {xs.dtype}")
        table = params.table.astype(self.policy.compute_dtype(params.table))
        tokens = jax.typeof(xs).sharding
        # On explicit meshes a lookup has to be told how its output is sharded: as the tokens and the features are.
        spec = jax.sharding.PartitionSpec(*tokens.spec, jax.typeof(table).sharding.spec[-1])
        out = None if tokens.mesh.empty else jax.sharding.NamedSharding(tokens.mesh, spec)
        return table.at[xs].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False, out_sharding=out)


@config
class Dropout(Stateless):
    """Random zeros in training; made by ``gr.dropout``."""

    rate: Any

    def __post_init__(self) -> None:
        """Refuse rates that are no probability, where the rate is known."""
        if isinstance(self.rate, Tracer):
            return
        one = self.rate.item() if getattr(self.rate, "shape", None) == () else self.rate
        if not is_number(one) or not 0 <= one <= 1:
            raise InputError(f"rate: expected a probability, got {self.rate!r}")

    @property
    def out_dim(self) -> None:
        """As the input."""
        return

    def init(self, key: Key[Array, ""], in_dim: int) -> tuple[()]:
        """Return ``()``: nothing to learn."""
        del key, in_dim
        return ()

    def _map(self, params: tuple[()], xs: Array, key: Any) -> Array:
        if jax.tree.leaves(params):
            raise InputError(f"params: expected (), as {self!r} has none; got {type(params).__name__}")
        xs = xs.astype(jnp.result_type(xs, float))  # whole numbers can't be scaled
        if key is None:
            return xs
        # A draw in less than float32 is too coarse to be compared with a probability.
        keep = 1.0 - jnp.asarray(self.rate, jnp.promote_types(xs.dtype, jnp.float32))
        # A rate of 1 keeps nothing; dividing by zero there would give NaN gradients behind the select.
        scale = jnp.where(keep > 0, 1 / jnp.where(keep > 0, keep, 1), 0).astype(xs.dtype)
        return jnp.where(jax.random.bernoulli(key, keep, xs.shape), xs * scale, 0)


def dense(features: int, *, policy: Policy = Policy()) -> Dense:
    """Map each step by ``y = x W + b``, ``[T, *B, I]`` to ``[T, *B, features]``; carry ``()``.

    Raises:
        InputError: where ``features`` is no positive int, or an input has another width than in ``init``.

    Example:
        >>> layer = dense(2)
        >>> layer.apply(DenseParams(jnp.eye(2), jnp.ones(2)), jnp.ones((1, 2)))[1]
        Array([[2., 2.]], dtype=float32)
    """
    return Dense(features, policy)


def embed(features: int, *, policy: Policy = Policy()) -> Embed:
    """Look up a learned vector for each token, ``[T, *B]`` integers to ``[T, *B, features]``; carry ``()``.

    ``init(key, in_dim)`` makes a vector for each of ``in_dim`` tokens. A token outside them gives NaN.

    Raises:
        InputError: where ``features`` is no positive int, or the input has no integers.

    Example:
        >>> layer = embed(2)
        >>> layer.apply(EmbedParams(jnp.array([[1.0, 2.0], [3.0, 4.0]])), jnp.array([1, 0]))[1]
        Array([[3., 4.],
               [1., 2.]], dtype=float32)
    """
    return Embed(features, policy)


def dropout(rate: Any) -> Dropout:
    """Set a random part ``rate`` of all entries to zero and divide the rest by ``1 - rate``; carry ``()``.

    Only with a key: ``key=None`` is evaluation, and leaves the input as it is. ``rate`` may be traced. Every
    time step has a draw of its own. Inside ``shard_map``, fold the shard's index into the key, or all shards
    drop the same entries.

    Raises:
        InputError: where ``rate`` is known and no probability.

    Source: Srivastava et al. 2014; between recurrent layers only: Zaremba, Sutskever and Vinyals 2014,
    arXiv 1409.2329v5.

    Example:
        >>> dropout(0.5).apply((), jnp.ones((1, 4)))[1]
        Array([[1., 1., 1., 1.]], dtype=float32)
    """
    return Dropout(rate)
