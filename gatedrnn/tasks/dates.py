"""Dates as people write them: one way of writing is found that all of a column are written in."""

from __future__ import annotations

import functools
import importlib
import itertools
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError, MissingPackageError, needed

if TYPE_CHECKING:
    from collections.abc import Sequence

ISO = "ISO8601"
YEAR_FIRST = ("%Y/%m/%d", "%Y.%m.%d", "%Y/%m", "%Y.%m", "%YM%m", "%Y %b %d", "%Y %b", "%Y-%b", "%Y %B", "%Y-%b-%d")
DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y")
MONTH_FIRST = ("%m.%d.%Y", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%y", "%m/%d/%y", "%m-%d-%y")
NAMED = tuple(
    pattern.replace("%b", month)
    for pattern in (
        "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d. %b %Y", "%b %Y", "%b-%Y", "%b, %Y", "%b-%y",
    )
    for month in ("%b", "%B")
)  # fmt: skip
MONTHS = ("%m/%Y", "%m.%Y", "%m-%Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %I:%M %p")
QUARTER = re.compile(r"(?P<year>\d{4})[-\s/:.]*Q(?P<q>[1-4])|Q(?P<q2>[1-4])[-\s/:.]*(?P<year2>\d{4})", re.IGNORECASE)
NUMBERED, EPOCH = re.compile(r"(\d{1,2})-(0[1-9]|1[0-2])"), 2000
"""Months of years that are only counted, such as 3-12, and the year before the first of them."""
COUNTED = "number of the year and month"
SAMPLE = 200


def parse(values: Sequence[str], day_first: bool | None = None) -> tuple[np.ndarray, str]:
    """Return dates, NaT where a text is none, and how they are written; those of a time zone in UTC.

    Args:
        values: the texts, each once.
        day_first: whether the day stands before the month; None: as the texts decide.

    Raises:
        InputError: where day and month can be told apart by nobody.
        MissingPackageError: where pandas is missing.

    Example:
        >>> parse(["05/20/1987", "06/01/1987"])[0].astype("datetime64[D]").astype(str).tolist()
        ['1987-05-20', '1987-06-01']
        >>> parse(["1970 Q1", "1970Q2"])[0].astype("datetime64[M]").astype(str).tolist()
        ['1970-01', '1970-04']
    """
    counted = _counted([value.strip() for value in values])
    if counted is not None:
        return counted, COUNTED
    texts = [_quarters(value.strip()) for value in values]
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    tried = [ISO, *YEAR_FIRST, *NAMED, *DAY_FIRST, *MONTH_FIRST, *MONTHS]
    clocks = CLOCKS if any(":" in text for text in sample[:10]) else CLOCKS[:1]
    patterns = [ISO, *(day + clock for day, clock in itertools.product(tried[1:], clocks))]
    shares = {pattern: _share(_parsed(sample, pattern)) for pattern in patterns}
    best = max(shares, key=lambda pattern: shares[pattern])  # the first of equal ones
    if not shares[best]:
        return np.full(len(texts), np.datetime64("NaT", "ns")), ""
    other = _exchanged(best)
    if other is None:
        return _parsed(texts, best), best
    found = {pattern: _parsed(texts, pattern) for pattern in (best, other)}
    chosen = _order(found, day_first)
    return found[chosen], chosen


def _counted(texts: list[str]) -> np.ndarray | None:
    """Return dates of ``1-01``, ``1-02``, ..., ``3-12``, where all are such and each is the month after the one before.

    Example:
        >>> _counted(["1-12", "2-01"]).astype("datetime64[M]").astype(str).tolist()
        ['2001-12', '2002-01']
        >>> _counted(["1-12", "2-02"])
    """
    found = [NUMBERED.fullmatch(text) for text in texts]
    months = np.array([12 * int(one[1]) + int(one[2]) for one in found if one is not None])
    if not len(months) or len(months) < len(found) or (np.diff(months) != 1).any():
        return None
    return (np.datetime64(f"{EPOCH}-01", "M") + (months - 1)).astype("datetime64[ns]")


def said_of(written: str) -> list[str]:
    """Return what is to be said of how dates are written: nothing where they are whole."""
    if written != COUNTED:
        return []
    return [f"time: read as {COUNTED}; the years are counted from {EPOCH}, so that 1-01 is {EPOCH + 1}-01"]


def starts_with_day(written: str) -> bool | None:
    """Return whether dates that are written so start with the day; None where day and month can't be exchanged.

    Example:
        >>> starts_with_day("%d/%m/%Y"), starts_with_day("%m/%d/%Y"), starts_with_day("ISO8601")
        (True, False, None)
    """
    return None if _exchanged(written) is None else written.startswith("%d")


def _order(found: dict[str, np.ndarray], day_first: bool | None) -> str:
    """Return the pattern whose order of day and month is meant."""
    by_day = next(pattern for pattern in found if pattern.startswith("%d"))
    by_month = next(pattern for pattern in found if pattern != by_day)
    if day_first is not None:
        return by_day if day_first else by_month
    shares = {pattern: _share(dates) for pattern, dates in found.items()}
    if shares[by_day] != shares[by_month]:
        return max(shares, key=lambda pattern: shares[pattern])
    if by_day[2] == "." or np.array_equal(found[by_day], found[by_month], equal_nan=True):
        return by_day  # with dots, nobody writes the month first
    raise InputError("dates: expected an order of day and month, got either; add --day-first True or --day-first False")


def _exchanged(pattern: str) -> str | None:
    """Return the pattern with day and month exchanged, None where it has no such order."""
    for one, other in (("%d{}%m", "%m{}%d"), ("%m{}%d", "%d{}%m")):
        for sign in "./-":
            if pattern.startswith(one.format(sign)):
                return other.format(sign) + pattern[5:]
    return None


def _quarters(text: str) -> str:
    found = QUARTER.fullmatch(text)
    if found is None:
        return text
    year, quarter = found["year"] or found["year2"], int(found["q"] or found["q2"])
    return f"{year}-{3 * quarter - 2:02}-01"


def _share(dates: np.ndarray) -> float:
    return float((~np.isnat(dates)).mean()) if len(dates) else 0.0


def _parsed(texts: list[str], pattern: str) -> np.ndarray:
    found = pandas().to_datetime(texts, format=pattern, errors="coerce", utc=True)
    return found.tz_localize(None).to_numpy().astype("datetime64[ns]")


def pandas() -> Any:
    """Return pandas.

    Raises:
        MissingPackageError: where it is missing.
    """
    with needed("dates in text need pandas", "pandas", "gatedrnn[compare]"):
        return importlib.import_module("pandas")


@functools.lru_cache(maxsize=1024)  # asked of each column for each role that it may have
def are_dates(sample: tuple[str, ...]) -> bool:
    """Return whether most of these texts are dates.

    Example:
        >>> are_dates(("Jan 1 2000", "Jan 2 2000", "Total")), are_dates(("red", "blue"))
        (True, False)
    """
    if len(sample) < 2 or not any(letter.isdigit() for letter in sample[0]):
        return False
    try:
        return _share(parse(sample)[0]) > 0.5
    except InputError as error:
        if isinstance(error, MissingPackageError):
            raise
        return True  # dates they are, whichever comes first
