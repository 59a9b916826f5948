"""The packaged data, the splits, and the unit in which splits are compared."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
from pathlib import Path

import chex
import jax
import numpy as np
import pytest
import scipy.stats

from gatedrnn.tasks import japanese_vowels, registry
from gatedrnn.tasks.parts import Batch
from tests.helpers.paths import ROOT

NAMES = ("japanese-vowels-forecast", "japanese-vowels-speaker")


def curves(frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return each utterance's own shape, ``[B, T, I]``: no affine map of channels with positive slope changes it."""
    steps = np.arange(len(frames))[:, None, None]
    frames = np.where(steps < lengths[:, None], frames.astype(np.float64), np.nan)
    frames = (frames - np.nanmean(frames, axis=0)) / np.nanstd(frames, axis=0)
    return np.nan_to_num(frames).swapaxes(0, 1)


def utterances(part: Batch) -> list[int]:
    """Find each utterance among the 640 recordings, 0 to 269 to train on and 270 to 639 to test."""
    steps = len(part.x)
    recordings = np.concatenate(
        [curves(u.frames[:steps], u.lengths - (steps < 29)) for u in japanese_vowels.load()]
    ).reshape(640, -1)
    sought = curves(part.x, part.lengths).reshape(len(part.lengths), -1)
    distances = ((sought**2).sum(1)[:, None] + (recordings**2).sum(1) - 2 * sought @ recordings.T) / steps
    nearest, second = np.sort(distances, axis=1)[:, :2].T
    # Rounding to float32 against the shape of another utterance.
    assert nearest.max() < 1e-6
    assert second.min() > 1e-2
    return distances.argmin(1).tolist()


@pytest.fixture(scope="module", params=NAMES)
def task(request: pytest.FixtureRequest):
    return registry.load(request.param)


def test_unknown_task_names_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"name: expected one of japanese-vowels-forecast, .*; got mnist"):
        registry.load("mnist")
    assert all(registry.load(name).name == name for name in NAMES)


def parts_of(task, seed):
    """Return training and validation part, and the test."""
    return (*task.split(seed)[:2], task.read_test(seed).batch)


@pytest.mark.parametrize("seed", [-1, 0.5, True, "0"])
def test_seeds_that_are_none_are_refused(task, seed) -> None:
    with pytest.raises(ValueError, match="seed: expected an int of 0 or more"):
        task.split(seed)
    with pytest.raises(ValueError, match="seed: expected an int of 0 or more"):
        task.read_test(seed)


def test_data_of_another_hash_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(japanese_vowels, "SHA256", "0" * 64)
    japanese_vowels.load.cache_clear()
    with pytest.raises(ValueError, match=r"japanese_vowels.npz: expected sha256 0000"):
        japanese_vowels.load()
    japanese_vowels.load.cache_clear()


def test_packaging_is_exact_and_reproducible(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("package", ROOT / "experiments" / "package_japanese_vowels.py")
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    rows = [[f"{10 * row + c}.{row}25,{c}.5" + ",7.0" * row for c in range(12)] for row in range(2)]
    text = "#about\n@classLabel true 1 2\n@data\n" + "".join(f"{':'.join(r)}:{i + 1}\n" for i, r in enumerate(rows))
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"JapaneseVowels_{part}.ts").write_text(text)
    for out in ("a.npz", "b.npz"):
        package.main(tmp_path, tmp_path / out)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["test_lengths"].tolist() == [2, 3]
        assert arrays["train_speakers"].tolist() == [1, 2]
        expected = [[10 * row + c + 0.025 + row / 10 for c in range(12)] for row in range(2)]
        np.testing.assert_allclose(arrays["train_frames"][[0, 2]], expected, rtol=1e-7)
        assert (arrays["train_frames"][4] == 7).all()


def test_facts_of_the_recordings() -> None:
    train, test = japanese_vowels.load()
    assert np.bincount(train.speakers).tolist() == [30] * 9
    assert np.bincount(test.speakers).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert (train.lengths.sum(), test.lengths.sum()) == (4274, 5687)
    assert (train.lengths.min(), test.lengths.max()) == (7, 29)
    # The first and last frames as the source has them.
    np.testing.assert_array_equal(train.frames[0, 0, :3], np.float32([1.860936, -0.207383, 0.261557]))
    assert not train.frames[20:, 0].any()


def test_parts_are_disjoint_and_complete(task) -> None:
    train, validation, test = (utterances(part) for part in parts_of(task, 3))
    assert sorted(train + validation) == list(range(270))
    assert test == list(range(270, 640))


def test_parts_are_stratified_by_speaker(task) -> None:
    each = {"japanese-vowels-forecast": (24, 6), "japanese-vowels-speaker": (12, 18)}[task.name]
    speakers = np.concatenate([u.speakers for u in japanese_vowels.load()])
    parts = parts_of(task, 5)
    for part, count in zip(parts[:2], each, strict=True):
        assert np.bincount(speakers[utterances(part)]).tolist() == [count] * 9
    if task.kind == "classification":
        for part in parts:
            np.testing.assert_array_equal(part.y, speakers[utterances(part)])


def test_splits_follow_the_seed_and_nothing_else(task) -> None:
    first, again, other = (parts_of(task, seed) for seed in (1, 1, 2))
    chex.assert_trees_all_equal(first, again)
    assert set(utterances(first[0])) != set(utterances(other[0]))
    parts, others = jax.tree.leaves(first), jax.tree.leaves(other)
    assert [a.shape for a in parts] == [a.shape for a in others]
    assert {a.dtype for a in parts} == {np.dtype("float32"), np.dtype("int32")}


def test_normalised_by_the_training_part_alone(task) -> None:
    train, *others = parts_of(task, 4)

    def moments(part: Batch) -> tuple[np.ndarray, np.ndarray]:
        steps = np.arange(len(part.x))[:, None]
        frames = part.x[steps < part.lengths].astype(np.float64)
        if task.kind == "forecast":  # the last frame of each is a target only
            frames = np.concatenate([frames, part.y[steps == part.lengths - 1]])
        return frames.mean(0), frames.std(0)

    mean, deviation = moments(train)
    # float32 rounds values near 1 to 6e-8, and the mean of thousands of them hardly more.
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    np.testing.assert_allclose(deviation, 1, atol=1e-6)
    for part in others:
        assert (np.abs(moments(part)[0]) > 1e-3).any()


def test_padding_is_zero(task) -> None:
    for part in parts_of(task, 0):
        padded = np.arange(len(part.x))[:, None] >= part.lengths
        assert not part.x[padded].any()
        if task.kind == "forecast":
            assert not part.y[padded].any()


def test_forecast_target_is_the_next_frame() -> None:
    part = registry.load("japanese-vowels-forecast").split(0).validation
    for b, length in enumerate(part.lengths):
        np.testing.assert_array_equal(part.y[: length - 1, b], part.x[1:length, b])


@pytest.mark.parametrize("seed", [0, 2])
def test_offset_puts_all_splits_into_the_unit_of_the_270(seed: int) -> None:
    """One density in raw units, scored in a split's units plus offset, and directly in the common unit."""
    known, test = japanese_vowels.load()
    final = registry.load("japanese-vowels-forecast").read_test(seed)
    rng = np.random.default_rng(9)
    mean_raw, deviation_raw = rng.normal(size=12), np.exp(rng.normal(size=12))

    # What took raw frames to this split's units, read off the test part, which is the same in every split.
    normalised = final.batch.x[np.arange(28)[:, None] < final.batch.lengths].astype(np.float64)
    raw = test.frames[:28][np.arange(28)[:, None] < test.lengths - 1].astype(np.float64)
    s = (raw.max(0) - raw.min(0)) / (normalised.max(0) - normalised.min(0))
    m = raw.mean(0) - s * normalised.mean(0)

    in_split = np.concatenate([np.broadcast_to((mean_raw - m) / s, (28, 370, 12)), np.zeros((28, 370, 12))], axis=-1)
    bound = np.log(1000)
    in_split[..., 12:] = bound * np.arctanh(np.log(deviation_raw / s) / bound)
    score = jax.jit(registry.load("japanese-vowels-forecast").score)
    nats, _, count = score(in_split.astype(np.float32), final.batch)

    targets = np.concatenate([test.frames[1:length, b] for b, length in enumerate(test.lengths)]).astype(np.float64)
    in_raw = -scipy.stats.norm.logpdf(targets, mean_raw, deviation_raw).sum(-1).mean()
    common = in_raw - np.log(known.flat().astype(np.float64).std(0)).sum()
    # 5,317 float32 terms; s is known to float32 rounding of the frames only.
    np.testing.assert_allclose(float(nats / count) + final.offset, common, rtol=2e-5)
    assert abs(final.offset) > 1e-3


def test_scores_of_a_task_fit_its_head(task) -> None:
    part = task.split(0).validation
    zeros = np.zeros((*part.x.shape[:2], task.out_dim), np.float32)
    nats, _, count = jax.jit(task.score)(zeros, part)
    if task.kind == "classification":
        assert count == 162
        np.testing.assert_allclose(nats / count, np.log(9), rtol=1e-6)
    else:
        assert count == part.lengths.sum()
        y = part.y[np.arange(28)[:, None] < part.lengths].astype(np.float64)
        np.testing.assert_allclose(nats / count, -scipy.stats.norm.logpdf(y).sum(-1).mean(), rtol=1e-6)
    assert part.x.shape[-1] == task.in_dim


def test_hash_is_that_of_the_file(task) -> None:
    data = (importlib.resources.files("gatedrnn.tasks") / "data" / "japanese_vowels.npz").read_bytes()
    assert task.data_sha256 == hashlib.sha256(data).hexdigest()
    notice = (importlib.resources.files("gatedrnn.tasks") / "data" / "NOTICE").read_text()
    assert "CC BY 4.0" in notice
    assert "CC BY 4.0" in task.source
