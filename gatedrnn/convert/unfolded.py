"""What computes the same in evaluation, as chains of scans: the form in which other frameworks have layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatedrnn.cells import checks
from gatedrnn.layers.bidirectional import Bidirectional
from gatedrnn.layers.chain import Chain, chain
from gatedrnn.layers.clip_gradient import ClipGradient, GatedClipGradient
from gatedrnn.layers.data_parallel import DataParallel
from gatedrnn.layers.drop_connect import DropConnect, GatedDropConnect
from gatedrnn.layers.scan import Scan, scan
from gatedrnn.layers.stack import Stack
from gatedrnn.layers.stateless import Dropout
from gatedrnn.layers.variational_dropout import VariationalDropout

if TYPE_CHECKING:
    from gatedrnn.types import Layer, Params

PLAIN = (ClipGradient, GatedClipGradient, DropConnect, GatedDropConnect, VariationalDropout)
"""Wrappers that have the parameters of their cell, and do in evaluation what it does. A subclass may do otherwise."""


def unfolded(layer: Any, params: Any) -> tuple[Layer, Params]:
    """Return a layer and its parameters without what is there for training alone, and stacks as chains.

    Dropout has no weights, nor have wrappers that draw noise or clip gradients; a batch that is split is computed as
    any other. A scan of a stack is the chain of its cells' scans. What is none of these stays as it is.

    Raises:
        InputError: where the parameters of a chain or a stack are not one for each part.
    """
    match layer:
        case DataParallel():
            return unfolded(layer.inner, params)
        case Chain():
            checks.one_each("params", params, layer.layers)
            parts = [unfolded(*each) for each in zip(layer.layers, params, strict=True) if type(each[0]) is not Dropout]
            return (chain(*(one for one, _ in parts)), tuple(own for _, own in parts)) if parts else (layer, params)
        case Scan(cell=cell) if isinstance(inner := _plain(cell), Stack):
            return unfolded(chain(*(scan(one, reverse=layer.reverse) for one in inner.cells)), params)
        case Scan():
            return scan(_plain(layer.cell), reverse=layer.reverse), params
        case Bidirectional():
            forward, backward = (_plain(one.cell) for one in (layer.forward, layer.backward))
            return Bidirectional(scan(forward), scan(backward, reverse=True), layer.merge), params
        case _:
            return layer, params


def _plain(cell: Any) -> Any:
    """Return the cell inside the wrappers that do what it does."""
    while type(cell) in PLAIN:
        cell = cell.inner
    return cell
