"""Training runs against a plain loop, and what early stopping, divergence and segments must not change."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.early_stopping import Data, EarlyStopping, Hyper
from gatedrnn.training.member import member
from gatedrnn.training.population import Population

N, BATCH, EPOCHS = 10, 4, 30


def _loss(params, hyper, batch, key):
    """A linear model with noise on its prediction where there is a key, so that keys matter."""
    noise = 0.0 if key is None else hyper.dropout * jax.random.normal(key, batch["y"].shape)
    error = batch["x"] @ params["w"] + noise - batch["y"]
    return (error**2).sum(), error.size


def _take(part, indices):
    return jax.tree.map(lambda a: a[indices], part)


def _run(**changes):
    sizes = {"examples": N, "batch_size": BATCH, "max_epochs": EPOCHS, "patience": 3, "segment": 7}
    return EarlyStopping(
        init_params=lambda hyper, key: {"w": jax.random.normal(key, (3,))}, loss=_loss, take=_take, **(sizes | changes)
    )


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 3)).astype(np.float32)
    y = (x @ [1.0, -2.0, 0.5]).astype(np.float32)
    return Data({"x": x, "y": y}, {"x": x[:5], "y": (y[:5] + rng.normal(size=5)).astype(np.float32)})


def _hypers(*rates):
    k = len(rates)
    return Hyper(
        np.float32(rates), np.full(k, 0.5, np.float32), np.full(k, 0.1, np.float32), np.zeros(k, np.int32), np.zeros(k)
    )


@pytest.fixture(scope="module")
def trained(data):
    population = Population(_run())
    keys = jax.random.split(jax.random.key(0), 3)
    return population, population.train(_hypers(0.01, 0.3, 0.1), keys, data).states


def _plain_loop(data, key, rate):
    """The same run as one would write it without scans: a Python loop over epochs and batches."""
    key, key_params = jax.random.split(key)
    params = {"w": jax.random.normal(key_params, (3,))}
    hyper = Hyper(np.float32(rate), np.float32(0.5), np.float32(0.1), np.int32(0), 0.0)
    optimizer = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(rate))
    opt_state = jax.jit(optimizer.init)(params)

    @jax.jit
    def stepped(params, opt_state, batch, key):
        gradient = jax.grad(lambda p: _loss(p, hyper, batch, key)[0] / BATCH)(params)
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    best, best_epoch, best_params, validation = np.inf, 0, params, []
    for epoch in range(EPOCHS):
        key_order, key_noise = jax.random.split(jax.random.fold_in(key, epoch))
        order = jax.random.permutation(key_order, N)
        for step, key_step in enumerate(jax.random.split(key_noise, N // BATCH)):
            batch = _take(data.train, order[step * BATCH : (step + 1) * BATCH])
            params, opt_state = stepped(params, opt_state, batch, key_step)
        validation.append(float(_loss(params, hyper, data.validation, None)[0] / 5))
        if validation[-1] < best:
            best, best_epoch, best_params = validation[-1], epoch + 1, params
        if epoch + 1 - best_epoch >= 3:
            break
    return best_params["w"], best, best_epoch, validation


@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_member_equals_a_plain_loop(data, trained, k):
    """Early stopping included. The loop compiles each step on its own, so sums may round differently: 1e-5 relative
    is about 100 units in the last place of float32 after at most 60 contracting steps."""
    rate = (0.01, 0.3, 0.1)[k]
    w, best, best_epoch, validation = _plain_loop(data, jax.random.split(jax.random.key(0), 3)[k], rate)
    state = member(trained[1], k)
    assert int(state.epoch) == len(validation)
    assert int(state.best_epoch) == best_epoch
    np.testing.assert_allclose(state.best_params["w"], w, rtol=1e-5)
    np.testing.assert_allclose(state.best_validation, best, rtol=1e-5)
    np.testing.assert_allclose(state.validation_curve[: len(validation)], validation, rtol=1e-5)
    assert bool(jnp.isnan(state.validation_curve[len(validation) :]).all())


def test_one_trace_for_all_segments(trained):
    assert trained[0].traces == 1


@pytest.mark.parametrize("segment", [1, 4])
def test_segments_change_nothing(data, trained, segment):
    population = Population(_run(segment=segment))
    states = population.train(_hypers(0.01, 0.3, 0.1), jax.random.split(jax.random.key(0), 3), data).states
    for one, other in zip(jax.tree.leaves(states), jax.tree.leaves(trained[1]), strict=True):
        if not jnp.issubdtype(one.dtype, jax.dtypes.prng_key):
            np.testing.assert_array_equal(one, other)


def test_a_diverged_member_is_frozen_and_harms_nobody(data, trained):
    """The one in the middle takes steps of 1e38, whose squares overflow in its first epoch."""
    population = Population(_run())
    states = population.train(_hypers(0.01, 1e38, 0.1), jax.random.split(jax.random.key(0), 3), data).states
    broken = member(states, 1)
    assert int(broken.diverged_at) == 1
    assert int(broken.epoch) == 1
    assert not np.isfinite(broken.best_validation)
    assert np.isfinite(broken.best_params["w"]).all()
    for k in (0, 2):
        np.testing.assert_array_equal(member(states, k).params["w"], member(trained[1], k).params["w"])
        assert int(member(states, k).diverged_at) == -1


def test_restored_from_any_segment_it_ends_the_same(data, trained, tmp_path):
    """Stopped from outside after two segments, and gone on by another object from the checkpoint."""

    class Stopped(Exception):
        pass

    def stop(members):
        if int(members.states.epoch.max()) >= 14:
            raise Stopped

    hypers, keys = _hypers(0.01, 0.3, 0.1), jax.random.split(jax.random.key(0), 3)
    with Checkpoints(tmp_path) as store, pytest.raises(Stopped):
        Population(_run()).train(hypers, keys, data, store=store, on_segment=stop)
    with Checkpoints(tmp_path) as store:
        step = max(int(path.name) for path in tmp_path.iterdir())
        states = Population(_run()).train(hypers, keys, data, store=store).states
    assert step == 2 * _run().segment_steps
    np.testing.assert_array_equal(states.params["w"], trained[1].params["w"])
    np.testing.assert_array_equal(states.validation_curve, trained[1].validation_curve)


def test_checkpoints_keep_two_and_hold_their_pace(tmp_path):
    with Checkpoints(tmp_path / "all") as store:
        for step in range(1, 5):
            store.save(step, {"w": jnp.full(2, step)}, {})
    with Checkpoints(tmp_path / "all") as store:
        step, state = store.restore({"w": jnp.zeros(2, jnp.int32)}, {})
    assert step == 4
    np.testing.assert_array_equal(state["w"], [4, 4])
    assert {path.name for path in (tmp_path / "all").iterdir()} == {"3", "4"}
    with Checkpoints(tmp_path / "paced", every=3600.0) as store:
        store.save(1, {"w": jnp.zeros(2)}, {})
        assert store.restore({"w": jnp.zeros(2)}, {}) is None


@pytest.mark.parametrize("change", [{"examples": 0}, {"batch_size": 0}, {"max_epochs": 0}, {"patience": -1}])
def test_sizes_that_train_nothing_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        _run(**change)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch_size: expected at most the 10 examples, got 11"):
        _run(batch_size=11)
