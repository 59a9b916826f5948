"""Every law of the design, for every cell and every kind of layer."""

from __future__ import annotations

import pytest

import gatedrnn as gr
from tests.cells import CELLS, LAYERS

pytestmark = pytest.mark.usefixtures("quick_compiles")


@pytest.mark.parametrize("name", CELLS)
def test_cells_keep_every_law(name):
    gr.testing.check_cell(CELLS[name])


@pytest.mark.parametrize("name", LAYERS)
def test_layers_keep_every_law(name):
    layer, arguments = LAYERS[name]
    gr.testing.check_layer(layer, **arguments)
