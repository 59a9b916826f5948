"""A population spread over devices: each member ends with the same bits on any number of them."""

from __future__ import annotations

import chex
import jax
import numpy as np
import pytest

from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.placement import Placement, assign
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population
from tests.helpers.proofs import quick_rows
from tests.training.test_training import _hypers, _run, data  # noqa: F401  (a fixture)

RATES = (0.01, 0.3, 0.1, 1e30, 0.05)
"""Five members, of which the fourth diverges."""


def _train(data, devices, **options):  # noqa: F811
    population = Population(_run(), Plan("map", population=devices))
    keys = jax.random.split(jax.random.key(0), len(RATES))
    states = population.train(_hypers(*RATES), keys, data, **options).states
    plain = states._replace(key=jax.random.key_data(states.key))
    return population, jax.device_get(plain)


@pytest.fixture(scope="module")
def alone(data):  # noqa: F811
    return _train(data, 1)[1]


@pytest.mark.parametrize("devices", quick_rows([2, 3, 4], [3]))
def test_members_end_with_the_same_bits_on_any_devices(data, alone, devices):  # noqa: F811
    population, states = _train(data, devices)
    chex.assert_trees_all_equal(states, alone)
    assert population.traces == 1


def test_a_checkpoint_resumes_on_other_devices(data, alone, tmp_path):  # noqa: F811
    def stop(states):
        raise KeyboardInterrupt

    with Checkpoints(tmp_path) as store, pytest.raises(KeyboardInterrupt):
        _train(data, 3, store=store, on_segment=stop)
    with Checkpoints(tmp_path) as store:
        _, states = _train(data, 2, store=store)
    chex.assert_trees_all_equal(states, alone)


@pytest.mark.parametrize("plan", [Plan(population=99), Plan(population=2, batch=3), Plan(batch=5)])
def test_devices_that_are_not_there_are_refused(plan):
    with pytest.raises(ValueError, match="plan: expected at most 4"):
        Population(_run(), plan)


def test_running_members_are_dealt_evenly():
    stopped = np.array([True, False, True, False, False, True, True])
    dealt = assign(stopped, 3)
    running = (~stopped[dealt.member_at] & ~dealt.is_copy).reshape(3, -1).sum(axis=1)
    np.testing.assert_array_equal(running, [1, 1, 1])
    np.testing.assert_array_equal(dealt.member_at[dealt.places()], np.arange(7))


def test_nobody_is_moved_while_all_run():
    dealt = assign(np.zeros(7, bool), 3)
    np.testing.assert_array_equal(dealt.member_at, [*range(7), 0, 0])
    np.testing.assert_array_equal(dealt.is_copy, [*[False] * 7, True, True])
    placement, members = Placement(jax.devices()[:3]), {"x": np.arange(7.0)}
    assert placement.take(members, dealt.places()) is members
    np.testing.assert_array_equal(placement.take(members, dealt.member_at)["x"], [*range(7), 0, 0])
