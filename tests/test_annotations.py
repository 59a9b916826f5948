"""The annotations are checked in these tests: a wrong shape is a type error, in arguments and in what returns."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing

import jax
import jax.numpy as jnp
import jaxtyping
import pytest

import gatedrnn as gr
from tests.helpers import cell_table as cells


def functions(package):
    """Yield every function that the modules of a package define."""
    module = importlib.import_module(package)
    for file in pkgutil.iter_modules(module.__path__, f"{package}."):
        members = vars(importlib.import_module(file.name)).values()
        yield from (f for f in members if inspect.isfunction(f) and f.__module__ == file.name)


@pytest.mark.parametrize("package", ["gatedrnn.cells", "gatedrnn.layers", "gatedrnn.testing"])
def test_every_function_is_checked(package):
    found = list(functions(package))
    assert found
    assert [f.__qualname__ for f in found if not hasattr(f, "__wrapped__") and not hasattr(f, "defvjp")] == []


def test_type_checking_is_over():
    assert typing.TYPE_CHECKING is False


def test_a_wrong_argument_is_a_type_error():
    with pytest.raises(jaxtyping.TypeCheckError, match="'ys'"):
        gr.last(jnp.ones(()))


def test_a_wrong_return_is_a_type_error():
    params = gr.LSTM(4).init(jax.random.key(0), 3)
    carry = gr.LSTM(4).initial_carry(params, jnp.ones(3))
    assert gr.LSTM(4).recur(params, carry).shape == (16,)
    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        gr.LSTM(5).recur(params, carry)  # 4 * 5 columns are promised


def test_a_cell_of_ones_own_is_a_cell():
    assert all(isinstance(cell, gr.Cell) for cell in cells.CELLS.values())
    assert isinstance(cells.CELLS["peephole"], gr.GatedCell)
    assert not isinstance(cells.CELLS["GRU-before"], gr.GatedCell)


def test_unchecked_annotations_leave_the_librarys_own_errors(unchecked_annotations):
    with pytest.raises(ValueError, match="lengths: expected integers, got float32"):
        gr.last(jnp.ones((3, 2)), jnp.float32(1.0))
