"""Weights from other frameworks and to them; the commands alone import it.

``from_X(weights)`` returns ``(layer, params)``, and ``to_X(layer, params)`` weights under the names that X has for
them. Arrays go in and come out as NumPy's: no framework is imported, and nothing is unpickled. What can't match is
refused with the reason.
"""

from __future__ import annotations

from gatedrnn.convert.contents import contents
from gatedrnn.convert.equinox import from_equinox, to_equinox
from gatedrnn.convert.haiku import from_haiku, to_haiku
from gatedrnn.convert.jax_rnn import from_jax_rnn, to_jax_rnn
from gatedrnn.convert.keras import from_keras, to_keras
from gatedrnn.convert.linen import from_linen, to_linen
from gatedrnn.convert.nnx import from_nnx, to_nnx
from gatedrnn.convert.onnx import from_onnx
from gatedrnn.convert.onnx_export import to_onnx
from gatedrnn.convert.read import read_weights
from gatedrnn.convert.saved import load, save
from gatedrnn.convert.torch import from_torch, to_torch

__all__ = [
    "contents",
    "from_equinox",
    "from_haiku",
    "from_jax_rnn",
    "from_keras",
    "from_linen",
    "from_nnx",
    "from_onnx",
    "from_torch",
    "load",
    "read_weights",
    "save",
    "to_equinox",
    "to_haiku",
    "to_jax_rnn",
    "to_keras",
    "to_linen",
    "to_nnx",
    "to_onnx",
    "to_torch",
]
