"""Budgets of deep networks: all recurrent layers in both directions and the head are counted, as by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.comparison.sizes import costs_of_network, hidden_sizes
from gatedrnn.experiment.architecture import Architecture
from tests.helpers.proofs import quick_rows
from tests.helpers.small_searches import SETTINGS, signs

INPUTS, CLASSES = 2, 2
BLOCKS, BIASES = {"LSTM": 4, "GRU": 3}, {"LSTM": 4, "GRU": 4}
"""Of a cell: matrices of units by units, and vectors of biases; a GRU's reset product has a bias of its own."""


def one_scan(name: str, inputs: int, hidden: int) -> int:
    return BLOCKS[name] * hidden * (inputs + hidden) + BIASES[name] * hidden


def by_hand(name: str, hidden: int, architecture: Architecture) -> tuple[int, int]:
    """Return the parameters of all scans and of the head."""
    ways = 2 if architecture.bidirectional else 1
    widths = [architecture.embed or INPUTS] + [ways * hidden] * (architecture.layers - 1)
    scans = sum(ways * one_scan(name, width, hidden) for width in widths)
    return scans, CLASSES * ways * hidden + CLASSES


ARCHITECTURES = (
    Architecture(),
    Architecture(layers=2),
    Architecture(bidirectional=True),
    Architecture(layers=2, bidirectional=True, residual=True),
)


@pytest.mark.parametrize("architecture", quick_rows(ARCHITECTURES, ARCHITECTURES[:1] + ARCHITECTURES[-1:]))
def test_equal_parameters_are_equal_by_hand(architecture: Architecture) -> None:
    settings = dataclasses.replace(SETTINGS, hidden=(40,), architecture=architecture)
    (sizes,) = hidden_sizes(signs(), settings, signs().split(0).train)
    totals = []
    for name, cell in (("LSTM", gr.LSTM(sizes["LSTM"])), ("GRU", gr.GRU(sizes["GRU"]))):
        scans, head = by_hand(name, sizes[name], architecture)
        counted = costs_of_network(cell, signs(), settings)["parameters"]
        assert (counted["recurrent"], counted["head"], counted["total"]) == (scans, head, scans + head)
        assert sum(counted["by_array"].values()) == counted["total"]
        totals.append(scans + head)
    assert abs(totals[1] / totals[0] - 1) < 0.02
    assert sizes["GRU"] > sizes["LSTM"]


def test_flops_are_those_of_all_layers() -> None:
    """2 m n k of each product: every scan multiplies its inputs and its own outputs; backward takes twice as many."""
    deep = dataclasses.replace(SETTINGS, architecture=Architecture(layers=2, bidirectional=True))
    found = costs_of_network(gr.LSTM(5), signs(), deep)["flops_per_step"]
    scans = 2 * (2 * 4 * 5 * (INPUTS + 5)) + 2 * (2 * 4 * 5 * (10 + 5))
    assert found == {"forward": scans + 2 * 10 * CLASSES, "backward": 2 * (scans + 2 * 10 * CLASSES)}


def test_an_embedding_has_parameters_of_its_own_and_is_not_matched() -> None:
    """The first layer reads the vectors, not as many features as there are tokens."""
    tokens = dataclasses.replace(signs(), in_dim=50, tokens=True)
    settings = dataclasses.replace(SETTINGS, hidden=(40,), architecture=Architecture(embed=6))
    counted = costs_of_network(gr.LSTM(40), tokens, settings)["parameters"]
    assert (counted["embedding"], counted["recurrent"]) == (50 * 6, one_scan("LSTM", 6, 40))
    assert counted["total"] == 300 + one_scan("LSTM", 6, 40) + 40 * CLASSES + CLASSES
    narrow = dataclasses.replace(SETTINGS, hidden=(40,))
    wide = dataclasses.replace(signs(), in_dim=6)
    train = np.zeros((1, 1, 1))
    assert hidden_sizes(tokens, settings, train) == hidden_sizes(wide, narrow, train)  # pyright: ignore
