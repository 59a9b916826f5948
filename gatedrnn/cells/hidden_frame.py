"""What the simple relatives of the GRU share: blocks side by side in the products, one state that is the output too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.config import config
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@config
class HiddenFrame:
    """All of a cell but its equation, for parameters with ``w_x [I, G*H]``, ``w_h`` and ``b [G*H]``.

    A cell that stands in it has ``_kind``, the class of its parameters, ``_blocks``, the number G of blocks of its
    input map, ``_recurrent``, that of its recurrent map, and ``step``; it says in ``_further`` what it has besides.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    _kind: ClassVar[Any]
    _blocks: ClassVar[int]
    _recurrent: ClassVar[int]

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> Any:
        """Draw parameters for inputs of ``in_dim`` features; biases are zero."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        return self._kind(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, self._blocks, self.policy.params),
            w_h=self._first_recurrent(key_h),
            b=jnp.zeros(self._blocks * self.hidden, self.policy.params),
            **{
                name: jnp.full(blocks * self.hidden, name.startswith("gain"), self.policy.params)
                for name, blocks in self._further().items()
            },
        )

    def initial_carry(self, params: Any, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_x)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def prepare(self, params: Any, xs: Any, key: Any = None) -> tuple[Any, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_x)
        return self._kind(*(p.astype(dtype) for p in params)), xs

    def project(self, params: Any, x: Array) -> Float[Array, "... GH"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def _first_recurrent(self, key: Key[Array, ""]) -> Array:
        """Draw the recurrent map, orthogonal in each block."""
        return initializers.orthogonal(key, self.hidden, self._recurrent, self.policy.params)

    def _recurrent_shape(self) -> tuple[int, ...]:
        return (self.hidden, self._recurrent * self.hidden)

    def _further(self) -> dict[str, int]:
        """Return how many blocks each further vector of parameters has; gains start at 1, all others at 0."""
        return {}

    def _check(self, params: Any) -> None:
        columns = self._blocks * self.hidden
        further = {name: (blocks * self.hidden,) for name, blocks in self._further().items()}
        checks.params(params, self._kind, w_h=self._recurrent_shape(), b=(columns,), w_x=(None, columns), **further)

    def _mixed(self, h: Array, let_in: Array, candidate: Array) -> tuple[Array, Array]:
        """Return ``(1 - let_in) * h + let_in * candidate`` as carry and as output."""
        new = ((1 - let_in) * h + let_in * candidate).astype(self.policy.carry_dtype(candidate.dtype))
        return new, new.astype(candidate.dtype)
