"""Parts that are split in time: the same days for all groups, and nothing of the future in what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.in_time import parts_in_time
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.rolling import bounds_in_time
from gatedrnn.tasks.sequences import Sequences


def days_of_shops(shops, days, values, **fields):
    """Shops with the same days, one after another; ``values [shops, days]``."""
    times = np.tile(np.datetime64("2026-01-01", "ns") + np.arange(days) * np.timedelta64(1, "D"), shops)
    x = values.reshape(-1, 1).astype(np.float64)
    lengths = np.full(shops, days)
    labels = tuple(f"s{k}" for k in range(shops))
    return Sequences(x, lengths, features=("demand",), labels=labels, times=times, time_name="day", **fields)


def made_of(data, kind="forecast", **framing):
    return task_from(data, kind, name="t", source="", sha256="", framing=Framing(**framing))


def read_in(task, seed, part):
    """Return all that a network and the simple models can read of a part, in the user's units."""
    visible = task.split(seed)
    batch = getattr(visible, part)
    there = np.arange(len(batch.x))[:, None] < batch.lengths
    mean, deviation = task.reading(seed).inputs
    of_network = batch.x[there] * deviation + mean
    assert visible.past is not None
    return np.concatenate([of_network.ravel(), *(one.x.ravel() for one in getattr(visible.past, part))])


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_no_day_of_the_test_is_seen_with_any_group(seed):
    """A common shock, such as a strike, is in all groups: a split by group would train on the days of the test."""
    shops, days, horizon = 6, 60, 3
    of_day = np.tile(np.arange(days), (shops, 1))  # the value says the day
    task = made_of(days_of_shops(shops, days, of_day), horizon=horizon)
    assert task.split.split_by == "time"
    test = task.read_test(seed)
    first = min(int(one.first) for one in test.recordings) + horizon
    assert first == 48
    looked_for = [one.y[one.first + horizon :, 0] for one in test.recordings]
    for y in looked_for:
        np.testing.assert_array_equal(y, np.arange(48, 60))
    for part in ("train", "validation"):
        assert read_in(task, seed, part).max() < first
    visible = task.split(seed)
    train, validation = (np.concatenate([one.y for one in each]) for each in visible.past)
    assert train.max() < min(one.first for one in visible.past.validation) + horizon <= validation.max() < first


def test_a_planted_leak_of_the_future_is_not_readable():
    """The next value stands in the data from the first day of the test on; nothing that is seen may hold it."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1, 300))
    leak = np.concatenate([values[:, 1:], np.zeros((1, 1))], axis=1)
    leak[:, :240] = 0.0
    data = days_of_shops(1, 300, values)
    x = np.stack([values.ravel(), leak.ravel()], axis=1)
    both = Sequences(x, np.array([300]), features=("value", "leak"), targets=("value",), times=data.times)
    task = made_of(both)
    visible = task.split(3)
    for batch in (visible.train, visible.validation):
        there = np.arange(len(batch.x))[:, None] < batch.lengths
        assert np.ptp(batch.x[there][:, 1]) == 0
    for one in (*visible.past.train, *visible.past.validation):
        assert not one.x[:, 1].any()


def test_a_common_shock_lets_no_simple_model_beat_the_mean():
    """Demand is 5, a shock of the day that nobody can foresee, and a little noise: its entropy is the best there is."""
    rng = np.random.default_rng(1)
    shock = rng.normal(size=120)
    values = 5 + shock + 0.05 * rng.normal(size=(20, 120))
    task = made_of(days_of_shops(20, 120, values))
    test = task.read_test(0)
    found = {b.name: b.tested(test).test["rmse"] for b in task.baselines(task.split(0))}
    # The root mean square of the shocks of the 24 days of the test is what the true mean itself misses by.
    best = np.sqrt(np.mean(shock[96:] ** 2))
    assert min(found.values()) > 0.95 * best
    assert found["unconditional Gaussian"] < 1.1 * best


@pytest.mark.parametrize("seed", [0, 4])
def test_both_keeps_later_times_of_other_groups(seed):
    shops, days = 10, 60
    shop_of = np.repeat(np.arange(shops), days).reshape(shops, days) * 1000.0 + np.arange(days)
    task = made_of(days_of_shops(shops, days, shop_of), split_by="both")
    tested = {int(one.y[0, 0]) // 1000 for one in task.read_test(seed).recordings}
    seen = {int(v) // 1000 for part in ("train", "validation") for v in np.rint(read_in(task, seed, part))}
    assert len(tested) == 2
    assert not tested & seen
    assert all(one.first + 1 == 48 for one in task.read_test(seed).recordings)


def test_groups_are_drawn_where_that_is_asked_for():
    values = np.random.default_rng(0).normal(size=(12, 40))
    task = made_of(days_of_shops(12, 40, values), split_by="group")
    assert task.split.split_by == "group"
    assert task.facts["split"].startswith("drawn by group")


@pytest.mark.parametrize(("shops", "times"), [(2, True), (9, True), (3, False)])
def test_few_groups_are_served(shops, times):
    data = days_of_shops(shops, 60, np.random.default_rng(0).normal(size=(shops, 60)))
    if not times:
        data = Sequences(data.x, data.lengths, features=data.features)
    task = made_of(data)
    assert [one.first + 1 for one in task.read_test(0).recordings] == [48] * shops


@pytest.mark.parametrize("shops", [1, 4])
def test_the_test_starts_at_a_date(shops):
    task = made_of(days_of_shops(shops, 90, np.random.default_rng(0).normal(size=(shops, 90))), test_from="2026-03-15")
    for one in task.read_test(0).recordings:
        assert one.first + 1 == 73  # 31 days of January, 28 of February, 14 of March
    assert "test 2026-03-15 to 2026-03-31" in task.facts["split"]


def test_shops_that_open_and_close_are_cut_at_the_same_days():
    starts, stops = np.array([0, 30, 5]), np.array([100, 100, 60])
    times = np.concatenate([np.arange(a, b) for a, b in zip(starts, stops, strict=True)])
    data = Sequences(times[:, None].astype(float), stops - starts, features=("day",), times=times)
    train, validation, test = parts_in_time(data, 1, seed=0)
    looked_for = [
        [times[a + 1 : b].tolist() for a, b in zip(part.starts, part.stops, strict=True)] for part in (validation, test)
    ]
    assert looked_for[1] == [list(range(80, 100))] * 2  # the third one had closed
    assert looked_for[0][0] == looked_for[0][1]
    assert times[train.stops - 1].tolist() == [times[train.stops[0] - 1], times[train.stops[0] - 1], 59]


def test_what_cannot_be_split_is_refused_by_name():
    data = days_of_shops(1, 60, np.random.default_rng(0).normal(size=(1, 60)))
    for framing, said in (
        ({"test_from": "2027-01-01"}, "test_from: expected a time after"),
        ({"test_from": "soon"}, "test_from: expected a time such as"),
        ({"split_by": "group"}, "split_by: expected time for a single series"),
        ({"horizon": 30}, "too few steps"),
    ):
        with pytest.raises(InputError, match=said):
            made_of(data, **framing)
    with pytest.raises(InputError, match="too few steps: expected 50 or more"):
        bounds_in_time(49, 1, 0)


@pytest.mark.parametrize(("split_by", "shops"), [(None, 1), (None, 4), ("both", 5)])
@pytest.mark.parametrize(("season", "horizon", "back"), [(None, 1, 1), (None, 3, 3), (7, 3, 7), (7, 9, 14)])
def test_the_unit_and_the_naive_error_are_those_of_all_but_the_test(split_by, shops, season, horizon, back):
    values = np.random.default_rng(2).normal(5, 3, size=(shops, 100)).cumsum(axis=1)
    values[:, 80:] *= 1e3  # the test says nothing of what is known
    task = made_of(days_of_shops(shops, 100, values), split_by=split_by, season=season, horizon=horizon)
    if season is None:
        assert task.facts["season"].startswith("none")
    held = {one.y[0, 0] for one in task.read_test(0).recordings} if split_by == "both" else set()
    known = np.array([row for row in values[:, :80] if row[0] not in held])
    assert len(known) == shops - len(held)
    for seed in (0, 3):
        scale = task.split(seed).scale
        np.testing.assert_allclose(scale.unit, [known.std()], rtol=1e-12)
        np.testing.assert_allclose(scale.naive, [np.abs(known[:, back:] - known[:, :-back]).mean()], rtol=1e-12)


@pytest.mark.parametrize("steps", [60, 247, 3000])
def test_the_season_is_found_in_what_every_seed_trains_on(steps):
    data = days_of_shops(1, steps, np.random.default_rng(0).normal(size=(1, steps)))
    always = parts_in_time(data, 1, None)[0]
    trained = [parts_in_time(data, 1, seed)[0] for seed in range(200)]
    starts, stops = (np.array([getattr(one, end)[0] for one in trained]) for end in ("starts", "stops"))
    assert (always.starts[0], always.stops[0]) == (starts.max(), stops.min())


def test_both_units_of_a_forecast_are_one():
    """The anchor takes the last value from the inputs: these and the targets are normalised by the same numbers."""
    values = np.random.default_rng(4).normal(5, 3, size=(3, 100))
    x = np.stack([values.ravel() ** 2, values.ravel()], axis=1)
    one = days_of_shops(3, 100, values)
    data = Sequences(x, one.lengths, features=("square", "demand"), targets=("demand",), times=one.times)
    task = made_of(data, horizon=2)
    for seed in (0, 1):
        reading, train = task.reading(seed), task.split(seed).train
        for of_inputs, of_outputs in zip(reading.inputs, reading.outputs, strict=True):
            np.testing.assert_allclose(of_inputs[1:], of_outputs, rtol=1e-13)  # sums of 300 numbers in another order
        last = np.asarray(task.anchor(train.x))
        for k, length in enumerate(train.lengths):  # two steps later, the target is what the anchor gives then
            np.testing.assert_allclose(train.y[: length - 2, k], last[2:length, k], rtol=2e-7)  # one bit of float32
