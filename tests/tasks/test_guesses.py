"""What a table's columns are taken for when nobody says, and that it is said."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table
from tests.helpers.small_files import write

RNG = np.random.default_rng(0)
N = 240
NOISE = RNG.normal(size=N).round(4)


def read(tmp_path, table, ending="csv", **asked):
    return read_table(write(tmp_path / f"data.{ending}", table), Question(**asked))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RNG.integers(0, 71, N), "step-regression"),
        (np.concatenate([RNG.integers(0, 3, N - 1), [9]]), "step-regression"),  # a count, whose largest came once
        (NOISE, "step-regression"),
        (RNG.integers(0, 3, N), "step-classification"),
        (RNG.integers(0, 2, N).astype(float), "step-classification"),
        (RNG.integers(0, 2, N).astype(bool), "step-classification"),
        (RNG.choice([0.5, 1.5], N), "step-regression"),
        (RNG.choice(["low", "high"], N), "step-classification"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_target_is_a_class_where_few_values_come_often(tmp_path, values, kind, ending):
    data, found = read(tmp_path, {"load": values, "temp": NOISE}, ending, target=("load",))
    assert found == kind
    if kind == "step-regression":
        np.testing.assert_array_equal(data.y[:, 0], values)
    else:
        names = [str(v).lower().removesuffix(".0") for v in values]
        assert [data.classes[k].lower() for k in data.y] == names
    assert data.features == ("temp",)
    assert any("'load'" in note for note in data.notes) == (
        values.dtype.kind in "ib" or kind == "step-classification"
    ) or (values.dtype.kind == "U")


def test_a_word_on_the_kind_overrules_the_guess(tmp_path):
    loads = RNG.integers(0, 30, N)
    data, kind = read(tmp_path, {"load": loads, "temp": NOISE}, target=("load",), kind="step-classification")
    assert (kind, len(data.classes)) == ("step-classification", len(np.unique(loads)))


@pytest.mark.parametrize("name", ["", "index", "id", "Unnamed: 0", "row_id"])
def test_a_column_that_counts_rows_and_a_constant_one_are_left_out(tmp_path, name):
    data, _ = read(tmp_path, {name: np.arange(5, 5 + N), "flat": np.full(N, 2.5), "load": NOISE})
    assert data.features == ("load",)
    np.testing.assert_array_equal(data.x[:, 0], NOISE)
    assert data.notes == (f"column {name!r} only counts rows: left out", "column 'flat' is 2.5 in every row: left out")


def test_an_empty_name_is_a_name(tmp_path):
    days = np.arange(N)
    data, _ = read(tmp_path, {"": days, "load": NOISE}, time="")
    assert (data.features, data.time_name) == (("load",), "")
    np.testing.assert_array_equal(data.times, days)
    data, _ = read(tmp_path, {"": np.repeat(np.arange(12), N // 12), "load": NOISE}, group="")
    np.testing.assert_array_equal(data.lengths, np.full(12, N // 12))


@pytest.mark.parametrize(
    ("name", "values", "read_as"),
    [
        ("year", 1900 + np.arange(N) // 2, ()),  # twice each: no time of a row
        ("Date", np.arange(N) * 3, ()),
        ("month", 1 + np.arange(N) % 12, ("month",)),  # it comes round, and says something
        ("amount", 100 + np.arange(N) * 2, ("amount",)),
    ],
)
def test_what_ascends_as_time_does_is_no_feature_unless_it_is_named(tmp_path, name, values, read_as):
    table = {name: values, "load": NOISE}
    assert read(tmp_path, table)[0].features == (*read_as, "load")
    assert read(tmp_path, table, features=(name, "load"))[0].features == (name, "load")


def test_numbers_that_ascend_as_time_does_are_the_time(tmp_path):
    data, kind = read(tmp_path, {"t": np.arange(N) * 2, "load": NOISE})
    assert (kind, data.time_name, data.features) == ("forecast", "t", ("load",))
    np.testing.assert_array_equal(data.times, np.arange(N) * 2)
    assert data.notes == ("column 't' ascends as time does: read as the time of a row",)
    years = {"year": 1900 + np.arange(N) // 2, "load": NOISE}
    data, _ = read(tmp_path, years)
    assert (data.times, data.notes) == (None, ("column 'year' ascends as time does: left out",))
    both = {"year": 1900 + np.arange(N), "t": np.arange(N), "load": NOISE}  # nobody knows which
    assert read(tmp_path, both)[0].times is None


@pytest.mark.parametrize("by", ["group", "time"])
def test_days_that_ascend_within_groups_are_the_time_too(tmp_path, by):
    shops, days = np.repeat([f"s{k}" for k in range(12)], 20), np.tile(np.arange(20), 12)
    order = np.arange(N) if by == "group" else np.lexsort((shops, days))
    data, _ = read(tmp_path, {"shop": shops[order], "day": days[order], "load": NOISE}, group="shop")
    assert (data.features, data.time_name) == (("load",), "day")
    np.testing.assert_array_equal(data.times, days)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_days_as_whole_numbers_are_dates(tmp_path, ending):
    days = np.datetime64("1958-03-29") + 7 * np.arange(N)
    whole = np.array([int(str(day).replace("-", "")) for day in days])
    data, _ = read(tmp_path, {"date": whole, "co2": NOISE}, ending)
    assert data.time_name == "date"
    np.testing.assert_array_equal(data.times, days)
    named, _ = read(tmp_path, {"when": whole, "co2": NOISE}, ending, time="when")
    np.testing.assert_array_equal(named.times, days)
    numbers, _ = read(tmp_path, {"amount": 20_000_000 + np.arange(N), "co2": NOISE}, ending)
    assert numbers.features == ("amount", "co2")  # eight digits, and no days


@pytest.mark.parametrize("labels", [RNG.integers(0, 2, N), RNG.choice(["ham", "spam"], N)])
def test_a_class_beside_texts_is_asked_about(tmp_path, labels):
    table = {"text": [f"some words, number {k}" for k in range(N)], "label": labels}
    with pytest.raises(InputError, match=r"target: expected a word on what is asked of 'label'.*add --target 'label'"):
        read(tmp_path, table)
    assert read(tmp_path, table, target=("label",))[1] == "classification"


def test_text_alone_is_not_forecast(tmp_path):
    table = {"a": RNG.choice(["x", "y"], N), "b": RNG.choice(["u", "v", "w"], N)}
    with pytest.raises(InputError, match="target: expected a column of numbers to forecast, got text alone in a, b"):
        read(tmp_path, table)


def test_the_only_column_of_dates_is_the_time(tmp_path):
    dates = np.datetime64("2020-01-01") + np.arange(N)
    for ending in ("csv", "parquet"):
        data, kind = read(tmp_path, {"when": dates, "load": NOISE}, ending)
        assert (kind, data.time_name, data.features) == ("forecast", "when", ("load",))
        np.testing.assert_array_equal(data.times, dates)
        assert data.notes == ("column 'when' holds dates: read as the time of a row",)
    data, _ = read(tmp_path, {"when": dates, "due": dates + 30, "load": NOISE})
    assert (data.times, data.features) == (None, ("load",))
    assert data.notes == ("column 'when' holds dates: left out", "column 'due' holds dates: left out")


def test_a_target_in_order_of_time_is_asked_about(tmp_path):
    table = {"t": np.arange(N), "load": NOISE, "temp": NOISE[::-1]}
    with pytest.raises(
        InputError, match='add --horizon 1 to forecast "load", or --kind step-regression to estimate it'
    ):
        read(tmp_path, table, time="t", target=("load",))
    with pytest.raises(InputError, match='add --horizon 1 to forecast "load"'):
        read(tmp_path, table, target=("load",))
    with pytest.raises(InputError, match='add --horizon 1 to forecast "load"'):
        read(tmp_path, {"load": NOISE}, target=("load",))  # nothing else is left to read
    assert read(tmp_path, table, time="t", target=("load",), horizon=1)[1] == "forecast"
    assert read(tmp_path, table, time="t", target=("load",), kind="step-regression")[1] == "step-regression"


def test_categories_are_read_one_hot(tmp_path):
    colours, sex = RNG.choice(["red", "green", "blue"], N), RNG.choice(["f", "m"], N)
    colours[:3] = ["red", "green", "blue"]
    table = {"colour": colours, "sex": sex, "load": NOISE, "said": [f"text {k}" for k in range(N)]}
    data, _ = read(tmp_path, table)
    assert data.features == ("load", "colour=blue", "colour=green", "colour=red", "sex=m")
    expected = [NOISE, colours == "blue", colours == "green", colours == "red", sex == "m"]
    np.testing.assert_array_equal(data.x, np.stack(expected, axis=1))
    assert data.targets == ("load",)  # categories are read, not forecast
    assert data.notes == ("column 'said' holds too many different texts: left out",)
    # What a network read is asked for by these names: in another file, in this order, with levels that it may lack.
    again, _ = read(tmp_path, table, features=("sex=m", "colour=pink", "load", "colour=red"))
    np.testing.assert_array_equal(again.x, np.stack([sex == "m", np.zeros(N), NOISE, colours == "red"], axis=1))


def test_empty_lines_are_counted_where_a_line_is_named(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("load,temp\n1.5,2\n\n2.5,3\n\n\nTotal,4\n")
    with pytest.raises(InputError, match=r"got 'Total' in line 7 of the file"):
        read_table(path, Question())


def test_a_table_without_rows_says_so(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("load,temp\n")
    with pytest.raises(InputError, match="expected rows, got none below the names of columns"):
        read_table(path, Question(horizon=1))


def test_a_stray_text_among_numbers_is_named_by_its_line(tmp_path):
    with pytest.raises(InputError, match=r"column 'load': expected numbers, got 'broken' in line 241 of the file"):
        read(tmp_path, {"load": [*map(str, NOISE[:-1]), "broken"], "temp": NOISE})
    with pytest.raises(InputError, match=r"column 't': expected numbers, got 'Total' in line 241 of the file"):
        read(tmp_path, {"t": [*map(str, range(N - 1)), "Total"], "load": NOISE}, time="t", features=("load",))
