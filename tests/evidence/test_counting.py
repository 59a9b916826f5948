"""How far networks count: judged against a loop in plain Python, with a cell whose reset gate does nothing."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.gru import GRUParams
from gatedrnn.evidence.counting import CountingSettings, judged, network, reach, train
from gatedrnn.evidence.inert_reset_gru import InertResetGRU
from gatedrnn.tasks.generated.counting import words
from gatedrnn.testing import check_cell

TINY = CountingSettings(2, 4, 6, units=2, steps=2, segments=1, batch=3, seeds=2)


@pytest.mark.verify
def test_inert_reset_is_a_lawful_cell() -> None:
    check_cell(InertResetGRU(3))


def test_inert_reset_is_what_its_equations_say() -> None:
    rng = np.random.default_rng(0)
    w_x, w_h, b, b_h = (rng.normal(size=shape) for shape in ((2, 9), (3, 9), (9,), (3,)))
    params = GRUParams(*(jnp.asarray(array, jnp.float32) for array in (w_x, w_h, b, b_h)))
    x, h = rng.normal(size=2), rng.normal(size=3)
    z = 1 / (1 + np.exp(-(x @ w_x[:, 3:6] + h @ w_h[:, 3:6] + b[3:6])))
    n = np.tanh(x @ w_x[:, 6:] + b[6:] + h @ w_h[:, 6:] + b_h)
    got = InertResetGRU(3).step(params, jnp.asarray(h, jnp.float32), jnp.asarray(x, jnp.float32))[1]
    # Some ten float32 roundings of numbers of order 1.
    np.testing.assert_allclose(got, (1 - z) * n + z * h, atol=1e-6)


def test_its_reset_weights_do_not_learn_and_those_of_a_gru_do() -> None:
    xs = jnp.asarray(np.random.default_rng(1).normal(size=(5, 2)), jnp.float32)
    for make, learns in ((InertResetGRU, False), (gr.GRU, True)):
        layer = gr.scan(make(3))
        params = layer.init(jax.random.key(0), 2)
        gradient = jax.jit(jax.grad(lambda p, layer=layer: (layer.apply(p, xs)[1] ** 2).sum()))(params)
        assert bool((gradient.w_h[:, :3] != 0).any()) is learns
        assert bool((gradient.w_h[:, 3:] != 0).any())


def test_words_are_judged_as_a_loop_judges_them() -> None:
    batch = words(3, 1, 5, 5)
    rng = np.random.default_rng(2)
    right = np.eye(4)[batch.y]
    p = (
        rng.dirichlet(np.full(4, 0.3), size=batch.y.shape) * 0.5
        + right * rng.choice((0.0, 0.5), batch.y.shape)[..., None]
    )
    p = p / p.sum(-1, keepdims=True)
    accepted, counted, recognised = (
        np.asarray(each) for each in judged(jnp.asarray(p, jnp.float32), batch, threshold=0.02)
    )
    seen = set()
    for b, n in enumerate(range(1, 6)):
        steps = range(3 * n)
        enough = [p[t, b, batch.y[t, b]] > 0.02 for t in steps]
        best = [int(p[t, b].argmax()) == batch.y[t, b] for t in steps]
        expected = all(enough), all(enough[n:]), all(best[n:])
        assert (accepted[b], counted[b], recognised[b]) == expected
        seen.add(expected)
    assert len(seen) > 1


def test_a_network_that_counts_reaches_the_end_and_one_that_allows_all_is_accepted_everywhere() -> None:
    settings = dataclasses.replace(TINY, tested_to=5)
    net = network(gr.GRU, settings)
    params = jax.vmap(lambda key: net.init(key, 3))(jax.random.split(jax.random.key(0), 2))
    even = (*params[:-1], jax.tree.map(jnp.zeros_like, params[-1]))  # equal logits
    found = reach(gr.GRU, settings, even)
    assert found.accepted.tolist() == [5, 5]
    assert found.counted.tolist() == [5, 5]
    assert found.recognised.tolist() == [0, 0]  # of equal logits the first is taken, an a


@pytest.mark.verify
def test_a_small_lstm_learns_to_count_what_it_was_shown() -> None:
    settings = CountingSettings(2, 5, 8, batch=5, learning_rate=2e-2, steps=400, segments=1, seeds=2)
    members = train(gr.LSTM, settings)
    assert reach(gr.LSTM, settings, members.states.params).recognised.max() >= 5
