"""Data that stream: members see the batches that the iterator gives, and go on at the exact one after a cut."""

from __future__ import annotations

import functools
import json
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn import training
from tests.helpers.processes import Job, slurm

SEGMENTS, STEPS, B = 3, 3, 4


def _loss(params, hyper, batch, key):
    return jnp.sum((batch @ params - hyper["target"]) ** 2), len(batch)


def _run(segments=SEGMENTS):
    return training.StreamedSteps(
        init_params=lambda hyper, key: jax.random.normal(key, (2,)),
        loss=_loss,
        optimizer=lambda hyper: training.adamw(hyper["rate"], 1.0, 0.0),
        segments=segments,
    )


HYPERS = {"rate": np.float32([0.01, 0.1]), "target": np.float32(1.0)}
KEYS = jax.random.split(jax.random.key(0), 2)


class Counter:
    """An iterator of one's own, without grain."""

    def __init__(self, end=99):
        self.position, self.end = 0, end

    def __next__(self):
        if self.position == self.end:
            raise StopIteration
        self.position += 1
        return np.random.default_rng(self.position).normal(size=(STEPS, B, 2)).astype(np.float32)

    def get_state(self):
        return {"position": self.position}

    def set_state(self, state):
        self.position = state["position"]


def _grain():
    grain = pytest.importorskip("grain", reason="needs gatedrnn[stream]")
    rows = np.random.default_rng(0).normal(size=(22, 2)).astype(np.float32)
    batches = grain.MapDataset.source(rows).shuffle(seed=1).repeat().batch(B).batch(STEPS)
    return iter(batches.to_iter_dataset(grain.ReadOptions(num_threads=2, prefetch_buffer_size=8)))


@functools.cache
def _compiled(segments):
    return training.Population(_run(segments), training.Plan("map"))


def _train(stream, segments=SEGMENTS, **options):
    return _compiled(segments).train(HYPERS, KEYS, stream, **options)


@pytest.fixture(scope="module")
def whole():
    return _train(_grain())


def test_each_batch_is_trained_on_once_in_order(whole):
    """Against steps of Adam in NumPy, float64, on the batches that a second iterator gives; clipping never sets in
    below norm 1, so it's in the reference. After 9 steps of float32, 1e-4 is far above rounding."""
    batches = np.concatenate([next(stream := _grain())] + [next(stream) for _ in range(SEGMENTS - 1)]).astype(float)
    for k in range(2):
        params = np.float64(jax.random.normal(jax.random.split(KEYS[k])[1], (2,)))
        m = v = np.zeros(2)
        for t, batch in enumerate(batches, start=1):
            error = batch @ params - 1.0
            assert whole.metrics["loss"][k, t - 1] == pytest.approx(np.mean(error**2), rel=1e-4, abs=1e-6)
            gradient = 2 * error @ batch / B
            gradient /= max(1.0, np.linalg.norm(gradient))
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            params = params - HYPERS["rate"][k] * step
        np.testing.assert_allclose(whole.states.params[k], params, rtol=1e-4)


@pytest.mark.parametrize("make", [_grain, Counter], ids=["grain", "own"])
def test_cut_after_any_segment_it_goes_on_at_the_exact_batch(tmp_path, make):
    whole = _train(make())
    seen = []

    def cut(members):
        seen.append(int(members.states.step[0]))
        raise training.Interrupted

    for _ in range(SEGMENTS):
        with training.Checkpoints(tmp_path) as store, pytest.raises(training.Interrupted):
            _train(make(), store=store, on_segment=cut)
    assert seen == [STEPS * (k + 1) for k in range(SEGMENTS)]
    with training.Checkpoints(tmp_path) as store:
        found = _train(make(), store=store)
    np.testing.assert_array_equal(found.states.params, whole.states.params)
    np.testing.assert_array_equal(found.metrics["loss"], whole.metrics["loss"])


def test_a_stream_that_ends_early_or_changes_its_shapes_is_refused():
    with pytest.raises(
        ValueError, match="data: expected a stream of 3 elements, one for each segment; got 2, then its end"
    ):
        _train(Counter(end=2))

    class Ragged(Counter):
        def __next__(self):
            return super().__next__()[: 1 if self.position == 2 else STEPS]

    with pytest.raises(ValueError, match=r"data: expected elements of shapes \{'': 'float32\[3,4,2\]'\}, got"):
        _train(Ragged())
    with pytest.raises(ValueError, match="segments: expected a positive int, got 0"):
        _run(segments=0)


KILLED = """
import sys, json
import numpy as np
sys.path.insert(0, ".")
from gatedrnn import training
from tests.training import test_stream

shown = lambda members: print(int(members.states.step[0]), flush=True)
with training.Checkpoints(sys.argv[1]) as store:
    members = test_stream._train(test_stream._grain(), segments=40, store=store, on_segment=shown)
print(json.dumps(np.asarray(members.states.params).tolist()), flush=True)
"""


@pytest.mark.verify
def test_killed_it_ends_with_the_same_bits(tmp_path):
    """SIGKILL while grain's threads read ahead: what they had read and nobody was trained on is read again."""
    pytest.importorskip("grain", reason="needs gatedrnn[stream]")
    killed = Job("-c", KILLED, tmp_path).after(str(3 * STEPS))
    killed.send(signal.SIGKILL, 0).end()
    first, *_, end = Job("-c", KILLED, tmp_path).succeed()[0].splitlines()
    assert int(first) > STEPS, "killed before the first checkpoint, which proves nothing"
    np.testing.assert_array_equal(np.float32(json.loads(end)), _train(_grain(), segments=40).states.params)


SHARED = """
import sys
sys.path.insert(0, ".")
import jax
import numpy as np
from gatedrnn import training
from gatedrnn.training import hosts

hosts.start()
from tests.training import test_stream

def cut(members):
    if jax.process_index() == 1:
        raise training.Interrupted

whole = test_stream._train(test_stream._grain())
for _ in range(test_stream.SEGMENTS - 1):
    with training.Checkpoints(sys.argv[1]) as store:
        try:
            test_stream._train(test_stream._grain(), store=store, on_segment=cut)
        except training.Interrupted:
            pass
np.save(f"{sys.argv[2]}/{jax.process_index()}.npy", whole.metrics["loss"])
"""


@pytest.mark.verify
def test_two_processes_read_the_same_stream_and_one_goes_on_at_the_exact_batch(whole, tmp_path):
    """Each process reads all of it; the second cuts it after each segment but the last, which one process trains."""
    store_path = tmp_path / "checkpoints"
    Job("-c", SHARED, store_path, tmp_path, processes=2, devices=2, launcher=slurm).succeed()
    for process in range(2):
        np.testing.assert_array_equal(np.load(tmp_path / f"{process}.npy"), whole.metrics["loss"])
    seen = []
    with training.Checkpoints(store_path) as store:
        found = _train(_grain(), store=store, on_segment=lambda members: seen.append(int(members.states.step[0])))
    assert seen == [STEPS * SEGMENTS]
    np.testing.assert_array_equal(found.states.params, whole.states.params)
    np.testing.assert_array_equal(found.metrics["loss"], whole.metrics["loss"])
