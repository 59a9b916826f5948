"""Digits read pixel by pixel: what is compared, and beside which published numbers."""

from __future__ import annotations

import gatedrnn as gr
from gatedrnn.costs.counting import parameters
from gatedrnn.evidence import comparisons, pixels
from gatedrnn.evidence.registry import named


def test_published_accuracies_stand_beside_their_order_of_pixels() -> None:
    known = pixels.published()
    tasks = [name for what in (pixels.FULL, pixels.SMALL) for one in what.each for name in one.task_names]
    assert len(tasks) == 6
    assert set(known) == {(name, cell) for name in tasks for cell in ("LSTM", "GRU")}
    for (name, cell), (said,) in known.items():
        assert said.said.endswith(pixels.ACCURACIES[name.split("-")[0], cell])


def test_the_full_sizes_have_as_many_parameters_as_the_paper_says() -> None:
    said = named("pixels").protocol(pixels.FULL)
    assert said.startswith("sequential-mnist, permuted-mnist: LSTM of ")
    lstm = int(said.split("LSTM of ")[1].split()[0])
    assert 0.95 < sum(parameters(gr.LSTM(lstm), 1).values()) / 70_000 < 1.05
    assert comparisons.words(pixels.SMALL).count("images") == 0, "tasks are called by their names"
