"""JSB Chorales: the given split, the next frame, and what simple models reach."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import scipy.stats

from gatedrnn.tasks import jsb_chorales, registry


def _chorales(rng, count):
    """Return rolls and lengths as the file has them: notes that mostly stay, each as likely as its own rate."""
    lengths = rng.integers(20, 60, count).astype(np.int32)
    rates = np.linspace(0.01, 0.3, jsb_chorales.NOTES)
    notes = rng.random((lengths.sum(), jsb_chorales.NOTES)) < rates
    for t in range(1, len(notes)):
        notes[t] = np.where(rng.random(jsb_chorales.NOTES) < 0.7, notes[t - 1], notes[t])
    return np.packbits(notes, axis=1), lengths


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A file like that of the data, whose licence is not stated: made here, and as many chorales as a task needs."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in zip(jsb_chorales.PARTS, (30, 10, 10), strict=True):
        arrays[f"{part}_roll"], arrays[f"{part}_lengths"] = _chorales(rng, count)
    np.savez(tmp_path / jsb_chorales.FILE, **arrays)
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    monkeypatch.setattr(jsb_chorales, "SHA256", jsb_chorales.content_sha256(arrays))
    for cached in (jsb_chorales.load, jsb_chorales._part):
        cached.cache_clear()
    yield tmp_path
    for cached in (jsb_chorales.load, jsb_chorales._part):
        cached.cache_clear()


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    jsb_chorales.load.cache_clear()
    monkeypatch.delenv("GATEDRNN_DATA", raising=False)
    with pytest.raises(
        ValueError, match=r"expected jsb_chorales.npz in the folder that GATEDRNN_DATA names, which is not"
    ):
        jsb_chorales.load()
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="which lacks it"):
        jsb_chorales.load()


def test_frames_and_parts_are_those_given(folder):
    task = registry.load("jsb-chorales")
    parts = (*task.split(3)[:2], task.read_test(3).batch)
    with np.load(folder / jsb_chorales.FILE) as file:
        for part, name in zip(parts, jsb_chorales.PARTS, strict=True):
            lengths, start = file[f"{name}_lengths"], 0
            np.testing.assert_array_equal(part.lengths, lengths - 1)
            notes = np.unpackbits(file[f"{name}_roll"], axis=1)[:, :88]
            for b, length in enumerate(lengths):
                np.testing.assert_array_equal(part.x[: length - 1, b], notes[start : start + length - 1])
                np.testing.assert_array_equal(part.y[: length - 1, b], notes[start + 1 : start + length])
                start += length


def test_simple_models_and_the_objective_agree_with_a_reference(folder):
    """Each chorale's first frame has none before it, so it is no target."""
    task = registry.load("jsb-chorales")
    split, final = task.split(0), task.read_test(0)
    markov, marginal = (fitted.tested(final) for fitted in task.baselines(split))
    assert (markov.name, marginal.name) == ("per-label Markov chain", "marginal")
    assert markov.test["nats"] < marginal.test["nats"] - 0.3
    there = np.arange(len(split.train.y))[:, None] < split.train.lengths
    p = (split.train.y[there].sum(0) + 1) / (there.sum() + 2)
    logits = np.broadcast_to(np.log(p / (1 - p)), final.batch.y.shape).astype(np.float32)
    nats, _, count = jax.jit(task.score)(logits, final.batch)
    test = final.batch.y[np.arange(len(final.batch.y))[:, None] < final.batch.lengths]
    by_scipy = -scipy.stats.bernoulli.logpmf(test, p).sum(-1).mean()
    # float32 sums of 40,000 terms.
    np.testing.assert_allclose(float(nats / count), by_scipy, rtol=1e-5)
    np.testing.assert_allclose(marginal.test["nats"], by_scipy, rtol=1e-12)
