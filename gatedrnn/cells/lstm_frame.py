"""What the relatives of the LSTM share: products whose blocks stand side by side, a hidden state and a cell state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.config import config
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@config
class LSTMFrame:
    """All of a gated cell but its equations, for parameters ``w_x [I, G*H]``, ``w_h [H, G*H]``, ``b [G*H]`` and more.

    A cell that stands in it has ``_kind``, the class of its parameters, ``gates``, ``init`` and ``gate``; it says in
    ``_shapes`` what its parameters have besides, in ``_carry`` which named tuple its carry is, None for a single state,
    and again whichever method is another with it.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates: ClassVar[Any]
    _kind: ClassVar[Any]
    _carry: ClassVar[Any] = LSTMCarry

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    @property
    def _blocks(self) -> int:
        """G, how many blocks of H columns the products have."""
        return len(self.gates.blocks)

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of each parameter by its name, None for the features of the input."""
        columns = self._blocks * self.hidden
        return {"w_h": (self.hidden, columns), "b": (columns,), "w_x": (None, columns)}

    def initial_carry(self, params: Any, x: Any) -> Any:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        shape = (*jnp.shape(x)[:-1], self.hidden)
        compute = self.policy.compute_dtype(params.w_x)
        return LSTMCarry(jnp.zeros(shape, compute), jnp.zeros(shape, self._cell_dtype(compute)))

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

    def recur(self, params: Any, carry: Any) -> Any:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.h.astype(dtype) @ params.w_h.astype(dtype)

    def step(self, params: Any, carry: Any, x: Any) -> tuple[Any, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden, self._carry)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)

    def _keys(self, key: Key[Array, ""], in_dim: int) -> tuple[Key[Array, ""], Key[Array, ""]]:
        """Refuse what ``init`` cannot take; return a key for the input map and one for what recurs."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        return key_x, key_h

    def _input_map(self, key: Key[Array, ""], in_dim: int) -> Float[Array, "I GH"]:
        """Draw the input map, Glorot-uniform for each block."""
        return initializers.glorot(key, in_dim, self.hidden, self._blocks, self.policy.params)

    def _drawn(self, key: Key[Array, ""], in_dim: int) -> dict[str, Array]:
        """Draw both maps as the LSTM does; the gate that keeps memory starts with a bias of 1 for keeping."""
        key_x, key_h = self._keys(key, in_dim)
        w_h = initializers.orthogonal(key_h, self.hidden, self._blocks, self.policy.params)
        return {"w_x": self._input_map(key_x, in_dim), "w_h": w_h, "b": self._first_bias()}

    def _first_bias(self) -> Float[Array, "GH"]:
        """Return zeros, and 1 for keeping in the block of the gate that keeps memory, where there is one."""
        b = jnp.zeros(self._blocks * self.hidden, self.policy.params)
        gates = self.gates
        return b if gates is None else b.at[gates.block(gates.keeps, b.size)].set(-1.0 if gates.complement else 1.0)

    def _zeros(self, blocks: int) -> Float[Array, "..."]:
        """Return a vector of zeros for so many blocks of units, as peepholes start."""
        return jnp.zeros(blocks * self.hidden, self.policy.params)

    def _check(self, params: Any) -> None:
        """Refuse parameters of another kind or of other shapes."""
        checks.params(params, self._kind, **self._shapes())

    def _cell_dtype(self, compute: Any) -> Any:
        """Return the type of the cell state beside arithmetic in ``compute``."""
        return self.policy.carry_dtype(compute, at_least="float32")

    def gate(self, params: Any, z: Any, u: Any, carry: Any) -> tuple[Any, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units: the cell's own equations."""
        raise NotImplementedError


def seen(weight: Array, c: Array, like: Array) -> Float[Array, "... H"]:
    """Return what a peephole adds to a gate, ``weight * c``, in the type of the gate's sum ``like``."""
    return (weight * c).astype(like.dtype)
