"""Windows: every step is scored once, after as much real history as there is."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.tasks.splitting import Stretches
from gatedrnn.tasks.windows import default_window, scored_windows, training_windows


def scored(windows):
    """Return the steps that are scored, in all windows, and how much came before each."""
    every = [
        (start + t, t) for start, length, _, warm in zip(*windows, strict=True) for t in range(int(warm), int(length))
    ]
    return np.array(sorted(every))


@pytest.mark.parametrize("window", [1, 2, 5, 8, 64])
@pytest.mark.parametrize(("start", "stop"), [(0, 23), (9, 23), (20, 22)])
def test_each_step_is_scored_once_after_half_a_window_or_all_there_is(window, start, stop):
    ahead = 1
    part = Stretches(np.array([start]), np.array([stop]), np.array([0]))
    cut = scored_windows(part, np.array([0]), window, ahead)
    steps, before = scored(cut).T
    np.testing.assert_array_equal(steps, np.arange(start, stop - ahead))
    assert (before >= np.minimum(steps, window // 2)).all()
    assert (cut.lengths <= window).all()
    assert (cut.starts + cut.lengths <= stop - ahead).all()


def test_training_windows_of_a_short_series_overlap_and_score_all_of_it():
    part = Stretches(np.array([10]), np.array([102]), np.array([0]))
    cut = training_windows(part, 32, 1)
    assert len(cut.starts) > 50  # one after another they would be 3
    assert set(scored(cut)[:, 0]) == set(range(10, 101))
    assert cut.starts.min() == 10
    assert (cut.starts + cut.lengths).max() == 101
    assert (cut.warm[1:] == 16).all()


def test_training_windows_of_a_long_series_follow_each_other():
    part = Stretches(np.array([0]), np.array([100_001]), np.array([0]))
    for cut in (training_windows(part, 128, 1), training_windows(part, 128, 1, overlap=False)):
        steps = scored(cut)[:, 0]
        np.testing.assert_array_equal(steps, np.arange(100_000))


def test_short_sequences_are_read_as_a_whole():
    part = Stretches(np.array([0, 20, 40]), np.array([10, 40, 41]), np.array([0, 1, 2]))
    for cut in (training_windows(part, 20, 1), scored_windows(part, part.starts, 20, 1)):
        assert cut.starts.tolist() == [0, 20]
        assert cut.lengths.tolist() == [9, 19]
        assert not cut.warm.any()


def test_a_window_is_two_seasons_where_the_series_has_them():
    assert default_window(92, 12) == 32
    assert default_window(200, 24) == 48
    assert default_window(60, 52) == 30  # no more than half of what is trained on
    assert default_window(100_000, None) == 128
