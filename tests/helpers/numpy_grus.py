"""Relatives of the GRU and simple recurrences in plain NumPy, from their papers; complex numbers go through too."""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from tests.helpers.numpy_cells import gru, sigmoid, simple_rnn


def relu(a):
    """By the real part, so that a derivative along the imaginary axis passes where the unit is on."""
    return np.where(np.real(a) > 0, a, 0)


def mgu(params, h, x, activation=np.tanh):
    """Equations 5a to 5c of the paper, which has [h, x] side by side in one product."""
    both = np.concatenate([params.w_h, params.w_x])
    w_f, w_n = np.split(both, 2, axis=1)
    b_f, b_n = np.split(params.b, 2)
    f = sigmoid(np.concatenate([h, x]) @ w_f + b_f)
    n = activation(np.concatenate([f * h, x]) @ w_n + b_n)
    h = h + f * (n - h)
    return h, h


def mut(params, h, x, number, activation=np.tanh):
    """MUT1 to MUT3, z, r, n."""
    w_xz, w_xr, w_xn = np.split(params.w_x, 3, axis=1)
    *w_hz, w_hr, w_hn = np.split(params.w_h, 2 if number == 1 else 3, axis=1)
    b_z, b_r, b_n = np.split(params.b, 3)
    to_z = {1: 0.0, 2: h, 3: activation(h)}[number]
    z = sigmoid(x @ w_xz + b_z + (to_z @ w_hz[0] if w_hz else 0.0))
    r = sigmoid(x @ w_xr + h @ w_hr + b_r)
    seen = activation(x @ w_xn) if number == 1 else x @ w_xn
    h = activation((r * h) @ w_hn + seen + b_n) * z + h * (1 - z)
    return h, h


def ind_rnn(params, h, x, activation=relu):
    """Li et al.: one recurrent weight a unit, here a diagonal matrix."""
    h = activation(params.w_x.T @ x + np.diag(params.w_h) @ h + params.b)
    return h, h


def para_gru(params, h, x, activation=np.tanh):
    """The GRU with reset before the product and diagonal matrices; z lets in."""
    w_xr, w_xz, w_xn = np.split(params.w_x, 3, axis=1)
    a_r, a_z, a_n = (np.diag(a) for a in np.split(params.w_h, 3))
    b_r, b_z, b_n = np.split(params.b, 3)
    r = sigmoid(x @ w_xr + a_r @ h + b_r)
    z = sigmoid(x @ w_xz + a_z @ h + b_z)
    h = (1 - z) * h + z * activation(x @ w_xn + a_n @ (r * h) + b_n)
    return h, h


def block_gru(params, h, x, activation=np.tanh):
    """A GRU on a dense recurrent map, which is zero between heads."""
    heads, units, _ = params.w_h.shape
    dense = np.zeros((h.size, 3 * h.size), params.w_h.dtype)
    for head, gate in np.ndindex(heads, 3):
        rows = slice(head * units, (head + 1) * units)
        columns = slice(gate * h.size + head * units, gate * h.size + (head + 1) * units)
        dense[rows, columns] = params.w_h[head, :, gate * units : (gate + 1) * units]
    return gru(params._replace(w_h=dense), h, x, activation)


def normed(a, epsilon=1e-5):
    """By moments about zero."""
    return (a - a.mean()) / np.sqrt((a * a).mean() - a.mean() ** 2 + epsilon)


def layer_norm_gru(params, h, x, activation=np.tanh):
    """Ba et al. with their z turned to 1 - z: gates are normed together, the candidate apart."""
    units = h.size
    of_x, of_h = x @ params.w_x, h @ params.w_h
    gates = params.gain_x[: 2 * units] * normed(of_x[: 2 * units]) + params.gain_h[: 2 * units] * normed(
        of_h[: 2 * units]
    )
    r, z = np.split(sigmoid(gates + params.b[: 2 * units]), 2)
    inner = params.gain_h[2 * units :] * normed(of_h[2 * units :]) + params.b_h
    n = activation(params.gain_x[2 * units :] * normed(of_x[2 * units :]) + params.b[2 * units :] + r * inner)
    h = n + z * (h - n)
    return h, h


def dreamer_gru(params, h, x, activation=np.tanh):
    """On a dense recurrent map, which is zero between heads."""
    heads, units, _ = params.w_h.shape
    parts = [head @ w for head, w in zip(h.reshape(heads, units), params.w_h, strict=True)]  # [3 * units] of each head
    of_h = np.concatenate([np.concatenate([part[k * units : (k + 1) * units] for part in parts]) for k in range(3)])
    r, n, u = np.split(params.gain * normed(x @ params.w_x + of_h) + params.b, 3)
    h = h + sigmoid(u) * (activation(sigmoid(r) * n) - h)
    return h, h


def cases(hidden, policy):
    """Return cells beside their references, by name; ReLU and a smooth function where the paper has ReLU."""
    muts = {"mut1": gr.MUT1, "mut2": gr.MUT2, "mut3": gr.MUT3}
    return {
        "block gru": (gr.BlockGRU(hidden, policy=policy, heads=2), block_gru),
        "block gru, sine": (gr.BlockGRU(hidden, jnp.sin, policy, 2), partial(block_gru, activation=np.sin)),
        "mgu": (gr.MGU(hidden, policy=policy), mgu),
        "mgu, sine": (gr.MGU(hidden, jnp.sin, policy), partial(mgu, activation=np.sin)),
        **{name: (kind(hidden, policy=policy), partial(mut, number=int(name[-1]))) for name, kind in muts.items()},
        "mut1, sine": (gr.MUT1(hidden, jnp.sin, policy), partial(mut, number=1, activation=np.sin)),
        "mut3, sine": (gr.MUT3(hidden, jnp.sin, policy), partial(mut, number=3, activation=np.sin)),
        "ind rnn": (gr.IndRNN(hidden, policy=policy), ind_rnn),
        "ind rnn, sine": (gr.IndRNN(hidden, jnp.sin, policy), partial(ind_rnn, activation=np.sin)),
        "para gru": (gr.ParaGRU(hidden, policy=policy), para_gru),
        "para gru, sine": (gr.ParaGRU(hidden, jnp.sin, policy), partial(para_gru, activation=np.sin)),
        "layer norm gru": (gr.LayerNormGRU(hidden, policy=policy), layer_norm_gru),
        "layer norm gru, sine": (gr.LayerNormGRU(hidden, jnp.sin, policy), partial(layer_norm_gru, activation=np.sin)),
        "dreamer gru": (gr.DreamerGRU(hidden, policy=policy, heads=2), dreamer_gru),
        "dreamer gru, sine": (gr.DreamerGRU(hidden, jnp.sin, policy), partial(dreamer_gru, activation=np.sin)),
        "irnn": (gr.IRNN(hidden, policy=policy), partial(simple_rnn, activation=relu)),
    }
