"""The LSTM and its eight variants of "LSTM: A search space odyssey"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import initializers
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTMCarry, LSTMParams
from gatedrnn.cells.lstm_frame import LSTMFrame, seen
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

ALL = ("input", "forget", "candidate", "output")
VARIANTS = ("V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR")
"""Vanilla, and what each of the eight others does without, couples or adds."""
ABSENT = {"NIG": "input", "NFG": "forget", "NOG": "output", "CIFG": "forget"}
"""The block that a variant does without."""


@exportable
class GreffParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o, and peepholes ``p`` in the order i, f, o, as far as there are."""

    w_x: Float[Array, "I GH"]
    w_h: Float[Array, "H GH"]
    b: Float[Array, "GH"]
    p: Float[Array, "PH"]


@exportable
class GreffRecurrentGatesParams(NamedTuple):
    """As ``GreffParams``; ``w_g`` maps the gates of the step before, i, f, o, to the sums of i, f, o."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]
    p: Float[Array, "3*H"]
    w_g: Float[Array, "3*H 3*H"]


@exportable
class GreffRecurrentGatesCarry(NamedTuple):
    """Hidden state, which is also the output, cell state, and the three gates of the step before."""

    h: Float[Array, "*B H"]
    c: Float[Array, "*B H"]
    i: Float[Array, "*B H"]
    f: Float[Array, "*B H"]
    o: Float[Array, "*B H"]


@config
class GreffLSTM(LSTMFrame):
    """One of nine LSTMs of "LSTM: A search space odyssey": vanilla, with peepholes, and eight that change one thing.

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + p_i * c + b_i)     NIG: 1
        f = sigmoid(x W_xf + h W_hf + p_f * c + b_f)     NFG: 1;  CIFG: 1 - i
        g = activation(x W_xg + h W_hg + b_g)            NIAF: no activation
        c' = f * c + i * g
        o = sigmoid(x W_xo + h W_ho + p_o * c' + b_o)    NOG: 1
        h' = o * activation(c')                          NOAF: no activation;  also the output
        NP: no peepholes, p = 0
        FGR: [i, f, o] of the step before, times W_g, are added to the sums of i, f and o

    Peepholes start at 0 and the gate that keeps memory at a bias of 1 for keeping; the paper draws all from a normal
    distribution. NFG has no gate that keeps, so that it names no gates.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.
        variant: one of "V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP" and "FGR".

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, arXiv 1503.04069v2, section II and appendix A.

    Example:
        >>> cell = GreffLSTM(3, variant="NOG")
        >>> cell.init(jax.random.key(0), in_dim=2).w_h.shape, cell.gates.open
        ((3, 9), ('input', 'forget'))
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    variant: str = "V"

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        if self.variant not in VARIANTS:
            raise InputError(f"variant: expected one of {', '.join(VARIANTS)}; got {self.variant!r}")

    @property
    def gates(self) -> Gates | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The blocks that the variant has; None without a forget gate."""
        if self.variant == "NFG":
            return None
        keeps, coupled = ("input", True) if self.variant == "CIFG" else ("forget", False)
        lets_in = "input" if "input" in self._names and not coupled else None
        opens = tuple(name for name in self._names if name != "candidate")
        return Gates(self._names, opens, keeps, coupled, lets_in, see_more=self._peepholes != ())

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for name in ALL if name != ABSENT.get(self.variant))

    @property
    def _peepholes(self) -> tuple[str, ...]:
        return () if self.variant == "NP" else tuple(name for name in self._names if name != "candidate")

    @property
    def _blocks(self) -> int:
        return len(self._names)

    @property
    def _kind(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return {"NP": LSTMParams, "FGR": GreffRecurrentGatesParams}.get(self.variant, GreffParams)

    @property
    def _carry(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return GreffRecurrentGatesCarry if self.variant == "FGR" else LSTMCarry

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        shapes = super()._shapes()
        if self._peepholes:
            shapes["p"] = (len(self._peepholes) * self.hidden,)
        if self.variant == "FGR":
            shapes["w_g"] = (3 * self.hidden, 3 * self.hidden)
        return shapes

    def init(self, key: Key[Array, ""], in_dim: int) -> Any:
        """Draw parameters for inputs of ``in_dim`` features."""
        drawn = self._drawn(key, in_dim)
        if self._peepholes:
            drawn["p"] = self._zeros(len(self._peepholes))
        if self.variant == "FGR":
            keys = jax.random.split(jax.random.fold_in(key, 1), 3)
            rows = [initializers.orthogonal(k, self.hidden, 3, self.policy.params) for k in keys]
            drawn["w_g"] = jnp.concatenate(rows)
        return self._kind(**drawn)

    def initial_carry(self, params: Any, x: Any) -> Any:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        h, c = super().initial_carry(params, x)
        return self._carry(h, c, h, h, h) if self.variant == "FGR" else LSTMCarry(h, c)

    def recur(self, params: Any, carry: Any) -> Float[Array, "... GH"]:
        """Return ``h W_h``, and what the gates of the step before add to it."""
        u = super().recur(params, carry)
        if self.variant != "FGR":
            return u
        before = jnp.concatenate([carry.i, carry.f, carry.o], axis=-1).astype(u.dtype)
        i, f, o = jnp.split(before @ params.w_g.astype(u.dtype), 3, axis=-1)
        return u + jnp.concatenate([i, f, jnp.zeros_like(i), o], axis=-1)

    def gate(self, params: Any, z: Array, u: Array, carry: Any) -> tuple[Any, Float[Array, "... H"]]:
        """Open and close the gates that the variant has, elementwise over units."""
        sums = dict(zip(self._names, jnp.split(z + u, self._blocks, axis=-1), strict=True))
        peepholes = self._weights(params)

        def opened(name: str, c: Array) -> Array:
            if name not in sums:
                return jnp.ones_like(sums["candidate"])
            more = seen(peepholes[name], c, z) if name in peepholes else 0
            return jax.nn.sigmoid(sums[name] + more)

        i = opened("input", carry.c)
        f = 1 - i if self.variant == "CIFG" else opened("forget", carry.c)
        g = sums["candidate"] if self.variant == "NIAF" else self.activation(sums["candidate"])
        c = (f * carry.c + i * g).astype(self._cell_dtype(z.dtype))
        o = opened("output", c)
        h = o * (c if self.variant == "NOAF" else self.activation(c)).astype(z.dtype)
        return (GreffRecurrentGatesCarry(h, c, i, f, o) if self.variant == "FGR" else LSTMCarry(h, c)), h

    def gate_sums(self, params: Any, carry: Any, x: Array) -> Float[Array, "*B GH"]:
        """Return what the gates are the sigmoids of, peepholes included, and the candidate's sum."""
        z, u = self.project(params, x), self.recur(params, carry)
        new, peepholes = self.gate(params, z, u, carry)[0], self._weights(params)
        sums = dict(zip(self._names, jnp.split(z + u, self._blocks, axis=-1), strict=True))
        for name, weight in peepholes.items():
            sums[name] += seen(weight, new.c if name == "output" else carry.c, z)
        return jnp.concatenate([*sums.values()], axis=-1)

    def _weights(self, params: Any) -> dict[str, Array]:
        """Return the peepholes by the names of their gates."""
        weights = jnp.split(params.p, len(self._peepholes)) if self._peepholes else []
        return dict(zip(self._peepholes, weights, strict=True))
