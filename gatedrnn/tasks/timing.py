"""When the rows of a table were: times as the column has them, whether they ascend, and where they leave gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.dates import parse

if TYPE_CHECKING:
    from gatedrnn.tasks.columns import Labels
    from gatedrnn.tasks.rows import Rows
    from gatedrnn.tasks.source import Source

MONTH, DAY = np.timedelta64(28, "D"), np.timedelta64(1, "D")
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def times_of_text(texts: Labels, name: str, source: Source, day_first: bool | None) -> tuple[np.ndarray, str]:
    """Return a column of dates in text as datetime64[ns], a row each, and how they are written.

    Raises:
        InputError: where a text is no date, or day and month can be told apart by nobody.
    """
    try:
        dates, written = parse(texts.values, day_first)
    except InputError as error:
        raise InputError(f"time: {name!r}: {error}") from error
    bad = np.isnat(dates)
    if bad.any():
        first = int(np.flatnonzero(bad[texts.codes])[0])
        text, place = texts.values[texts.codes[first]], source.place(first)
        if not written:
            raise InputError(
                f"time: expected numbers or dates such as 2026-01-31 12:00, got {text!r} of {name!r} in {place}"
            )
        like = texts.values[int(np.flatnonzero(~bad)[0])]
        raise InputError(
            f"time: expected numbers or dates such as {like!r} in {name!r}, got {text!r} in {place}; leave out that row"
        )
    return dates[texts.codes], written


def check_ascends(rows: Rows, times: np.ndarray, name: str) -> None:
    """Refuse times that do not ascend within each sequence.

    Raises:
        InputError: says where, and what to do.
    """
    step = times[1:] > times[:-1]
    step[rows.firsts[1:] - 1] = True
    if step.all():
        return
    row = int(np.flatnonzero(~step)[0]) + 1
    sequence = int(np.searchsorted(np.cumsum(rows.lengths), row, side="right"))
    where = f" in group {rows.names[sequence]!r}" if rows.names else ""
    at = f"at step {row - int(rows.firsts[sequence])}{where}"
    if times[row] == times[row - 1]:
        hint = "leave out double rows" if rows.names else "leave out double rows, or name the column of groups"
        raise InputError(f"time: expected each value of {name!r} once, got one twice {at}; {hint}")
    if (times[row - 1 : row + 1] != times[row - 1 : row + 1]).any():  # only what is missing differs from itself
        raise InputError(f"time: expected a value of {name!r} in each row, got none {at}; fill it in")
    hint = "" if rows.names else ", or name the column of groups"
    raise InputError(f"time: expected {name!r} to ascend, got an earlier one {at}; sort rows by time{hint}")


def spacing(rows: Rows, times: np.ndarray) -> list[str]:
    """Return what is to be said of the times between rows: nothing where these are all alike.

    Months, quarters and years are alike whatever number of days they have, and so are working days.
    """
    steps, unit = _steps(times)
    within = np.ones(len(steps), bool)
    within[rows.firsts[1:] - 1] = False
    steps, places = steps[within], np.flatnonzero(within)
    if len(steps) < 2:
        return []
    usual = np.sort(steps)[len(steps) // 2]
    gaps = np.flatnonzero(steps > usual * (1 + 1e-6))
    if (np.abs(steps - usual) <= usual * 1e-6).mean() < 0.8:
        low, high = (_shown(value, unit) for value in (steps.min(), steps.max()))
        return [f"time: rows come at irregular times, {low} to {high} apart; a step is a row, however long it lasts"]
    if not len(gaps):
        return []
    longest = gaps[int(steps[gaps].argmax())]
    here = places[longest]
    between = f"between {_date(times[here])} and {_date(times[here + 1])}"
    several = f"{len(gaps):,} gaps, the longest" if len(gaps) > 1 else "1 gap,"
    return [
        f"time: {several} {_shown(float(steps[longest]), unit)} {between}; elsewhere a step is {_shown(usual, unit)}, "
        "and across a gap it is still one step"
    ]


def _steps(times: np.ndarray) -> tuple[np.ndarray, str]:
    """Return what lies between a row and the next, and in what it is counted: seconds, months, working days or 1."""
    if times.dtype.kind != "M":
        return np.diff(times.astype(np.float64)), ""
    days = times.astype("datetime64[D]")
    whole = bool((times == days).all())
    of_month = days - days.astype("datetime64[M]").astype("datetime64[D]")
    last = ((days + DAY).astype("datetime64[M]") != days.astype("datetime64[M]")).all()
    if whole and len(days) > 1 and ((of_month == of_month[0]).all() or last) and np.median(np.diff(days)) >= MONTH:
        return np.diff(days.astype("datetime64[M]")).astype(np.float64), "month"
    if whole and len(days) > 5 and np.is_busday(days).all() and (np.diff(days).astype(int) > 1).mean() < 0.5:
        return np.busday_count(days[:-1], days[1:]).astype(np.float64), "working day"
    return np.diff(times).astype(np.float64) / 1e9, "second"


def _shown(step: float, unit: str) -> str:
    if unit == "second":
        unit, size = next((pair for pair in UNITS if step >= pair[1]), UNITS[-1])
        step = step / size
    if not unit:
        return f"{step:g}"
    return f"{step:.3g} {unit}{'' if step == 1 else 's'}"


def _date(time: Any) -> str:
    if not isinstance(time, np.datetime64):
        return f"{time:.15g}"
    whole = time == time.astype("datetime64[D]")
    return str(time.astype("datetime64[D]" if whole else "datetime64[s]")).replace("T", " ")
