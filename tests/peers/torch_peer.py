"""PyTorch: gates i f g o and r z n, weights ``[G*H, I]``, two biases for each gate; lengths by packing."""

from __future__ import annotations

from typing import Any

import jax

from tests.peers.cases import LENGTHS, Case, H, I, Result

PACKAGE, DTYPE, WITHOUT = "torch", "float64", ()
CELLS = {"lstm", "gru_after", "tanh_rnn", "relu_rnn"}


def weights(params: Any, suffix: str) -> dict[str, Any]:
    """Both biases' sum is what matters, but for the candidate of a GRU, whose second bias the reset gate scales."""
    import torch

    b_h = torch.zeros_like(params.b)
    if hasattr(params, "b_h"):
        b_h = torch.cat([b_h[: 2 * H], params.b_h])
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return dict(zip([f"{n}_{suffix}" for n in names], (params.w_x.T, params.w_h.T, params.b, b_h), strict=True))


def run(case: Case, params: Any, xs: Any) -> Any:
    import torch

    torch.set_num_threads(1)
    kind, options = {
        "lstm": (torch.nn.LSTM, {}),
        "gru_after": (torch.nn.GRU, {}),
        "tanh_rnn": (torch.nn.RNN, {}),
        "relu_rnn": (torch.nn.RNN, {"nonlinearity": "relu"}),
    }[case.cell]
    module = kind(I, H, case.depth, bidirectional=case.bidirectional, dtype=torch.float64, **options)
    given: dict[str, Any] = {}
    for depth, layer in enumerate(params):
        for direction, p in zip(("", "_reverse"), layer if case.bidirectional else (layer,), strict=False):
            given |= weights(p, f"l{depth}{direction}")
    if case.lengths:
        lengths = torch.tensor(LENGTHS)
        xs = torch.nn.utils.rnn.pack_padded_sequence(xs, lengths, enforce_sorted=False)
    ys = torch.func.functional_call(module, given, (xs,))[0]
    return torch.nn.utils.rnn.pad_packed_sequence(ys)[0] if case.lengths else ys


def differentiate(case: Case, params: Any, xs: Any, cotangent: Any) -> Result:
    import torch

    params, xs = jax.tree.map(lambda a: torch.tensor(a, requires_grad=True), (params, xs))
    ys = run(case, params, xs)
    (ys * torch.tensor(cotangent)).sum().backward()
    grads, grad_xs = jax.tree.map(lambda p: p.grad.numpy(), (params, xs))
    return Result(ys.detach().numpy(), grads, grad_xs)
