"""What looks like a recurrent layer among the arrays of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatedrnn.convert.orders import Convention
    from gatedrnn.types import Layer, Params


class Found(NamedTuple):
    """Weights that look like those of a recurrent layer."""

    name: str
    """What stands before the names of its weights."""
    convention: Convention
    weights: Mapping[str, Any]
    has_bias: bool
    build: Callable[[], tuple[Layer, Params]]
    """Returns the layer, or refuses the weights."""
    says_activation: bool = False
    """Whether the file says what the convention leaves open."""
