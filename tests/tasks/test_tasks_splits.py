"""Parts of recorded data: nothing leaks, the test part stays, all follows from the seed."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.moments import moments
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.splitting import Stretches, parts_by_group


def counting(lengths, **fields):
    """Sequences whose only feature is the number of the step among all: whatever is read can be told."""
    n = int(np.sum(lengths))
    return Sequences(np.arange(n, dtype=np.float32)[:, None], np.asarray(lengths), features=("n",), **fields)


def task(data, kind="forecast", **options):
    return task_from(data, kind, name="t", source="", sha256="", framing=Framing(**options))


def parts_of(made, seed):
    """Return training and validation part, and the test."""
    return (*made.split(seed)[:2], made.read_test(seed).batch)


def steps(part, values, data, seed, splitter, *, scored=False):
    """Return the numbers of the steps that normalised values come from: of all that are read, or those scored."""
    m = moments(data.x, splitter.parts(seed)[:1])
    there = part.scored() if scored else np.arange(len(part.x))[:, None] < part.lengths
    return np.rint(values[there][:, 0] * m.deviation[0] + m.mean[0]).astype(int)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_series_is_split_in_time_and_each_step_is_looked_for_once(seed):
    data, horizon = counting([3000]), 24
    made = task(data, horizon=horizon)
    parts = parts_of(made, seed)
    reads = [steps(part, part.x, data, seed, made.split) for part in parts]
    finds = [steps(part, part.y, data, seed, made.split, scored=True) for part in parts]
    origins = [steps(part, part.x, data, seed, made.split, scored=True) for part in parts]
    for x, y in zip(origins, finds, strict=True):
        np.testing.assert_array_equal(y, x + horizon)
    for y in finds[1:]:
        np.testing.assert_array_equal(np.sort(y), np.arange(y.min(), y.max() + 1))
    for before, after, read in zip(finds[:2], origins[1:], reads[1:], strict=True):
        assert after.min() > before.max()  # nothing that was looked for before is known only later
        assert read.min() < after.min()  # and what came before is read, as it would be
    assert reads[0].max() < finds[1].min()
    assert finds[2].max() == 2999
    assert len(finds[2]) == 600


def test_the_test_part_stays_and_the_rest_moves():
    data = counting([3000])
    made = task(data)
    tests = [steps(made.read_test(s).batch, made.read_test(s).batch.x, data, s, made.split) for s in range(4)]
    trains = [steps(made.split(s).train, made.split(s).train.x, data, s, made.split) for s in range(4)]
    for other in tests[1:]:
        np.testing.assert_array_equal(tests[0], other)
    assert len({int(t.min()) for t in trains}) > 1
    shapes = [[a.shape for a in jax.tree.leaves(parts_of(made, s))] for s in range(4)]
    assert all(s == shapes[0] for s in shapes)


def test_no_group_lies_in_two_parts_whatever_their_sizes():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 15, 60)
    data = counting(rng.integers(3, 300, 60), groups=groups)
    made = task(data, window=50)
    shapes = []
    for seed in range(6):
        parts = parts_of(made, seed)
        found = []
        for part in parts:
            read = steps(part, part.x, data, seed, made.split)
            found.append(set(groups[np.searchsorted(np.cumsum(data.lengths), read, side="right")].tolist()))
        train, validation, test = found
        assert not train & validation
        assert not (train | validation) & test
        assert test == {int(g) for g in groups[parts_by_group(data, 99)[2].sequences]}
        shapes.append([a.shape for a in jax.tree.leaves(parts)])
        assert (parts[0].lengths > 0).all()  # a batch of nothing has no mean
    assert all(s == shapes[0] for s in shapes)


def test_windows_never_reach_into_another_sequence():
    data = counting([40] * 12)
    made = task(data, window=16, horizon=3)
    for part in parts_of(made, 0):
        x, y = (steps(part, values, data, 0, made.split) for values in (part.x, part.y))
        np.testing.assert_array_equal(x // 40, y // 40)


def test_classes_are_in_all_parts_in_their_proportion():
    y = np.repeat([0, 1, 2], [50, 20, 5]).astype(np.int32)
    data = counting([4] * 75, y=y, classes=("a", "b", "c"), targets=("y",))
    for seed in (0, 5):
        parts = parts_of(task(data, "classification"), seed)
        counts = [np.bincount(part.y, minlength=3).tolist() for part in parts]
        assert counts == [[32, 13, 3], [8, 3, 1], [10, 4, 1]]


def test_a_given_split_is_kept():
    parts = np.array(["train"] * 7 + ["test"] * 5)
    drawn = parts_by_group(counting([4] * 12, parts=parts), 3)
    assert drawn[2].sequences.tolist() == [7, 8, 9, 10, 11]
    assert sorted([*drawn[0].sequences, *drawn[1].sequences]) == list(range(7))
    fixed = parts_by_group(counting([4] * 12, parts=np.where(np.arange(12) < 3, "validation", parts)), 3)
    assert [p.sequences.tolist() for p in fixed] == [[3, 4, 5, 6], [0, 1, 2], [7, 8, 9, 10, 11]]


def test_statistics_are_those_of_the_training_part_alone():
    rng = np.random.default_rng(3)
    x = rng.normal(5, 2, (4000, 2)).astype(np.float32)
    made = task(Sequences(x, np.array([4000]), features=("a", "b")))
    train = made.split(2)
    start, stop = (int(a[0]) for a in made.split.parts(2)[0][:2])
    known = x[start:stop].astype(np.float64)
    changed = x.copy()
    changed[stop:] = 1e3 * changed[stop:]  # whatever comes later must change nothing in training
    other = task(Sequences(changed, np.array([4000]), features=("a", "b"))).split(2)
    np.testing.assert_array_equal(train.train.x, other.train.x)
    first = train.train.x[:, 0] * known.std(0) + known.mean(0)
    # float32 rounding of numbers of about 5 standard deviations at most.
    np.testing.assert_allclose(first, x[start : start + len(first)], atol=5e-6)


def test_moments_in_chunks_are_those_of_the_whole(monkeypatch):
    monkeypatch.setattr("gatedrnn.tasks.moments.CHUNK", 7)
    x = np.random.default_rng(0).normal(1e3, 1, (100, 3)).astype(np.float32)
    found = moments(x, (Stretches(np.array([0, 60]), np.array([50, 100]), np.array([0, 0])),))
    known = np.concatenate([x[:50], x[60:]]).astype(np.float64)
    # float64 sums of a hundred numbers of 1000.
    np.testing.assert_allclose(found.mean, known.mean(0), rtol=1e-13)
    np.testing.assert_allclose(found.deviation, known.std(0), rtol=1e-10)


def test_offset_puts_all_seeds_into_one_unit():
    """The likelihood of one density in raw units: in a split's units plus its offset, it is the same for each seed."""
    rng = np.random.default_rng(5)
    x = np.cumsum(rng.normal(size=(2000, 1)), 0).astype(np.float32)
    made = task(Sequences(x, np.array([2000]), features=("a",)))
    scores = []
    for seed in (0, 3):
        final, m = made.read_test(seed), moments(x, made.split.parts(seed)[:1])
        y = final.batch.y[final.batch.scored()][:, 0].astype(np.float64)
        mean, deviation = (1.5 - m.mean[0]) / m.deviation[0], 4.0 / m.deviation[0]
        nats = 0.5 * ((y - mean) / deviation) ** 2 + np.log(deviation) + 0.5 * np.log(2 * np.pi)
        scores.append(nats.mean() + final.offset)
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-6)


@pytest.mark.parametrize(("lengths", "horizon"), [([3000], 1), ([3000], 3), ([70] * 4, 1)])
def test_the_first_scored_step_of_a_window_errs_no_more_than_the_others(lengths, horizon):
    """An autoregression of order 2, forecast by its own law from the window alone: errors are its innovations."""
    a, b, n = 0.5, 0.4, int(np.sum(lengths))
    rng = np.random.default_rng(0)
    y, noise = np.zeros(n), rng.normal(size=n)
    for t in range(2, n):
        y[t] = a * y[t - 1] + b * y[t - 2] + noise[t]
    x = np.stack([y, np.arange(n)], axis=1)  # a step's number says which one it is
    made = task(Sequences(x, np.asarray(lengths), features=("y", "n"), targets=("y",)), horizon=horizon)
    mean, deviation = made.reading(1).inputs
    law = np.linalg.matrix_power(np.array([[a, b], [1, 0]]), horizon)[0]
    for part in (made.split(1).validation, made.read_test(1).batch):
        assert (part.warm[part.lengths > 0] >= 1).all()  # no part starts where its sequence does
        t, k = np.nonzero(part.scored())
        read = part.x.astype(np.float64) * deviation + mean
        target = part.y[t, k, 0].astype(np.float64) * deviation[0] + mean[0]
        step = np.rint(read[t, k, 1]).astype(int)
        wanted = y[step + horizon] - law @ [y[step], y[step - 1]]
        # float32 of numbers of a few deviations.
        np.testing.assert_allclose(target - law @ [read[t, k, 0], read[t - 1, k, 0]], wanted, atol=1e-5)
        assert len(set(step)) == len(step)
