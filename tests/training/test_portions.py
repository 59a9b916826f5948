"""Segments cut by the clock: wherever they are cut, results have the same bits, and a signal does not wait long."""

from __future__ import annotations

import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.training import Interrupted, Plan, Population, Termination, portions
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.early_stopping import Data, EarlyStopping, Hyper
from gatedrnn.training.portions import Portions

N, BATCH, EPOCHS, MEMBERS = 23, 4, 9, 3
STEPS = EPOCHS * (N // BATCH)


def _loss(params, hyper, batch, key):
    noise = 0.0 if key is None else hyper.dropout * jax.random.normal(key, batch["y"].shape)
    error = jnp.tanh(batch["x"] @ params["w"]) + noise - batch["y"]
    return (error**2).sum(), error.size


RUN = EarlyStopping(
    init_params=lambda hyper, key: {"w": jax.random.normal(key, (3,))},
    loss=_loss,
    take=lambda part, indices: jax.tree.map(lambda a: a[indices], part),
    examples=N,
    batch_size=BATCH,
    max_epochs=EPOCHS,
    patience=4,
    segment=4,
)


@pytest.fixture(scope="module")
def asked():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(N, 3)).astype(np.float32), rng.normal(size=N).astype(np.float32)
    column = [np.full(MEMBERS, value, np.float32) for value in (0.5, 0.1, 0.0, 0.0, 0.0)]
    # The second takes steps of 1e38 and diverges at once; of the others one stops early.
    hypers = Hyper(np.float32([0.01, 1e38, 0.3]), *column)
    part = {"x": x, "y": y}
    keys = jax.random.split(jax.random.key(0), MEMBERS)
    return {"hypers": hypers, "keys": keys, "data": Data(part, jax.tree.map(lambda a: a[:7], part))}


@pytest.fixture(scope="module", params=["map", "vmap"])
def trained(request, asked):
    """A population and what it comes to where nothing is cut: no portion is too long for a day."""
    population = Population(RUN, Plan(request.param, population=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "SECONDS", 86400.0)
        return population, population.train(**asked)


def same(one, other):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        is_key = jnp.issubdtype(a.dtype, jax.dtypes.prng_key)
        np.testing.assert_array_equal(*(jax.random.key_data(x) if is_key else x for x in (a, b)))


@pytest.mark.parametrize("most", [1, 3, 7])
def test_how_long_portions_are_changes_no_bit_and_compiles_nothing(monkeypatch, asked, trained, most):
    population, whole = trained
    assert np.asarray(whole.states.stopped).all()
    assert len(set(np.asarray(whole.states.epoch).tolist())) > 1, "some stop early, so that they are dealt anew"
    traces, counts = population.traces, []

    def span(self, kept=Portions.span):
        self._steps = most
        counts.append(int(kept(self).count))
        return kept(self)

    monkeypatch.setattr(Portions, "span", span)
    same(population.train(**asked), whole)
    assert max(counts) == most
    assert population.traces == traces


@pytest.mark.parametrize("after", [1, 4, 5, 13, 21])
def test_stopped_after_any_step_it_goes_on_to_the_same_bits(monkeypatch, asked, trained, tmp_path, after):
    """A signal comes within a segment, and often within an epoch: the checkpoint says after which step."""
    population, whole = trained
    monkeypatch.setattr(portions, "SECONDS", 0.0)
    took = Portions.took

    def signalled(self, seconds):
        if self.position + 1 == after:
            signal.raise_signal(signal.SIGTERM)
        return took(self, seconds)

    monkeypatch.setattr(Portions, "took", signalled)
    with Termination() as termination, Checkpoints(tmp_path) as store, pytest.raises(Interrupted):
        population.train(**asked, store=store, on_segment=termination.check)
    monkeypatch.setattr(Portions, "took", took)
    monkeypatch.setattr(portions, "SECONDS", 86400.0)
    assert max(int(path.name) for path in tmp_path.iterdir()) == after
    with Checkpoints(tmp_path) as store:
        same(population.train(**asked, store=store), whole)


def test_portions_grow_to_the_time_that_they_may_take(monkeypatch):
    """With steps of 1/1024 s, 512 of them take half a second; those that take a second are taken alone."""
    monkeypatch.setattr(portions, "SECONDS", 0.5)
    at, counts = Portions(_steps(10_000)), []
    while not at.over:
        counts.append(int(at.span().count))
        at.took(counts[-1] / 1024)
    assert counts[:4] == [1, 16, 256, 512]
    assert sum(counts) == 10_000
    at.position = 0
    assert (at.took(512.0), at.span().count) == (False, 1)


def test_segments_with_data_of_their_own_are_not_divided():
    at = Portions(_steps(100, segments=2), whole=True)
    assert (at.span(), at.took(10.0), at.span(), at.took(10.0)) == ((0, 0, 100), True, (1, 0, 100), True)
    assert at.over
    assert at.position == 2


def _steps(segment_steps, segments=1):
    class Run:
        pass

    run = Run()
    run.segments, run.segment_steps = segments, segment_steps
    return run
