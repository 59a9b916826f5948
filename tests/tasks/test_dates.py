"""Dates as people write them, and what is said of times that leave gaps."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.tasks.dates import parse
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.rows import Rows
from gatedrnn.tasks.tables import read_table
from gatedrnn.tasks.timing import spacing

N = 130
MONTHS = np.datetime64("1949-01") + np.arange(N)
QUARTERS = np.datetime64("1970-01") + 3 * np.arange(N)
DAYS = np.datetime64("1987-05-20") + np.arange(N)
HOURS = np.datetime64("2010-01-01T00") + np.arange(N)
LOAD = np.random.default_rng(0).normal(size=N).round(3)


def written(times, how):
    return [pd.Timestamp(time).strftime(how) for time in times]


WAYS = [
    (MONTHS, written(MONTHS, "%Y-%m")),
    (MONTHS, written(MONTHS, "%b %Y")),
    (MONTHS, written(MONTHS, "%B-%Y")),
    (MONTHS, written(MONTHS, "%m/%Y")),
    (HOURS, written(HOURS, "%Y/%m/%d %H:%M")),
    (HOURS, written(HOURS, "%d.%m.%Y %H:%M")),
    (HOURS, written(HOURS, "%Y-%m-%dT%H:%M:%S+00:00")),
    (HOURS, written(HOURS + 2, "%Y-%m-%d %H:%M:%S+02:00")),
    (DAYS, written(DAYS, "%m/%d/%Y")),
    (DAYS, written(DAYS, "%d/%m/%Y")),
    (DAYS, written(DAYS, "%d-%m-%y")),
    (DAYS, written(DAYS, "%B %d, %Y")),
    (DAYS, written(DAYS, "%b %d %Y")),
    (DAYS, written(DAYS, "%d %b %Y")),
    (DAYS, written(DAYS, "%Y-%m-%d")),
    (QUARTERS, [f"{t.astype('M8[Y]')} Q{t.astype(int) % 12 // 3 + 1}" for t in QUARTERS]),
    (QUARTERS, [f"{t.astype('M8[Y]')}Q{t.astype(int) % 12 // 3 + 1}" for t in QUARTERS]),
]


def save(path, texts, load=LOAD):
    if path.suffix == ".parquet":
        parquet.write_table(pa.table({"when": texts, "load": load}), path)
    else:
        path.write_text("when,load\n" + "".join(f'"{text}",{x}\n' for text, x in zip(texts, load, strict=True)))
    return path


@pytest.mark.parametrize(("times", "texts"), WAYS, ids=[texts[0] for _, texts in WAYS])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_dates_are_read_as_they_are_written(tmp_path, times, texts, ending):
    path = save(tmp_path / f"data.{ending}", texts)
    for asked in (Question(), Question(time="when")):
        data, kind = read_table(path, asked)
        assert (kind, data.features, data.time_name) == ("forecast", ("load",), "when")
        np.testing.assert_array_equal(data.times, times.astype("datetime64[ns]"))
        assert not [note for note in data.notes if note.startswith("time:")]  # every step is like the other


def test_day_or_month_first_is_asked_where_nobody_can_tell(tmp_path):
    texts = written(np.datetime64("2020-01") + np.arange(12), "%m/%d/%Y")  # 01/01/2020, 02/01/2020, ...
    path = save(tmp_path / "data.csv", texts, LOAD[:12])
    with pytest.raises(InputError, match="add --day-first True or --day-first False"):
        read_table(path, Question(time="when"))
    for day_first, step in ((False, "M"), (True, "D")):
        data, _ = read_table(path, Question(time="when", day_first=day_first))
        expected = np.datetime64("2020-01-01").astype(f"M8[{step}]") + np.arange(12)
        np.testing.assert_array_equal(data.times, expected.astype("M8[ns]"))


@pytest.mark.parametrize("day_first", [None, True])
def test_a_last_row_of_totals_is_named_by_its_line(tmp_path, day_first):
    path = save(tmp_path / "data.csv", [*WAYS[0][1][:-1], "Total"])
    with pytest.raises(InputError, match=r"dates such as '1949-01' in 'when', got 'Total' in line 131 of the file"):
        read_table(path, Question(time="when", day_first=day_first))


def all_of(times):
    return Rows(None, np.array([len(times)]), ())


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (np.delete(DAYS, [3, 50, 51, 52, 90]), "3 gaps, the longest 4 days between 1987-07-08 and 1987-07-12"),
        (np.delete(HOURS, 7), "1 gap, 2 hours between 2010-01-01 06:00:00 and 2010-01-01 08:00:00"),
        (np.delete(MONTHS, 5), "1 gap, 2 months between 1949-05-01 and 1949-07-01"),
        (MONTHS + 0, None),
        (np.array([t.astype("M8[M]") + 1 for t in MONTHS]).astype("M8[D]") - 1, None),  # ends of months
        (DAYS[np.is_busday(DAYS)], None),
        (np.delete(DAYS[np.is_busday(DAYS)], 9), "1 gap, 2 working days between"),
        (np.arange(50.0), None),
        (np.delete(np.arange(50.0), [9, 10]), "1 gap, 3 between 8 and 11"),
        (np.cumsum(np.arange(1, 60)), "rows come at irregular times, 2 to 59 apart"),
    ],
)
def test_gaps_are_said(times, said):
    times = times.astype("M8[ns]") if times.dtype.kind == "M" else times
    found = spacing(all_of(times), times)
    assert (said is None) == (not found)
    assert said is None or said in found[0]


def test_between_groups_is_no_gap():
    times = np.concatenate([np.arange(10), np.arange(100, 110)])
    assert spacing(Rows(None, np.array([10, 10]), ("a", "b")), times) == []


def test_without_pandas_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match=r"dates in text need pandas: pip install 'gatedrnn\[compare\]'"):
        parse(["2020-01-01"])


def test_months_of_numbered_years_are_dates(tmp_path):
    """As the sales of shampoo have them: 1-01, 1-02, ..., 3-12."""
    from gatedrnn.tasks.files import task_from_file
    from gatedrnn.tasks.question import Question

    months = [f"{k // 12 + 1}-{k % 12 + 1:02}" for k in range(60)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["Month,Sales", *(f"{m},{k * k % 17}" for k, m in enumerate(months))]), encoding="utf-8")
    facts = task_from_file(path, Question(horizon=1)).facts
    assert facts["time"] == "Month: 2001-01-01 to 2005-12-01"
    assert any("number of the year and month" in text for text in facts.values())
    gap = [*months[:20], *months[21:]]
    path.write_text("\n".join(["Month,Sales", *(f"{m},{k * k % 17}" for k, m in enumerate(gap))]), encoding="utf-8")
    assert task_from_file(path, Question(horizon=1)).facts["time"] == "rows in order"
