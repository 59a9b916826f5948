"""``gr.zoneout``: in training, some units of a cell keep their state for a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.wrapper import GatedParts, Wrapper, beside, check_rate, parted

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, Params


class States(NamedTuple):
    """Something for each state that a cell may have: None where it has no c."""

    h: Any
    c: Any = None


class Prepared(NamedTuple):
    """Parameters of the inner cell as it has prepared them, and rates as arrays, which may be traced."""

    cell: Any
    rates: States


@config
class Zoneout(Wrapper):
    """A cell whose units keep their state now and then; made by ``gr.zoneout``."""

    h: Any
    c: Any = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no cell or no probability."""
        super().__post_init__()
        check_rate("h", self.h)
        check_rate("c", self.c)

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Prepared, Any]:
        """Draw which units keep their state at which step; that travels with ``xs``."""
        own, inner = (None, None) if key is None else jax.random.split(key)
        prepared, inputs = prepare(self.inner, params, xs, inner)
        keep = None
        if own is not None:
            carry = jax.eval_shape(self.inner.initial_carry, params, sequence.first_input(xs))
            keep = self._drawn(own, _states(carry), jax.tree.leaves(xs)[0].shape[0])
        return Prepared(prepared, States(jnp.asarray(self.h, float), jnp.asarray(self.c, float))), beside(inputs, keep)

    def step(self, params: Any, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input; kept units hand on what they came with."""
        x, keep = parted(x)
        new, y = self.inner.step(self.inner_params(params), carry, x)
        return self._zoned(params, keep, carry, new, y)

    def inner_params(self, params: Any) -> Any:
        """Return the inner cell's parameters, out of those beside the rates where they are prepared."""
        return params.cell if isinstance(params, Prepared) else params

    def _drawn(self, key: Key[Array, ""], states: States, steps: Any) -> States:
        """Draw for each state which units keep it, 1 where they do."""

        def one(key: Any, rate: Any, like: Any) -> Array:
            return jax.random.bernoulli(key, rate, (steps, *like.shape)).astype(like.dtype)

        key_h, key_c = jax.random.split(key)
        return States(one(key_h, self.h, states.h), None if states.c is None else one(key_c, self.c, states.c))

    def _zoned(self, params: Any, keep: Any, old: Carry, new: Carry, y: Array) -> tuple[Carry, Array]:
        """Return the carry of which a part is kept, by the draw or, in evaluation, by the rate; and its h as output."""
        part = keep
        if part is None:
            part = params.rates if isinstance(params, Prepared) else States(self.h, self.c)
        before, after = _states(old), _states(new)
        h = _mixed(part.h, before.h, after.h)
        if h.shape != y.shape:
            raise InputError(f"cell: expected one that puts out its h, {h.shape}; got {y.shape}")
        if not hasattr(new, "_replace"):
            return h, h.astype(y.dtype)
        c = {} if after.c is None else {"c": _mixed(part.c, before.c, after.c)}
        return new._replace(h=h, **c), h.astype(y.dtype)


@config
class GatedZoneout(GatedParts, Zoneout):
    """The same around a gated cell."""

    @property
    def gate_derivative(self) -> None:
        """None: the inner cell's would be of another gate."""
        return

    def project(self, params: Any, x: Any) -> tuple[Any, Any]:
        """Apply the inner cell's input maps, and hand on which units are kept."""
        x, keep = parted(x)
        return super().project(params, x), keep

    def gate(self, params: Any, z: tuple[Any, Any], u: Any, carry: Carry) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Take the inner cell's step where no state is kept."""
        z, keep = z
        return self._zoned(params, keep, carry, *super().gate(params, z, u, carry))


def _states(carry: Any) -> States:
    """Return the states of a carry: h, and c where there is one."""
    if hasattr(carry, "shape"):
        return States(carry)
    if getattr(carry, "_fields", None) in (("h",), ("h", "c")):
        return States(*carry)
    raise InputError(f"cell: expected a carry of one array, or of h and c; got {type(carry).__name__}")


def _mixed(part: Any, old: Array, new: Array) -> Array:
    """Return ``old`` to this part, and ``new`` to the rest."""
    part = jnp.asarray(part, new.dtype)
    return part * old + (1 - part) * new


def zoneout(cell: Cell, h: Any, c: Any = 0.0) -> Zoneout:
    """Let units of a cell keep their state for a step, at random in training.

    .. code-block:: text

        h' = k_h * h + (1 - k_h) * h~        also the output;  h~, c~: what the cell makes of the step
        c' = k_c * c + (1 - k_c) * c~        where the cell has a second state

    In training each k is 1 with its probability, else 0, drawn for each unit, step and sequence; in evaluation it is
    the probability itself. An LSTM's h~ is of c~, whether c is kept or not. The fast engine takes it where it takes the
    inner cell, unless that has an output map of its own.

    Args:
        cell: the cell whose carry is its output, or has it as ``h`` beside a second state ``c``, as an LSTM's.
        h: the probability with which a unit keeps h; may be traced.
        c: the probability with which a unit keeps c; may be traced. Without such a state it plays no part.

    Raises:
        InputError: where ``cell`` is no cell, or a rate is no probability; at the first step, where the cell's carry
            has other states, or its output is not its h.

    Source: Krueger et al. 2016, arXiv 1606.01305v4.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.zoneout(gr.LSTM(4), h=0.05, c=0.5))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> layer.apply(params, jnp.ones((5, 3)), key=jax.random.key(1))[1].shape
        (5, 4)
    """
    return (GatedZoneout if is_gated(cell) and not hasattr(cell, "emit") else Zoneout)(cell, h, c)
