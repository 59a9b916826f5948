"""Every cell and layer against other frameworks with the same weights: outputs, gradients of weights and inputs.

In float64, but for Keras, whose float32 is compared with our float64. Parameters stay in our layout and are
converted inside what is differentiated, so that the peer's gradients come back in our layout too.
"""

from __future__ import annotations

import jax
import numpy as np
import pytest

from tests.peers import cases, equinox_peer, haiku_peer, keras_peer, linen_peer, nnx_peer, torch_peer

PEERS = [torch_peer, linen_peer, nnx_peer, equinox_peer, haiku_peer, keras_peer]
PLAIN = [case for case in cases.CASES if case == cases.Case(case.cell)]
"""One layer in one direction: all that `make test` compares with others than PyTorch."""
TABLE = [
    pytest.param(
        peer,
        case,
        id=f"{peer.PACKAGE}-{case}",
        marks=() if peer is torch_peer or case in PLAIN else pytest.mark.verify,
    )
    for peer in PEERS
    for case in cases.CASES
    if case.cell in peer.CELLS
]

# A gradient sums T * B terms, each with the rounding of a dot product of I + H terms and of about ten operations of
# the gates, in units of the peer's type; relative to the largest entry, and once more for each layer above.
ROUNDINGS = cases.T * cases.B * (cases.I + cases.H + 10)


@pytest.mark.parametrize(("peer", "case"), TABLE)
def test_outputs_and_gradients_agree(peer, case):
    pytest.importorskip(peer.PACKAGE, reason=f"{peer.PACKAGE} is not installed: pip install 'gatedrnn[peers]'")
    with jax.enable_x64(True):
        ours = cases.ours(case, peer.WITHOUT)
    with jax.enable_x64(peer.DTYPE == "float64"):
        given = cases.problem(case, peer.WITHOUT)
        if hasattr(peer, "differentiate"):
            theirs = peer.differentiate(case, *given)
        else:
            theirs = cases.differentiate(lambda params, xs: peer.run(case, params, xs), *given)
    tolerance = case.depth * ROUNDINGS * np.finfo(peer.DTYPE).eps

    def agree(path, a, b):
        name = jax.tree_util.keystr(path)
        if not any(field in name for field in peer.WITHOUT):
            assert (a.dtype, b.dtype) == (np.float64, peer.DTYPE), name
            np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max(), err_msg=name)

    jax.tree.map_with_path(agree, ours, theirs)
