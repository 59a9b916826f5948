"""Recurrent PPO: physics and advantages against float64 loops, rollout against replay, and the answer."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.evidence import cart_pole, recurrent_control
from gatedrnn.evidence import recurrent_ppo as ppo

TINY = ppo.PPOSettings(carts=4, steps=12, updates=2, epochs=1)


def test_a_pole_falls_as_the_equations_of_motion_say() -> None:
    """Against the two equations of the cart and the pole, solved as a linear system in float64."""
    rng = np.random.default_rng(0)
    moving, right = rng.normal(0, 0.5, (5, 4)), rng.random(5) < 0.5
    got = np.asarray(cart_pole.moved(jnp.asarray(moving, jnp.float32), jnp.asarray(right)))
    for (x, v, a, w), push, found in zip(moving, right, got, strict=True):
        force, length = (10.0 if push else -10.0), 0.5
        # (M + m) x'' + m l a'' cos a = F + m l w^2 sin a;  x'' cos a + 4/3 l a'' = g sin a
        left = np.array([[1.1, 0.1 * length * np.cos(a)], [np.cos(a), 4 / 3 * length]])
        speed, turn = np.linalg.solve(left, [force + 0.1 * length * w**2 * np.sin(a), 9.8 * np.sin(a)])
        # Some ten float32 roundings of numbers of order 1.
        np.testing.assert_allclose(found, [x + 0.02 * v, v + 0.02 * speed, a + 0.02 * w, w + 0.02 * turn], atol=2e-6)


def test_advantages_are_sums_of_discounted_errors_within_episodes() -> None:
    rng = np.random.default_rng(1)
    values, ended = rng.normal(size=(8, 2)), rng.random((7, 2)) < 0.3
    s = dataclasses.replace(TINY, discount=0.9, trace=0.8, reward=0.5)
    got = ppo.advantages(jnp.asarray(values, jnp.float32), jnp.asarray(ended), s)
    for e in range(2):
        for t in range(7):
            total, weight = 0.0, 1.0
            for k in range(t, 7):
                total += weight * (0.5 + (0.0 if ended[k, e] else 0.9 * values[k + 1, e]) - values[k, e])
                if ended[k, e]:
                    break
                weight *= 0.9 * 0.8
            assert got[t, e] == pytest.approx(total, abs=1e-5)


def test_replaying_gives_the_probabilities_of_the_rollout_and_not_where_resets_are_a_step_late() -> None:
    net = ppo.network(gr.LSTM(3))
    params = net.init(jax.random.key(0), cart_pole.SEEN)
    params = jax.tree.map(lambda p: 3.0 * p, params)  # so that what is remembered counts
    world = cart_pole.start(jax.random.key(1), 4)
    agent = ppo.Agent(world, jnp.ones(4, bool), net.initial_carry(params, cart_pole.seen(world)))
    _, happened, _ = jax.jit(lambda p, k: ppo.rollout(net, p, agent, k, 40))(params, jax.random.key(2))
    assert happened.ended[:-1].any()
    logp, value, _ = ppo.replay(net, params, agent.carry, happened)
    # Probabilities of some sums of a few float32 products.
    np.testing.assert_allclose(logp, happened.logp, atol=1e-5)
    np.testing.assert_allclose(value, happened.value, atol=1e-5)
    late = happened._replace(starts=jnp.roll(happened.starts, 1, axis=0))
    assert jnp.abs(ppo.replay(net, params, agent.carry, late)[0] - happened.logp).max() > 1e-3


@pytest.mark.verify
def test_agents_learn_to_hold_the_pole() -> None:
    settings = recurrent_control.ControlSettings(ppo=ppo.PPOSettings(updates=20), rates=(3e-3,), seeds=4)
    found = recurrent_control.lengths(gr.GRU(16), settings)
    assert found[..., -4:].mean() > 2 * found[..., :2].mean()


@pytest.mark.parametrize(("of_gru", "label"), [(30.0, "holds"), (1.0, "does not hold"), (10.0, "not resolved")])
def test_the_answer_follows_how_far_runs_lie_apart(of_gru, label) -> None:
    settings = recurrent_control.ControlSettings(ppo=dataclasses.replace(TINY, updates=1), rates=(1e-3, 1e-2), seeds=8)
    wide = np.linspace(8, 12, 8)
    found = {
        name: np.stack([100 + spread, 100 - spread])[..., None]
        for name, spread in (("LSTM", wide), ("GRU", of_gru * wide[::-1] / 10))
    }
    got = recurrent_control.findings(found, settings)
    assert [(one.claim, one.label) for one in got.answers] == [(12, label)]
    assert len(got.measured) == 8
    assert {one.level for one in got.compared} == {0.975}
