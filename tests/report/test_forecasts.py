"""The plot of forecasts: what is drawn is what results.json has, and its words are reckoned from it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from gatedrnn.report.page import render_report
from gatedrnn.report.plots.forecast import MOST_STEPS, forecast_in_words, forecast_plot, window
from tests.helpers.fake_forecasts import make_forecast, make_numbers
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged

CELLS = ["LSTM", "GRU"]


def drawn(svg: str, colour: str, width: str) -> list[np.ndarray]:
    """Return the points of lines of one colour and width, ``[n, 2]`` each, in the figure's units."""
    paths = re.findall(rf'<path d="([^"]+)"[^>]*stroke: var\([^,]+, {colour}\); stroke-width: {width}[^0-9.]', svg)
    points = [np.array(re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path), float) for path in paths]
    return [one for one in points if len(one) > 3]


def test_words_are_reckoned_from_what_is_shown() -> None:
    # The LSTM is off by 900 with a half-width of 822, the GRU by 300; the baseline by 1600.
    assert forecast_in_words(make_forecast(0), CELLS) == (
        "Root mean squared error over these 24 steps, Passengers: LSTM 900, with 0 % of the values inside its 90 % "
        "interval; GRU 300, with 100 % of the values inside its 90 % interval; exponential smoothing 1,600."
    )


def test_without_a_baseline_nothing_is_said_of_one() -> None:
    entry = {**make_forecast(0), "baseline": None}
    assert forecast_in_words(entry, CELLS).endswith("GRU 300, with 100 % of the values inside its 90 % interval.")
    assert "exponential" not in forecast_plot(entry, CELLS, "p")


def test_long_sequences_are_cut_and_said_to_be() -> None:
    entry = make_forecast(1, history=90, steps=150)
    shown = window(entry)
    assert len(shown.truth) == len(shown.history) == MOST_STEPS
    np.testing.assert_array_equal(shown.truth, entry["truth"][:MOST_STEPS])
    np.testing.assert_array_equal(shown.history, entry["history"][-MOST_STEPS:])
    np.testing.assert_array_equal(shown.time, np.arange(90 - MOST_STEPS, 90 + MOST_STEPS))
    np.testing.assert_array_equal(shown.at(), np.arange(90, 90 + MOST_STEPS))
    assert f"over the first {MOST_STEPS} of 150 steps" in forecast_in_words(entry, CELLS)


def test_the_lines_are_truth_and_forecasts_on_one_scale() -> None:
    svg = forecast_plot(make_forecast(0), CELLS, "p")
    # In each panel what came, 30 months before and 24 that are forecast; and the cell's own 24.
    lstm, gru = drawn(svg, "#0072b2", "1.6"), drawn(svg, "#c9560b", "1.6")
    came = drawn(svg, "#22252a", "1.1")
    assert [len(one) for one in (*came, *lstm, *gru)] == [54, 54, 24, 24]
    truth = np.array(make_forecast(0)["history"][-30:] + make_forecast(0)["truth"])
    # Heights are an affine map of the numbers, the same in both panels; downwards in SVG.
    slope, start = np.polyfit(truth, came[0][:, 1], 1)
    np.testing.assert_allclose(came[0][:, 1], slope * truth + start, atol=0.02)
    np.testing.assert_allclose(lstm[0][:, 1] - came[0][30:, 1], slope * 900, atol=0.02)
    np.testing.assert_allclose(gru[0][:, 1] - came[1][30:, 1], slope * 300, atol=0.02)
    np.testing.assert_allclose(lstm[0][:, 0], came[0][30:, 0], atol=0.02)


@pytest.mark.parametrize(
    ("time", "labels"),
    [
        (make_forecast(0)["time"], {"1956", "1958"}),
        (make_forecast(1)["time"], {"step"}),
        ([f"week {k}" for k in range(60)], {"week 6", "week 59"}),
    ],
    ids=["dates", "steps", "words"],
)
def test_time_stands_on_the_axis(time: list[Any], labels: set[str]) -> None:
    svg = forecast_plot({**make_forecast(0), "time": time}, CELLS, "p")
    assert labels <= set(re.findall(r"<text[^>]*>([^<]+)</text>", svg))


def test_the_page_has_a_figure_for_each_sequence() -> None:
    results = judged(make_numbers())
    page = Page(render_report(results))
    titles = [text for tag, text in page.texts if tag == "h3"]
    assert [title for title in titles if title.startswith("Forecasts")] == [
        "Forecasts, test sequence 1",
        "Forecasts, test sequence 2",
    ]
    for entry in results["tasks"][0]["forecasts"]:
        # Below each title, and read aloud; both sequences are made with the same errors.
        assert page.text().count(forecast_in_words(entry, CELLS)) == 4
    without = Page(render_report(judged(make_task(replicates=3, trials=2))))
    assert not any(text.startswith("Forecasts") for tag, text in without.texts if tag == "h3")


def test_the_plot_is_the_same_each_time() -> None:
    assert forecast_plot(make_forecast(0), CELLS, "p") == forecast_plot(make_forecast(0), CELLS, "p")
