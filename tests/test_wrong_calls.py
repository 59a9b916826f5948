"""Wrong calls of the library: each is an ``InputError`` that names the argument, what was expected and what came."""

from __future__ import annotations

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError

KEY = jax.random.key(0)
XS = np.ones((5, 2, 3), np.float32)


@pytest.mark.parametrize(
    ("options", "least"),
    [
        pytest.param((), 1500, id="some"),
        pytest.param(("--all",), 2700, marks=pytest.mark.verify, id="all"),
        pytest.param(("--faces",), 170, marks=pytest.mark.verify, id="faces"),
    ],
)
def test_a_wrong_call_names_its_argument(options: tuple[str, ...], least: int) -> None:
    """In a process of its own, in which annotations are not checked: types are what most of these calls get wrong."""
    arguments = [sys.executable, "-m", "tests.helpers.wrong_calls", *options]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=300).stdout
    calls, *wrong = said.splitlines()
    assert wrong == []
    assert int(calls) >= least


def test_under_jit_the_same_is_refused_while_it_is_traced() -> None:
    layer, params = gr.scan(gr.LSTM(4)), gr.LSTM(4).init(KEY, 3)
    carry = layer.initial_carry(params, XS[0, :1])
    with pytest.raises(InputError, match=r"^carry: expected shapes"):
        jax.jit(layer.step)(params, carry, jnp.asarray(XS[0]))
