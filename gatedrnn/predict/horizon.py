"""When a forecast is about: so many steps after the row that it is made at, as the rows of a file follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Shaped

MONTH = np.timedelta64(28, "D")


def target_times(times: Shaped[np.ndarray, "n"], horizon: int) -> Shaped[np.ndarray, "n"]:
    """Return the time of the row ``horizon`` steps later; beyond the last row, as the last rows follow each other.

    Months stay months, whatever number of days they have; other rows go on by the median of what lies between them.
    After a single row the time is unknown: NaT, or no number.

    Example:
        >>> target_times(np.array(["2026-11", "2026-12"], "datetime64[ns]"), 2).astype("datetime64[D]").tolist()[-1]
        datetime.date(2027, 2, 1)
        >>> target_times(np.array([0.0, 5.0, 10.0]), 1).tolist()
        [5.0, 10.0, 15.0]
    """
    if len(times) < 2:
        return np.full(1, "NaT", times.dtype) if times.dtype.kind == "M" else np.full(1, np.nan)
    later = np.arange(1, horizon + 1)
    months = _months(times)
    if months is not None:
        last = times[-1].astype("datetime64[M]")
        beyond = (last + months * later).astype("datetime64[D]") + (times[-1] - last.astype(times.dtype))
    else:
        step = np.sort(np.diff(times))[(len(times) - 1) // 2]
        beyond = times[-1] + step * later
    return np.concatenate([times, beyond.astype(times.dtype)])[horizon:]


def _months(times: Shaped[np.ndarray, "n"]) -> np.timedelta64 | None:
    """Return the months between rows that all stand on the same day of one; None where they do not."""
    if times.dtype.kind != "M" or np.diff(times).min() < MONTH:
        return None
    months = times.astype("datetime64[M]")
    within = times - months.astype(times.dtype)
    if not (within == within[0]).all():
        return None
    return np.sort(np.diff(months))[(len(months) - 1) // 2]
