"""``gr.bidirectional``: one scan forward, one in reverse, and both outputs merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, assert_never, get_args

import jax
import jax.numpy as jnp

from gatedrnn.arguments import choice
from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.engines.table import EngineChoice
from gatedrnn.layers.remat import Remat
from gatedrnn.layers.scan import Scan
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, InDim, Params

Merge: TypeAlias = Literal["concat", "sum", "mean", "product"]
"""How the outputs of both directions become one."""


@exportable
class BidirectionalParams(NamedTuple):
    """Parameters of both directions."""

    forward: Params
    backward: Params


@exportable
class BidirectionalCarry(NamedTuple):
    """Final carries of both directions; the backward one is the carry after the sequence's first step."""

    forward: Carry
    backward: Carry


@config
class Bidirectional:
    """Two scans side by side; made by ``gr.bidirectional``."""

    forward: Scan
    backward: Scan
    merge: Merge = "concat"

    def __post_init__(self) -> None:
        """Refuse another way to merge, and widths that can't be added or multiplied."""
        choice("merge", self.merge, get_args(Merge))
        widths = self.forward.out_dim, self.backward.out_dim
        if self.merge != "concat" and widths[0] != widths[1]:
            raise InputError(
                f'merge: expected "concat", as the directions put out {widths[0]} and {widths[1]} features; '
                f"got {self.merge!r}, which needs equal widths"
            )

    @property
    def out_dim(self) -> int:
        """Both directions' O together where they are concatenated, else that of each."""
        return self.forward.out_dim + (self.backward.out_dim if self.merge == "concat" else 0)

    @property
    def causal(self) -> bool:
        """False: the future is read."""
        return False

    def init(self, key: Key[Array, ""], in_dim: InDim) -> BidirectionalParams:
        """Draw each direction's parameters."""
        checks.key("key", key)
        key_f, key_b = jax.random.split(key)
        return BidirectionalParams(self.forward.init(key_f, in_dim), self.backward.init(key_b, in_dim))

    def initial_carry(self, params: BidirectionalParams, x: Any) -> BidirectionalCarry:
        """Return each direction's initial carry."""
        checks.of_kind(params, BidirectionalParams)
        return BidirectionalCarry(
            self.forward.initial_carry(params.forward, x), self.backward.initial_carry(params.backward, x)
        )

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> Any:
        """Raise: a step would need the future."""
        raise InputError(
            f"step: expected a layer that reads forward alone, got {self!r}: it reads the whole sequence first"
        )

    def apply(
        self,
        params: BidirectionalParams,
        xs: Any,
        *,
        carry: BidirectionalCarry | None = None,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        key: Any = None,
    ) -> tuple[BidirectionalCarry, Shaped[Array, "T *B O"]]:
        """Map ``xs [T, *B, I]`` to ``ys [T, *B, O]``; each step's outputs of both directions are merged."""
        checks.of_kind(params, BidirectionalParams)
        if carry is not None and (not isinstance(carry, tuple) or len(carry) != 2):
            raise InputError(f"carry: expected a pair (forward, backward), got {carry!r}")
        sequence.check_key(key)
        carry_f, carry_b = (None, None) if carry is None else carry
        key_f, key_b = (None, None) if key is None else jax.random.split(key)
        steps = {"lengths": lengths, "mask": mask, "resets": resets}
        last_f, ys_f = self.forward.apply(params.forward, xs, carry=carry_f, key=key_f, **steps)
        last_b, ys_b = self.backward.apply(params.backward, xs, carry=carry_b, key=key_b, **steps)
        return BidirectionalCarry(last_f, last_b), self.merged(ys_f, ys_b)

    def merged(self, forward: Shaped[Array, "*B O"], backward: Shaped[Array, "*B P"]) -> Shaped[Array, "*B Q"]:
        """Return the outputs of both directions as one; zeros, as padded steps have them, stay zero."""
        match self.merge:
            case "concat":
                return jnp.concatenate([forward, backward], axis=-1)
            case "sum":
                return forward + backward
            case "mean":
                return (forward + backward) / 2
            case "product":
                return forward * backward
            case _:
                assert_never(self.merge)


def bidirectional(
    forward: Cell,
    backward: Cell | None = None,
    *,
    merge: Merge = "concat",
    engine: EngineChoice = "auto",
    unroll: int = 1,
    remat: Remat = None,
) -> Bidirectional:
    """Scan a sequence in both directions and merge the outputs of each step.

    .. code-block:: text

        ys[t] = [forward[t], backward[t]]        "concat"
        ys[t] = forward[t] + backward[t]         "sum"
        ys[t] = (forward[t] + backward[t]) / 2   "mean"
        ys[t] = forward[t] * backward[t]         "product"

    Each sequence is reversed within its own length. Parameters and carry are NamedTuples (forward, backward). The
    summary of a whole sequence is ``gr.final(layer, carry)``; the output at its last step, which ``gr.last`` returns,
    holds the backward cell's after one single input.

    Args:
        forward: the cell that reads from the first step on.
        backward: the cell that reads from the last step on; None is the same configuration, with parameters of its own.
        merge: what becomes of both outputs of a step; all but "concat" need cells of equal width.
        engine: the engine of both directions, as in ``gr.scan``.
        unroll: the unrolling of both directions, as in ``gr.scan``.
        remat: the rematerialisation of both directions, as in ``gr.scan``.

    Raises:
        InputError: as in ``gr.scan``; where ``merge`` is none of these, or needs equal widths and gets others; and
            from ``step``, which does not exist here.

    Source: Schuster and Paliwal 1997; what else than concatenation stands there is as Keras' ``Bidirectional`` has it
    in ``merge_mode`` ("ave" is our "mean", "mul" our "product").

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.bidirectional(gr.GRU(4))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> layer.apply(params, jnp.ones((5, 3)))[1].shape
        (5, 8)
        >>> gr.bidirectional(gr.GRU(4), merge="sum").out_dim
        4
    """
    return Bidirectional(
        Scan(forward, False, engine, unroll, remat),
        Scan(forward if backward is None else backward, True, engine, unroll, remat),
        merge,
    )
