"""The relatives of the LSTM once more, in plain NumPy, a gate at a time, from their papers' equations.

They work on complex numbers too, as those of `numpy_cells.py` do.
"""

from __future__ import annotations

from functools import partial

import numpy as np

import gatedrnn as gr
from tests.helpers.numpy_cells import sigmoid


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


def cases(hidden, policy):
    """Return each cell with its step in NumPy."""
    variants = ["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"]
    return {
        "peephole": (gr.PeepholeLSTM(hidden, policy=policy), peephole),
        "coupled": (gr.CoupledLSTM(hidden, policy=policy), coupled),
        "janet": (gr.JANET(hidden, policy=policy, beta=0.5), partial(janet, beta=0.5)),
        **{
            f"greff {name}": (gr.GreffLSTM(hidden, policy=policy, variant=name), partial(greff, variant=name))
            for name in variants
        },
    }
