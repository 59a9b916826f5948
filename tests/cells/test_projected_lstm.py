"""The projected LSTM against PyTorch's, in float64."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.projected_lstm import ProjectedLSTM
from gatedrnn.errors import InputError

T, B, I, H, P = 6, 3, 2, 5, 3  # noqa: E741


def test_it_is_pytorchs_proj_size() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        cell = gr.ProjectedLSTM(H, P, policy=gr.Policy(params="float64"))
        like = jax.eval_shape(lambda: cell.init(jax.random.key(0), I))
        params = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), like)
        xs, weights = rng.normal(size=(T, B, I)), rng.normal(size=(T, B, P))
        carry = gr.LSTMCarry(*(jnp.asarray(rng.normal(size=(B, width))) for width in (P, H)))

        theirs = torch.nn.LSTM(I, H, proj_size=P, dtype=torch.float64)
        given = {"weight_ih_l0": params.w_x.T, "weight_hh_l0": params.w_h.T, "weight_hr_l0": params.w_p.T}
        given |= {"bias_ih_l0": params.b, "bias_hh_l0": np.zeros(4 * H)}
        theirs.load_state_dict({name: torch.tensor(value.copy()) for name, value in given.items()})
        x = torch.tensor(xs, requires_grad=True)
        ys, (h, c) = theirs(x, tuple(torch.tensor(np.array(leaf))[None] for leaf in carry))
        ((ys * torch.tensor(weights)).sum() + (c**2).sum()).backward()

        def loss(params, xs):
            end, ys = gr.scan(cell).apply(params, xs, carry=carry)
            return (ys * weights).sum() + (end.c**2).sum(), (end, ys)

        inputs = jax.tree.map(jnp.asarray, params), jnp.asarray(xs)
        (grads, d_xs), (end, got) = jax.jit(jax.grad(loss, (0, 1), has_aux=True))(*inputs)
        expected = [ys, h[0], c[0], x.grad, theirs.weight_ih_l0.grad.T, theirs.weight_hr_l0.grad.T]
        for ours, others in zip([got, end.h, end.c, d_xs, grads.w_x, grads.w_p], expected, strict=True):
            # Sums of some ten products over six steps, in another order: some hundred roundings of 1e-16.
            np.testing.assert_allclose(ours, others.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_a_projection_is_a_whole_number() -> None:
    with pytest.raises(InputError, match=r"projection: expected .* got 0"):
        ProjectedLSTM(4, 0)
