"""Each law fails for a layer or a cell that breaks it, so that none is empty; the failure names law and thing."""

from __future__ import annotations

import pytest

import gatedrnn as gr
from tests.helpers import broken_cells
from tests.helpers import broken_layers as broken
from tests.helpers import cell_table as cells

pytestmark = pytest.mark.usefixtures("unchecked_annotations")

TOKENS = {"in_dim": 5, "inputs": cells.tokens}


@pytest.mark.parametrize("law", gr.testing.LAYER_LAWS, ids=lambda law: law.__name__)
def test_a_layer_can_break(law, monkeypatch):
    monkeypatch.setattr(gr.testing, "LAYER_LAWS", (law,))
    layer = broken.LAYERS[law]
    with pytest.raises(AssertionError, match=f"breaks the law {law.__name__}: ") as caught:
        gr.testing.check_layer(layer, **TOKENS if isinstance(layer, broken.Lookup) else {})
    assert repr(layer) in str(caught.value)


@pytest.mark.parametrize("law", [*gr.testing.CELL_LAWS, *gr.testing.GATED_LAWS], ids=lambda law: law.__name__)
def test_a_cell_can_break(law, monkeypatch):
    monkeypatch.setattr(gr.testing, "LAYER_LAWS", ())
    monkeypatch.setattr(gr.testing, "CELL_LAWS", (law,) if law in gr.testing.CELL_LAWS else ())
    monkeypatch.setattr(gr.testing, "GATED_LAWS", (law,) if law in gr.testing.GATED_LAWS else ())
    with pytest.raises(AssertionError, match=f"breaks the law {law.__name__}: ") as caught:
        gr.testing.check_cell(broken_cells.CELLS[law])
    assert repr(broken_cells.CELLS[law]) in str(caught.value)
