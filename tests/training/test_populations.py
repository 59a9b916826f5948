"""Populations of runs of one's own: plans, divergence, metrics, interruption."""

from __future__ import annotations

from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import gatedrnn as gr
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.member import member
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population, population
from gatedrnn.training.size import inside_of
from gatedrnn.training.step import adamw, train_step, warmup_cosine
from gatedrnn.training.store import Interrupted
from tests.helpers.proofs import quick_rows

T, B, IN, H, STEPS, SEGMENTS = 5, 8, 3, 4, 3, 4


class State(NamedTuple):
    params: object
    optimizer: object
    key: jax.Array
    step: jax.Array


class Forecast:
    """A GRU of one's own run: everything that may be traced is."""

    segments = SEGMENTS

    def __init__(self, data_parallel=False):
        self.traces = 0
        self.wrap = gr.data_parallel if data_parallel else lambda layer: layer

    def net(self, hyper):
        return gr.chain(self.wrap(gr.scan(gr.GRU(H))), gr.dropout(hyper["dropout"]), gr.dense(IN))

    def optimizer(self, hyper):
        rate = warmup_cosine(hyper["rate"], warmup=2, steps=STEPS * SEGMENTS)
        return adamw(rate, hyper["clip"], hyper["decay"])

    def init(self, hyper, key, data):
        key, key_params = jax.random.split(key)
        cell, *rest = self.net(hyper).init(key_params, IN)
        cell = gr.memory_bias(gr.scale_recurrent(cell, hyper["scale"]), hyper["bias"])
        params = (cell, *rest)
        return State(params, self.optimizer(hyper).init(params), key, jnp.zeros((), jnp.int32))

    def loss(self, params, hyper, batch, key):
        ys = self.net(hyper).apply(params, batch[:-1], key=key)[1]
        return ((ys - batch[1:]) ** 2).sum(), ys.size

    def advance(self, hyper, state, data):
        self.traces += 1

        def step(state, _):
            key_rows, key = jax.random.split(jax.random.fold_in(state.key, state.step))
            batch = data[:, jax.random.randint(key_rows, (B,), 0, data.shape[1])]
            params, opt_state, loss = train_step(
                self.loss, self.optimizer(hyper), hyper, state.params, state.optimizer, batch, key
            )
            return State(params, opt_state, state.key, state.step + 1), {"loss": loss}

        return jax.lax.scan(step, state, None, STEPS)


DATA = np.random.default_rng(0).normal(size=(T + 1, 20, IN)).astype(np.float32)
RATES = np.float32([0.01, 0.03, 0.1])


def _hypers(rates=RATES):
    return {"rate": np.float32(rates), "clip": 1.0, "decay": 0.01, "dropout": 0.1, "scale": 0.9, "bias": 1.0}


def _keys(k=3):
    return jax.random.split(jax.random.key(0), k)


def _plain(members):
    """Arrays on the host, keys as numbers."""
    states = members.states._replace(key=jax.random.key_data(members.states.key))
    return jax.device_get(members._replace(states=states))


@pytest.fixture(scope="module")
def compiled():
    """One after another on one device; compiled once for all tests that do not say how."""
    return Population(Forecast(), "map")


@pytest.fixture(scope="module")
def mapped(compiled):
    return _plain(compiled.train(_hypers(), _keys(), DATA))


def test_a_member_equals_a_loop_of_single_steps(mapped):
    """Each step compiled alone, hyperparameters constants: sums round differently, 1e-5 is 100 units in the last place
    of float32 after 12 steps."""
    run = Forecast()
    rate = optax.warmup_cosine_decay_schedule(0.0, 0.03, 2, STEPS * SEGMENTS)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=0.01))
    hyper = _hypers(0.03)
    state = jax.jit(lambda key: run.init(hyper, key, DATA))(_keys()[1])
    params, opt_state, losses = state.params, jax.jit(optimizer.init)(state.params), []

    @jax.jit
    def step(params, opt_state, i):
        key_rows, key = jax.random.split(jax.random.fold_in(state.key, i))
        batch = jnp.asarray(DATA)[:, jax.random.randint(key_rows, (B,), 0, 20)]
        loss, gradient = jax.value_and_grad(lambda p: run.loss(p, hyper, batch, key)[0] / (T * B * IN))(params)
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, loss

    for i in range(STEPS * SEGMENTS):
        params, opt_state, loss = step(params, opt_state, i)
        losses.append(float(loss))
    np.testing.assert_allclose(mapped.metrics["loss"][1], losses, rtol=1e-5)
    found = jax.tree.map(lambda leaf: leaf[1], mapped.states.params)
    chex.assert_trees_all_close(found, params, rtol=1e-4, atol=1e-6)


def test_alone_a_member_has_the_same_bits_under_a_map(mapped, compiled):
    for k in (0, 2):
        alone = _plain(compiled.train(_hypers(RATES[k : k + 1]), _keys()[k : k + 1], DATA))
        chex.assert_trees_all_equal(member(alone, 0), member(mapped, k))


PLANS = Plan("vmap", population=2, chunk=1), Plan("vmap", population=1, memory=1)


@pytest.mark.parametrize("plan", quick_rows(PLANS, PLANS[1:]))
def test_under_a_vmap_members_are_the_same_to_rounding(mapped, plan):
    """As above. One byte of memory is not enough even for one member: chunks of one."""
    found = population(Forecast(), _hypers(), _keys(), DATA, plan)
    np.testing.assert_allclose(found.metrics["loss"], mapped.metrics["loss"], rtol=1e-5)


def test_members_and_their_batches_are_spread_over_a_mesh(mapped):
    """2 rows of 2 devices: each row has its members, each device of it half of their batches."""
    run = Forecast(data_parallel=True)
    found = _plain(population(run, _hypers(), _keys(), DATA, Plan("map", population=2, batch=2)))
    np.testing.assert_allclose(found.metrics["loss"], mapped.metrics["loss"], rtol=1e-5)


def test_one_trace_and_on_all_devices_the_same_bits(mapped):
    run = Forecast()
    compiled = Population(run, Plan("map"))
    found = _plain(compiled.train(_hypers(), _keys(), DATA))
    chex.assert_trees_all_equal(found, mapped)
    compiled.train(_hypers(RATES / 2), _keys(), DATA)
    assert (run.traces, compiled.traces) == (1, 1)


@pytest.mark.parametrize(("batch", "inside"), [(32, "vmap"), (33, "map")])
def test_auto_follows_the_numbers_that_a_loop_over_time_carries(batch, inside):
    """4 units: up to 128 numbers members are trained at once, and always in turn where the run stops early."""
    run, layer = Forecast(), gr.scan(gr.GRU(4))
    params, xs = layer.init(jax.random.key(0), IN), jnp.ones((2, 3, batch, IN))
    step = jax.grad(lambda xs: layer.apply(params, xs)[1].sum())
    assert inside_of(Plan("auto"), run, step, xs) == inside
    run.status = lambda state: None
    assert inside_of(Plan("auto"), run, step, xs) == "map"


@pytest.mark.parametrize("inside", ["map", pytest.param("vmap", marks=pytest.mark.verify)])
def test_a_diverged_member_is_frozen_with_its_step_and_harms_nobody(compiled, inside):
    """With steps of 1e38 parameters overflow at once. Its schedule starts at 0, so that the first step takes none: the
    loss of the third is the first that is not finite."""
    compiled = compiled if inside == "map" else Population(Forecast(), "vmap")
    sound = _plain(compiled.train(_hypers([0.01, 0.03, 0.1]), _keys(), DATA))
    found = _plain(compiled.train(_hypers([0.01, 1e38, 0.1]), _keys(), DATA))
    assert found.status.diverged_at.tolist() == [-1, 3, -1]
    assert found.status.stopped.tolist() == [False, True, False]
    losses = found.metrics["loss"][1]
    assert np.isfinite(losses[:2]).all()
    assert not np.isfinite(losses[2:]).any()
    initial = Forecast().init(_hypers(0.0), _keys()[1], DATA).params
    frozen = jax.tree.map(lambda leaf: leaf[1], found.states.params)
    chex.assert_trees_all_close(frozen, initial, rtol=1e-6, atol=1e-7)
    for k in (0, 2):
        chex.assert_trees_all_equal(member(found, k), member(sound, k))


def test_a_state_that_is_lost_in_a_segments_last_step_is_noticed():
    """The metrics are all finite, so the segment's last step is the one; what was infinite before may stay so."""

    class Lost:
        segments = 3

        def init(self, hyper, key, data):
            return {"w": jnp.zeros(()), "best": jnp.inf, "n": jnp.zeros((), jnp.int32)}

        def advance(self, hyper, state, data):
            n = state["n"] + 1
            return {**state, "w": jnp.where(n == hyper, jnp.nan, 1.0 * n), "n": n}, {"loss": jnp.zeros(2)}

    members = population(Lost(), np.int32([9, 2]), _keys(2), ())
    assert members.status.diverged_at.tolist() == [-1, 4]
    assert members.states["w"].tolist() == [3.0, 1.0]


def test_interrupted_it_is_saved_whatever_the_pace_and_goes_on(mapped, compiled, tmp_path):
    seen = []

    def stop(members):
        seen.append(int(members.states.step[0]))
        if len(seen) == 2:
            raise Interrupted

    with Checkpoints(tmp_path, every=3600.0) as store, pytest.raises(Interrupted):
        compiled.train(_hypers(), _keys(), DATA, store=store, on_segment=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["2"]
    with Checkpoints(tmp_path) as store:
        found = compiled.train(_hypers(), _keys(), DATA, store=store, on_segment=stop)
    assert seen == [3, 6, 9, 12]
    chex.assert_trees_all_equal(_plain(found), mapped)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hypers": _hypers(RATES * 2)}, r"hypers.\['rate'\]\[0\]: was 0.00999"),
        ({"keys": jax.random.split(jax.random.key(1), 3)}, r"keys\[0\]\[0\]: was"),
        ({"data": DATA[:, :9]}, r"data.: was 'float32\[6,20,3\]', now 'float32\[6,9,3\]'"),
    ],
)
def test_another_population_is_refused(compiled, tmp_path, change, message):
    asked = {"hypers": _hypers(), "keys": _keys(), "data": DATA}
    with Checkpoints(tmp_path) as store:
        compiled.train(**asked, store=store)
        with pytest.raises(ValueError, match=message):
            compiled.train(**(asked | change), store=store)


def test_what_is_no_plan_is_refused():
    for change, name in (({"inside": "scan"}, "inside"), ({"chunk": 0}, "chunk"), ({"batch": -1}, "batch")):
        with pytest.raises(ValueError, match=name):
            Plan(**change)
    with pytest.raises(ValueError, match="plan: expected 'auto'"):
        population(Forecast(), _hypers(), _keys(), DATA, "pmap")
