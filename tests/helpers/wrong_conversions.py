"""Wrong calls of ``gatedrnn.convert``, in a table: weights of no framework, and layers that none has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import gatedrnn as gr
from gatedrnn import convert
from tests.helpers.wrong_cells import XS, Row, blank

FRAMEWORKS = {
    "torch": ("weights", "weights"),
    "haiku": ("params", "params"),
    "linen": ("params", "params"),
    "nnx": ("params", "params"),
    "onnx": ("model", "model"),
    "equinox": ("weights", "weights"),
}
"""What each reader calls what it is given, and what it asks for where that holds no layer."""


def of_conversions(folder: Path) -> Iterator[Row]:
    """What is refused of weights, layers, parameters and files."""
    any_of: Any = convert
    for name, (argument, nothing_found) in FRAMEWORKS.items():
        reads = getattr(any_of, f"from_{name}")
        for wrong in (None, XS, {1: XS}, 2.5):
            yield argument, lambda reads=reads, wrong=wrong: reads(wrong)
        for wrong in ({}, {"a": XS}):
            yield nothing_found, lambda reads=reads, wrong=wrong: reads(wrong)
    cell = gr.LSTM(4)
    both, params = gr.bidirectional(cell), blank(cell)
    for name in (*FRAMEWORKS, "keras", "jax_rnn"):
        writes = getattr(any_of, f"to_{name}")
        for wrong in (None, cell, gr.LSTM, "layer", 3):
            yield "layer", lambda writes=writes, wrong=wrong: writes(wrong, params)
        for wrong in (
            None,
            "params",
            (),
            blank(gr.LSTM(5)),
            blank(gr.GRU(4)),
            params._asdict(),
            params._replace(b="b"),
        ):
            yield "params", lambda writes=writes, wrong=wrong: writes(gr.scan(cell), wrong)
        for wrong in (None, params, (params, params)):
            yield "params", lambda writes=writes, wrong=wrong: writes(both, wrong)
    np.savez(folder / "pickled.npz", x=np.array([None], object))
    (folder / "text.safetensors").write_text("text", encoding="utf-8")
    for read in (any_of.load, any_of.read_weights, any_of.contents):
        for wrong in (None, 3, "", folder, folder / "none.npz"):
            yield "path", lambda wrong=wrong, read=read: read(wrong)
        for wrong in (folder / "text.safetensors", folder / "pickled.npz"):
            yield str(wrong), lambda wrong=wrong, read=read: read(wrong)
    for wrong in (None, 3):
        yield "path", lambda wrong=wrong: any_of.save(wrong, gr.scan(cell), params)
