"""The relatives of the LSTM once more, in plain NumPy, a gate at a time, from their papers' equations.

They work on complex numbers too, as those of `numpy_cells.py` do.
"""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from tests.helpers.numpy_cells import positive, sigmoid


def sums(params, x, h, blocks):
    """Return x W_x + h W_h + b for each block of columns on its own."""
    parts = zip(*(np.split(array, blocks, axis=-1) for array in (params.w_x, params.w_h, params.b)), strict=True)
    return [x @ w_x + h @ w_h + b for w_x, w_h, b in parts]


def peephole(params, carry, x, activation=np.tanh):
    """Input and forget gate see c, the output gate c'."""
    h, c = carry
    i, f, g, o = sums(params, x, h, 4)
    p_i, p_f, p_o = np.split(params.p, 3)
    c_new = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * activation(g)
    h = sigmoid(o + p_o * c_new) * activation(c_new)
    return (h, c_new), h


def coupled(params, carry, x, activation=np.tanh):
    """c' lies between c and g, as far from g as f says."""
    h, c = carry
    f, g, o = sums(params, x, h, 3)
    g = activation(g)
    c = g + sigmoid(f) * (c - g)
    h = sigmoid(o) * activation(c)
    return (h, c), h


def janet(params, h, x, activation=np.tanh, beta=1.0):
    """sigmoid(s) h + (1 - sigmoid(s - beta)) g."""
    s, g = sums(params, x, h, 2)
    h = sigmoid(s) * h + sigmoid(beta - s) * activation(g)
    return h, h


def greff(params, carry, x, activation=np.tanh, variant="V"):
    """Vanilla, or what a variant changes, each in a line of its own."""
    absent = {"NIG": "i", "NFG": "f", "NOG": "o", "CIFG": "f"}.get(variant, "")
    names = [name for name in "ifgo" if name != absent]
    a = dict(zip(names, sums(params, x, carry[0], len(names)), strict=True))
    if variant == "FGR":
        rows = [np.split(row, 3, axis=1) for row in np.split(params.w_g, 3)]  # from i, f, o; to i, f, o
        for place, name in enumerate("ifo"):
            a[name] = a[name] + sum(carry[2 + source] @ rows[source][place] for source in range(3))
    c = carry[1]
    peeping = [name for name in names if name != "g"]
    p = dict.fromkeys(peeping, 0)
    if variant != "NP":
        p = dict(zip(peeping, np.split(params.p, len(peeping)), strict=True))
    i = 1 if variant == "NIG" else sigmoid(a["i"] + p["i"] * c)
    f = 1 if variant == "NFG" else 1 - i if variant == "CIFG" else sigmoid(a["f"] + p["f"] * c)
    g = a["g"] if variant == "NIAF" else activation(a["g"])
    c = f * c + i * g
    o = 1 if variant == "NOG" else sigmoid(a["o"] + p["o"] * c)
    h = o * (c if variant == "NOAF" else activation(c))
    return ((h, c, i, f, o) if variant == "FGR" else (h, c)), h


def multiplicative(params, carry, x, activation=np.tanh):
    """An LSTM of m = (x W_mx) (h W_mh) in place of h."""
    h, c = carry
    m = (x @ params.w_mx) * (h @ params.w_mh)
    i, f, g, o = sums(params, x, m, 4)
    c = sigmoid(f) * c + sigmoid(i) * activation(g)
    h = sigmoid(o) * activation(c)
    return (h, c), h


def ur(params, carry, x, activation=np.tanh):
    """The refine gate chooses between f^2 and 1 - (1 - f)^2, that is 2 f - f^2."""
    h, c = carry
    f, r, g, o = sums(params, x, h, 4)
    f, r = sigmoid(f), sigmoid(r)
    keep = f * f + 2 * r * f * (1 - f)
    c = keep * c + (1 - keep) * activation(g)
    h = sigmoid(o) * activation(c)
    return (h, c), h


def heads_sums(params, x, h, blocks):
    """As ``sums``, with a dense recurrent map that is 0 between units of different heads."""
    heads, units, _ = params.w_h.shape
    dense = np.zeros((h.size, blocks * h.size), params.w_h.dtype)
    for head, block, row, column in np.ndindex(heads, blocks, units, units):
        place = block * h.size + head * units + column
        dense[head * units + row, place] = params.w_h[head, row, block * units + column]
    return sums(params._replace(w_h=dense), x, h, blocks)


def block(params, carry, x, activation=np.tanh):
    """The LSTM of a map that is dense, and 0 between heads."""
    h, c = carry
    i, f, g, o = heads_sums(params, x, h, 4)
    c = sigmoid(f) * c + sigmoid(i) * activation(g)
    h = sigmoid(o) * activation(c)
    return (h, c), h


def slstm(params, carry, x, activation=np.tanh):
    """Without a stabiliser: exponentials of the sums; c and n of the paper are the library's times exp(m)."""
    h, c, n, m = carry
    i, f, g, o = heads_sums(params, x, h, 4)
    c, n = c * np.exp(m), n * np.exp(m)
    c = sigmoid(f) * c + np.exp(i) * activation(g)
    n = sigmoid(f) * n + np.exp(i)
    h = sigmoid(o) * c / n
    m = np.maximum(np.log(sigmoid(f)) + m, i)
    return (h, c * np.exp(-m), n * np.exp(-m), m), h


def para(params, carry, x, activation=np.tanh):
    """Each unit sees its own h and c."""
    h, c = carry
    parts = (np.split(array, 3, axis=-1) for array in (params.w_x, params.a, params.b))
    f, g, o = (x @ w + a * h + b for w, a, b in zip(*parts, strict=True))
    p_f, p_o = np.split(params.p, 2)
    f = sigmoid(f + p_f * c)
    c = f * c + (1 - f) * activation(g)
    h = sigmoid(o + p_o * c) * activation(c)
    return (h, c), h


def minimal(params, h, x, activation=lambda a: a):
    """Both gates over their sum."""
    f, i, n = (x @ w + b for w, b in zip(np.split(params.w_x, 3, axis=1), np.split(params.b, 3), strict=True))
    f, i = sigmoid(f), sigmoid(i)
    h = (f * h + i * activation(n)) / (f + i)
    return h, h


def layer_norm(params, carry, x, activation=np.tanh, epsilon=1e-5):
    """Both products are normed as wholes, and c where it leaves."""
    h, c = carry

    def norm(a):
        return (a - a.mean()) / np.sqrt((a * a).mean() - a.mean() ** 2 + epsilon)

    a = params.gain_x * norm(x @ params.w_x) + params.gain_h * norm(h @ params.w_h) + params.b
    i, f, g, o = np.split(a, 4)
    c = sigmoid(f) * c + sigmoid(i) * activation(g)
    h = sigmoid(o) * activation(params.gain_c * norm(c) + params.b_c)
    return (h, c), h


def convolved(x, w):
    """Sum over all pairs of places, of which the kernel's entry is that of their distance."""
    axes = w.ndim - 2
    y = np.zeros((*x.shape[:axes], w.shape[-1]), np.result_type(x, w))
    for here in np.ndindex(*x.shape[:axes]):
        for there in np.ndindex(*x.shape[:axes]):
            entry = tuple(b - a + size // 2 for a, b, size in zip(here, there, w.shape[:axes], strict=True))
            if all(0 <= k < size for k, size in zip(entry, w.shape[:axes], strict=True)):
                y[here] += x[there] @ w[entry]
    return y


def conv_lstm(params, carry, x, activation=np.tanh):
    """The LSTM of convolved sums."""
    h, c = carry
    i, f, g, o = np.split(convolved(x, params.w_x) + convolved(h, params.w_h) + params.b, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * activation(g)
    h = sigmoid(o) * activation(c)
    return (h, c), h


def conv_gru(params, h, x, activation=np.tanh):
    """The GRU of convolved sums, reset before the convolution."""
    x_r, x_z, x_n = np.split(convolved(x, params.w_x) + params.b, 3, axis=-1)
    w_r, w_z, w_n = np.split(params.w_h, 3, axis=-1)
    r, z = sigmoid(x_r + convolved(h, w_r)), sigmoid(x_z + convolved(h, w_z))
    h = (1 - z) * activation(x_n + convolved(r * h, w_n)) + z * h
    return h, h


def cases(hidden, policy):
    """Return each cell with its step in NumPy."""
    variants = ["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"]
    return {
        "multiplicative": (gr.MultiplicativeLSTM(hidden, policy=policy), multiplicative),
        "ur": (gr.URLSTM(hidden, policy=policy), ur),
        "block": (gr.BlockLSTM(hidden, policy=policy, heads=2), block),
        "slstm": (gr.SLSTM(hidden, policy=policy), slstm),
        "slstm, two heads": (gr.SLSTM(hidden, policy=policy, heads=2), slstm),
        "layer norm": (gr.LayerNormLSTM(hidden, policy=policy), layer_norm),
        "para": (gr.ParaLSTM(hidden, policy=policy), para),
        "min lstm": (gr.MinLSTM(hidden, policy=policy), minimal),
        "min lstm, sine": (gr.MinLSTM(hidden, jnp.sin, policy), partial(minimal, activation=np.sin)),
        "log min lstm": (gr.LogMinLSTM(hidden, policy=policy), partial(minimal, activation=positive)),
        "peephole": (gr.PeepholeLSTM(hidden, policy=policy), peephole),
        "coupled": (gr.CoupledLSTM(hidden, policy=policy), coupled),
        "janet": (gr.JANET(hidden, policy=policy, beta=0.5), partial(janet, beta=0.5)),
        **{
            f"greff {name}": (gr.GreffLSTM(hidden, policy=policy, variant=name), partial(greff, variant=name))
            for name in variants
        },
    }
