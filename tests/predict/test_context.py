"""When forecasts are about: on along the file's own times, months as months."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.predict.context import from_latest, in_halves
from gatedrnn.predict.horizon import target_times


@pytest.mark.parametrize(
    ("times", "horizon", "last"),
    [
        (["2026-01-31T00", "2026-01-31T06", "2026-01-31T12"], 2, "2026-02-01T00"),
        (["2026-10-01", "2026-11-01", "2026-12-01"], 3, "2027-03-01"),
        (["2026-01-01", "2026-04-01", "2026-07-01"], 1, "2026-10-01"),
        (["2024-02-27", "2024-02-28"], 2, "2024-03-01"),
    ],
)
def test_target_times_go_on_as_the_rows_do(times, horizon, last):
    found = target_times(np.array(times, "datetime64[ns]"), horizon)
    assert len(found) == len(times)
    assert found[-1] == np.datetime64(last)
    if horizon < len(times):
        assert found[0] == np.datetime64(times[horizon])


@pytest.mark.parametrize("window", [1, 3, 4, 9, 40])
def test_what_is_read_before_each_step(window, monkeypatch):
    """A sum from the start of what is read shows what that was."""
    monkeypatch.setattr("gatedrnn.predict.context.NUMBERS", 10)
    x = np.random.default_rng(0).normal(size=(23, 2, 1))

    def so_far(rows, lengths):
        assert (np.asarray(lengths) <= len(rows)).all()
        return jnp.cumsum(rows, axis=0)

    exact = from_latest(so_far, x, np.array([23, 23]), window)
    wanted = [x[max(0, t - window + 1) : t + 1].sum(0) for t in range(23)]
    np.testing.assert_allclose(exact, np.stack(wanted), atol=1e-5)  # float32 sums of at most 40 numbers of about 1
    halves = in_halves(so_far, x, np.array([23, 23]), window)
    sums = np.concatenate([np.zeros((1, 2, 1)), x.cumsum(0)])
    for t in range(23):
        lags = range(min(t, window // 2) + 1, min(t + 1, window) + 1)
        assert any(np.allclose(halves[t], sums[t + 1] - sums[t + 1 - lag], atol=1e-5) for lag in lags)
