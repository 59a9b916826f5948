"""Steps until adding is solved: against a run in plain steps, and what the answer makes of them."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import gatedrnn as gr
from gatedrnn.evidence import forget_bias
from gatedrnn.evidence.claims import CLAIMS
from gatedrnn.tasks.synthetic import adding

TINY = dataclasses.replace(
    forget_bias.SMALL, length=4, lstm=6, batch=16, held_out=50, cap=40, every=4, rate=3e-2, seeds=2
)


@pytest.mark.verify
def test_steps_are_those_of_a_loop_of_optax() -> None:
    """The same keys, networks and sequences, one step at a time outside of any program but the gradient's."""
    settings = dataclasses.replace(TINY, threshold=0.05)
    cell = gr.LSTM(settings.lstm)
    got = forget_bias.steps_needed(cell, ("0", "5"), settings)
    net = gr.chain(gr.scan(cell), gr.dense(1))
    loss = jax.jit(lambda p, b: jnp.mean((net.apply(p, b.x)[1][-1, :, 0] - b.y) ** 2))
    for row, bias in zip(got, (0.0, 5.0), strict=True):
        for steps, key in zip(row, jax.random.split(jax.random.key(0), settings.seeds), strict=True):
            key_net, key_data, key_held = jax.random.split(key, 3)
            held_out = adding(key_held, settings.held_out, settings.length)
            recurrent, head = net.init(jax.random.split(key_net)[0], 2)
            params = gr.memory_bias(recurrent, bias, cell=cell), head
            optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(settings.rate))
            state, needed = optimizer.init(params), np.inf
            for k in range(settings.cap):
                batch = adding(jax.random.fold_in(key_data, k), settings.batch, settings.length)
                updates, state = optimizer.update(jax.grad(loss)(params, batch), state, params)
                params = optax.apply_updates(params, updates)
                if (k + 1) % settings.every == 0 and loss(params, held_out) < settings.threshold:
                    needed = k + 1
                    break
            # Rounding may move the crossing of the threshold by one look.
            assert needed == steps or abs(needed - steps) <= settings.every


@pytest.mark.parametrize(
    ("zero", "one", "label"),
    [(900, 800, "does not hold"), (900, 400, "not resolved"), (900, 200, "holds"), (400, 400, "not resolved")],
)
def test_the_answer_follows_both_comparisons(zero, one, label) -> None:
    spread = np.arange(8.0) * 10
    found = {f"LSTM, forget bias {name}": 400 + spread[::-1] for name in forget_bias.BIASES}
    found |= {
        "LSTM, forget bias 0": zero + spread[::-1],
        "LSTM, forget bias 1": one + spread[::-1],
        "GRU": 400 + spread,
    }
    _, answer = forget_bias.findings(found, forget_bias.SMALL).answers
    assert (answer.claim, answer.label) == (7, label)
    assert "forget bias" in CLAIMS[6].said


@pytest.mark.parametrize(
    ("others", "label"), [(900.0, "holds"), (400.0, "depends"), (None, "not resolved")], ids=["all", "one", "none"]
)
def test_the_answer_about_updates_names_the_starts_that_need_more(others, label) -> None:
    spread = np.arange(8.0) * 10
    found = {f"LSTM, forget bias {name}": (others or 400.0) + spread[::-1] for name in forget_bias.BIASES}
    found |= {"GRU": 400 + spread} | ({} if others is None else {"LSTM, forget bias 5": 900 + spread[::-1]})
    answer, _ = forget_bias.findings(found, forget_bias.SMALL).answers
    assert (answer.claim, answer.label) == (5, label)
    with_bias = {"depends": "5", "holds": "all of them", "not resolved": "none of them"}[label]
    assert f"of forget biases 0, 1, 5, 10, chrono, with {with_bias}; time" in answer.why
    assert "converges in fewer updates" in CLAIMS[4].said


def test_runs_that_the_cap_ended_count_as_the_cap_and_are_said() -> None:
    found = {f"LSTM, forget bias {name}": np.full(8, np.inf) for name in forget_bias.BIASES} | {"GRU": np.arange(8.0)}
    measured = forget_bias.findings(found, forget_bias.SMALL).measured
    assert measured[0].each == (1500.0,) * 8
    assert "0 of 8 runs reached it" in measured[0].what
    assert "8 of 8 runs reached it" in measured[-1].what
