"""The table of conventions in docs/convert.md is that of the code, and what it says of GRUs is what converters do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn import convert
from gatedrnn.convert.orders import ORDERS, Convention, by_gate, reordered
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn
from tests.helpers.paths import ROOT

PAGE = (ROOT / "docs" / "convert.md").read_text(encoding="utf-8")
TO: dict[str, Callable[..., Any]] = {
    "torch": convert.to_torch,
    "keras": convert.to_keras,
    "keras_cudnn": partial(convert.to_keras, cudnn=True),
    "linen": convert.to_linen,
    "nnx": convert.to_nnx,
    "equinox": convert.to_equinox,
    "haiku": convert.to_haiku,
    "jax_rnn": convert.to_jax_rnn,
    "onnx": convert.to_onnx,
}


def row(one: Convention) -> str:
    """Return a line of the page's table."""
    resets = "; ".join(f"{text} (reset {reset})" for reset, text in one.gru_biases.items())
    cells = [
        one.name,
        " ".join(one.lstm),
        " ".join(one.gru) or "-",
        f"`{one.kernel}`",
        one.lstm_biases,
        resets or "-",
        one.kept if one.gru else "-",
        f"{one.forget_offset:g}",
    ]
    return f"| {' | '.join(cells)} |"


def test_the_page_has_the_table_of_the_code() -> None:
    table = PAGE.partition("## Conventions")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert lines[2:] == [row(one) for one in ORDERS.values()]


def test_every_framework_that_is_converted_to_stands_in_the_table() -> None:
    assert {"gatedrnn", *TO} == set(ORDERS)
    functions = {name.removeprefix("to_") for name in convert.__all__ if name.startswith("to_")}
    assert functions | {"keras_cudnn"} == set(TO)


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize("name", TO)
def test_a_gru_goes_where_the_table_says_that_there_is_one(name: str, reset: Any) -> None:
    if name == "onnx":
        pytest.importorskip("onnx")
    layer = gr.scan(gr.GRU(3, reset=reset))
    params = drawn(layer, 2)
    if name == "nnx":
        params = params._replace(b_h=0 * params.b_h) if reset == "after" else params
    if reset in ORDERS[name].gru_biases:
        assert TO[name](layer, params)
    else:
        with pytest.raises(InputError, match="layer: expected"):
            TO[name](layer, params)


def test_frameworks_whose_blocks_are_not_moved_have_our_order() -> None:
    """Those of the others are held by their outputs."""
    layer = gr.scan(gr.LSTM(3))
    params = drawn(layer, 2)
    w_x = np.asarray(params.w_x)
    found = {
        "torch": convert.to_torch(layer, params)["weight_ih_l0"].T,
        "keras": convert.to_keras(layer, params)[0],
        "nnx": convert.to_nnx(layer, params)["cell"]["dense_i"]["kernel"],
        "equinox": convert.to_equinox(layer, params)["weight_ih"].T,
        "haiku": convert.to_haiku(layer, params)["lstm/linear"]["w"][:2],
        "jax_rnn": convert.to_jax_rnn(layer, params)[:24].reshape(12, 2).T,
    }
    for name, array in found.items():
        np.testing.assert_array_equal(array, reordered(w_x, ORDERS["gatedrnn"].lstm, ORDERS[name].lstm), name)
    for gate, block in by_gate(w_x, ORDERS["linen"].lstm).items():
        np.testing.assert_array_equal(convert.to_linen(layer, params)["cell"][f"i{gate}"]["kernel"], block)


def test_haikus_offset_is_that_of_its_bias() -> None:
    layer = gr.scan(gr.LSTM(3))
    params = drawn(layer, 2)
    ours = by_gate(np.asarray(params.b), ORDERS["gatedrnn"].lstm)
    theirs = by_gate(convert.to_haiku(layer, params)["lstm/linear"]["b"], ORDERS["haiku"].lstm)
    np.testing.assert_array_equal(theirs["f"], ours["f"] - ORDERS["haiku"].forget_offset)
