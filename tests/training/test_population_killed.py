"""A population killed with SIGKILL at random moments ends with the same bits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.helpers.compiling import quick_flags

SCRIPT = """
import sys
import jax, jax.numpy as jnp, numpy as np
from gatedrnn import training

folder, segments = sys.argv[1], int(sys.argv[2])

def loss(params, hyper, batch, key):
    return jnp.sum((jnp.tanh(batch @ params) + jax.random.normal(key)) ** 2), 2

run = training.FixedSteps(
    init_params=lambda hyper, key: jax.random.normal(key, (2,)),
    loss=loss,
    take=lambda data, indices: data[indices],
    optimizer=lambda rate: training.adamw(rate, 1.0, 0.1),
    examples=9, batch_size=2, steps=3, segments=segments,
)
data = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
shown = lambda members: print(int(members.states.step.max()), flush=True)
keys = jax.random.split(jax.random.key(0), 3)
with training.Checkpoints(folder + "/checkpoints") as store:
    members = training.population(run, np.float32([0.01, 0.1, 1e38]), keys, data, store=store, on_segment=shown)
states = members.states._replace(key=jax.random.key_data(members.states.key))
leaves = jax.tree.leaves(members._replace(states=states))
np.savez(folder + "/end.npz", *leaves)
"""


def _start(folder, segments):
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "XLA_FLAGS": quick_flags(), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(segments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def _finish(folder, segments):
    process = _start(folder, segments)
    error = process.communicate(timeout=120)[1]
    assert process.returncode == 0, error
    with np.load(folder / "end.npz", allow_pickle=False) as found:
        return [found[name] for name in found.files]


def _killed(folder, segments, seconds):
    """Kill so long after the first segment of this process; return whether it was still at work."""
    process = _start(folder, segments)
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    return process.returncode == -signal.SIGKILL


@pytest.mark.verify
@pytest.mark.parametrize(("kills", "segments"), [pytest.param(1, 40, id="one"), pytest.param(25, 250, id="many")])
def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path, kills, segments):
    """The third member diverges, and stays frozen through all of it."""
    rng = random.Random(0)
    whole = _finish(tmp_path / "whole", segments)
    at_work = [_killed(tmp_path / "killed", segments, rng.uniform(0.0, 0.4)) for _ in range(kills)]
    assert any(at_work), "killed after its end, which proves nothing"
    assert not (tmp_path / "killed" / "end.npz").exists()
    for found, expected in zip(_finish(tmp_path / "killed", segments), whole, strict=True):
        np.testing.assert_array_equal(found, expected)
