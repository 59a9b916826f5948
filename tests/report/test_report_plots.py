"""Plots and what they are drawn from: the same each time, in words as well, and readable."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from gatedrnn.experiment.formatting import number
from gatedrnn.report.plots import cost, data, differences, sequences, svg, training, tuning
from gatedrnn.report.plots.parts import name_axes, vertical_range
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged, shown_pairs

PLOTS = (
    differences.paired_differences,
    tuning.tuning_curves,
    training.learning_rates,
    training.learning_curves,
    cost.quality_against_cost,
    sequences.sequence_differences,
)


def test_plots_say_in_words_what_they_show() -> None:
    (task,) = shown_pairs(judged(make_task()))
    a, b = (
        np.array([r["cells"][name]["test"]["scores"]["nats"] for r in task["replicates"]]) for name in ("LSTM", "GRU")
    )
    said = re.search("<desc.*?</desc>", differences.paired_differences(task, "p"))
    assert said is not None
    assert ", ".join(number(d, 3) for d in a - b) in said[0]
    assert f"Mean {number((a - b).mean(), 3)}, 95 % interval" in said[0]


def test_plots_are_the_same_each_time() -> None:
    (task,) = shown_pairs(judged(make_task(replicates=3, trials=4)))
    for plot in PLOTS:
        assert plot(task, "p") == plot(task, "p")


def test_curves_carry_their_best_forward_to_the_cap() -> None:
    curve = np.array([3.0, 2.0, np.nan, 2.5, 1.0])
    np.testing.assert_array_equal(data.best_so_far(curve, 7), [3, 2, 2, 2, 1, 1, 1])


def test_medians_over_the_learning_rate_are_those_of_each_part() -> None:
    rates = np.array([1.0, 1.1, 1.2, 9.0, 9.5, 10.0, 3.0])
    scores = np.array([5.0, 7.0, 6.0, 1.0, np.inf, 2.0, 0.0])
    centres, medians = data.binned_median(data.TrialPoints(rates, scores, np.isinf(scores)), 1.0, 10.0, bins=2)
    np.testing.assert_allclose(centres, [10**0.25, 10**0.75], rtol=1e-12)
    np.testing.assert_array_equal(medians, [5.5, 2.0])


@pytest.mark.parametrize("rows", [1, 2])
def test_a_long_label_stands_upright_within_its_figure(rows: int) -> None:
    """Of two cells with long names, and of a column whose name has no place to break."""
    for words in ("GRU-before \u2212 PeepholeLSTM, nats per frame", "temperature_outdoor_in_degrees_of_celsius"):
        with svg.canvas({1: 250, 2: 285}[rows], panels=2, rows=rows) as (figure, panels):
            name_axes(panels[0], "test sequences, sorted", words)
            figure.draw_without_rendering()
            extent = panels[0].yaxis.label.get_window_extent()
            assert extent.y0 >= 0
            assert extent.y1 <= figure.bbox.height
            assert panels[0].get_ylabel().replace("\n", "").replace(" ", "") == words.replace(" ", "")


def test_a_short_label_stays_on_one_line() -> None:
    with svg.canvas(250) as (_, (axes,)):
        name_axes(axes, "epoch", "validation, nats per frame")
        assert axes.get_ylabel() == "validation, nats per frame"


def test_a_range_keeps_the_scores_readable() -> None:
    near = vertical_range(np.array([1.0, 2.0]), 3.0)
    assert near[0] < 1 < 3 < near[1]
    far = vertical_range(np.array([1.0, 2.0, np.inf]), 100.0)
    assert far[0] < 1 < 2 < far[1] < 3
