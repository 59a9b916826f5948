"""The comparison that all laws rest on: it fails where it must, at the tolerance that it says."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.testing.compare import assert_close, assert_equal

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.5]),
        ([1.0, NAN], [1.0, NAN]),
        ([INF, 5.0], [INF, 0.0]),  # an infinite entry would allow an infinite error
        ([1.0, 5.0], [INF, 5.0]),
    ],
)
def test_what_differs_or_is_not_finite_is_never_close(got, expected):
    for rtol in (0.0, 1e-6):
        with pytest.raises(AssertionError, match="ys: "):
            assert_close({"y": np.array(got)}, {"y": np.array(expected)}, "ys", rtol=rtol)


def test_types_shapes_and_structure_are_compared():
    one = jnp.ones(2)
    for other in (one.astype(jnp.bfloat16), jnp.ones((2, 1)), (one,)):
        with pytest.raises(AssertionError, match="ys: "):
            assert_equal(one, other, "ys")


def test_the_tolerance_is_a_part_of_the_largest_entry_and_at_least_of_1():
    large, small = np.array([100.0, 0.0]), np.array([0.01, 0.0])
    assert_close(large + np.array([0.0, 0.99e-4]), large, "large", rtol=1e-6)
    assert_close(small + np.array([0.0, 0.99e-6]), small, "small", rtol=1e-6)
    for values, beyond in ((large, 1.01e-4), (small, 1.01e-6)):
        with pytest.raises(AssertionError, match="values"):
            assert_close(values + np.array([0.0, beyond]), values, "beyond", rtol=1e-6)
    assert_equal({"n": 3, "x": one_half()}, {"n": 3, "x": one_half()}, "Python numbers too")


def one_half():
    return jnp.full(2, 0.5, jnp.bfloat16)
