"""Cells and sequences once more, in plain NumPy, one sequence at a time, by other means than the library's.

Works on complex numbers too, so that derivatives can be taken along the imaginary axis.
"""

from __future__ import annotations

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm(params, carry, x, activation=np.tanh):
    """i, f, g, o; c' = f c + i g; h' = o act(c')."""
    h, c = carry
    w_xi, w_xf, w_xg, w_xo = np.split(params.w_x, 4, axis=1)
    w_hi, w_hf, w_hg, w_ho = np.split(params.w_h, 4, axis=1)
    b_i, b_f, b_g, b_o = np.split(params.b, 4)
    i = sigmoid(x @ w_xi + h @ w_hi + b_i)
    f = sigmoid(x @ w_xf + h @ w_hf + b_f)
    g = activation(x @ w_xg + h @ w_hg + b_g)
    o = sigmoid(x @ w_xo + h @ w_ho + b_o)
    c = f * c + i * g
    h = o * activation(c)
    return (h, c), h


def projected_lstm(params, carry, x, activation=np.tanh):
    """An LSTM without projection, with the recurrent map and the output map in a row."""
    h, c = carry
    a_i, a_f, a_g, a_o = np.split(x @ params.w_x + h @ params.w_h + params.b, 4)
    c = sigmoid(a_f) * c + sigmoid(a_i) * activation(a_g)
    h = (sigmoid(a_o) * activation(c)) @ params.w_p
    return (h, c), h


def gru(params, h, x, activation=np.tanh):
    """r, z, n with the reset gate after the product; h' = (1 - z) n + z h."""
    w_xr, w_xz, w_xn = np.split(params.w_x, 3, axis=1)
    w_hr, w_hz, w_hn = np.split(params.w_h, 3, axis=1)
    b_r, b_z, b_n = np.split(params.b, 3)
    r = sigmoid(x @ w_xr + h @ w_hr + b_r)
    z = sigmoid(x @ w_xz + h @ w_hz + b_z)
    n = activation(x @ w_xn + b_n + r * (h @ w_hn + params.b_h))
    h = (1 - z) * n + z * h
    return h, h


def gru_reset_before(params, h, x, activation=np.tanh):
    """r, z, n with the reset gate before the product; h' = (1 - z) n + z h."""
    w_xr, w_xz, w_xn = np.split(params.w_x, 3, axis=1)
    w_hr, w_hz, w_hn = np.split(params.w_h, 3, axis=1)
    b_r, b_z, b_n = np.split(params.b, 3)
    r = sigmoid(x @ w_xr + h @ w_hr + b_r)
    z = sigmoid(x @ w_xz + h @ w_hz + b_z)
    n = activation(x @ w_xn + (r * h) @ w_hn + b_n)
    h = (1 - z) * n + z * h
    return h, h


def simple_rnn(params, h, x, activation=np.tanh):
    """h' = act(x W_x + h W_h + b)."""
    h = activation(x @ params.w_x + h @ params.w_h + params.b)
    return h, h


def min_gru(params, h, x, activation=lambda a: a):
    """z, n from the input alone; h' moves from h towards n by z."""
    w_xz, w_xn = np.split(params.w_x, 2, axis=1)
    b_z, b_n = np.split(params.b, 2)
    z = sigmoid(x @ w_xz + b_z)
    h = h + z * (activation(x @ w_xn + b_n) - h)
    return h, h


def positive(a):
    """a + 1/2 where a is not negative, else the logistic function; by the real part."""
    low = np.exp(np.where(np.real(a) < 0, a, 0))
    return np.where(np.real(a) >= 0, a + 0.5, low / (1 + low))


def segments(exists, starts):
    """Return the steps that exist, as lists of steps of one segment each."""
    found = []
    for t in np.flatnonzero(exists):
        if starts[t] or not found:
            found.append([])
        found[-1].append(t)
    return found


def run(step, params, xs, start, initial, width, *, exists, starts, reverse=False):
    """Run ``step`` over one sequence ``xs [T, I]``, segment by segment; return the last carry and ``ys``."""
    ys = np.zeros((len(xs), width), np.result_type(xs, params.w_x))
    carry = start
    found = segments(exists, starts)
    for number, segment in enumerate(reversed(found) if reverse else found):
        if number > 0 or (not reverse and starts[segment[0]]):
            carry = initial
        for t in reversed(segment) if reverse else segment:
            carry, ys[t] = step(params, carry, xs[t])
    return carry, ys
