"""Plots of what goes on inside: the numbers that they show, what they refuse, and that Matplotlib may be absent."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import gatedrnn as gr
from gatedrnn.errors import InputError

RNG = np.random.default_rng(0)


def lines(axes):
    """Name, x and y of each line."""
    return {line.get_label(): np.array(line.get_data(), float) for line in axes.get_lines()}


def test_gates_are_shown_by_their_median_where_steps_exist():
    gates, lengths = RNG.uniform(size=(6, 4, 2, 3)), np.array([6, 2, 4, 0])
    spoiled = gates.copy()
    for b, length in enumerate(lengths):
        spoiled[length:, b] = 7
    axes = gr.plot_gates(spoiled, ("reset", "update"), lengths=lengths)
    shown = lines(axes)
    assert list(shown) == ["reset", "update"]
    for k, (x, y) in enumerate(shown.values()):
        np.testing.assert_array_equal(x, np.arange(6))
        expected = [np.median(gates[t, lengths > t, k]) for t in range(6)]
        np.testing.assert_allclose(y, expected)
    band = axes.collections[1].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx(max(np.percentile(gates[t, lengths > t, 1], 90) for t in range(6)))


def test_norms_are_shown_on_a_logarithmic_axis_without_zeros():
    norms = np.array([[1e-6, 1e-4], [1e-2, 0.0], [0.0, 0.0]])
    axes = gr.plot_gradient_norms({"c": norms})
    y = lines(axes)["c"][1]
    np.testing.assert_allclose(y[:2], [np.mean([1e-6, 1e-4]), 1e-2])
    assert np.isnan(y[2])
    assert axes.get_yscale() == "log"


def test_time_scales_are_shown_as_the_part_of_units_that_remember_as_long():
    given = Figure().subplots()
    axes = gr.plot_timescales({"one": [8.0, 2.0, 4.0, 32.0], "other": np.ones(3)}, axes=given)
    assert axes is given
    x, y = lines(axes)["one"]
    for steps, expected in ((1.9, 100), (2.1, 75), (7.9, 50), (8.1, 25), (31, 25), (33, 0)):
        assert y[np.flatnonzero(x <= steps)[-1]] == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gr.plot_gates(np.ones((3, 2, 3, 4)), ("input",)), "^names: expected 3, one for each gate, got 1"),
        (
            lambda: gr.plot_gates((np.ones((3, 2, 4)),), ("input",)),
            "^gates: expected one array, that of",
        ),
        (lambda: gr.plot_gates(np.ones(3), ("input",)), "^gates: expected 3 axes or more, got shape"),
        (lambda: gr.plot_timescales({}), "^scales: expected numbers of steps above 0, got {}"),
        (lambda: gr.plot_timescales({"one": [np.nan]}), "^scales: expected numbers of steps above 0"),
        (lambda: gr.plot_gradient_norms({"h": 3.0}), "^h: expected 1 axes or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_without_matplotlib_its_absence_is_named():
    code = """
import sys
sys.modules["matplotlib"] = None
import gatedrnn as gr
try:
    gr.plot_gates
except ImportError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "plots need Matplotlib: pip install 'gatedrnn[compare]'\n"
