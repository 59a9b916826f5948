"""Text files hold the same table however it is written."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.columns import types
from gatedrnn.tasks.delimited import Delimited, sniff
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table

X = np.random.default_rng(0).normal(size=(120, 2)).round(4)


def text(sign=",", decimal=".", names=("load", "temp")):
    rows = [list(names)] if names else []
    rows += [[str(value).replace(".", decimal) for value in row] for row in X.tolist()]
    return "\n".join(sign.join(row) for row in rows) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "notes"),
    [
        ("a.csv", text(), ()),
        ("a.tsv", text("\t"), ()),
        ("a.csv", text(";"), ("columns are parted by semicolons",)),
        ("a.csv", text(";", ","), ("columns are parted by semicolons", "decimals stand after commas")),
        ("a.csv", text("|"), ("columns are parted by bars",)),
        ("a.csv", text("\t", ","), ("columns are parted by tabs", "decimals stand after commas")),
        ("a.csv", "\ufeff" + text(), ()),
        ("a.csv.gz", text(), ()),
        ("a.tsv.gz", text("\t"), ()),
    ],
)
def test_the_same_table_however_it_is_written(tmp_path, name, content, notes):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    data, _ = read_table(path, Question())
    assert (data.features, data.notes) == (("load", "temp"), notes)
    np.testing.assert_array_equal(data.x, X)
    task = task_from_file(path, Question(horizon=1))
    assert task.title == "a: load, temp, 1 step ahead"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_first_line_of_numbers_is_a_row(tmp_path, sign):
    (tmp_path / "a.csv").write_text(text(sign, names=()))
    data, _ = read_table(tmp_path / "a.csv", Question())
    assert data.features == ("c0", "c1")
    np.testing.assert_array_equal(data.x, X)
    assert "the first line holds numbers: columns are called c0 to c1" in data.notes
    (tmp_path / "b.csv").write_text(text(sign, names=()) + sign.join(["1", "oops"]))
    with pytest.raises(InputError, match="column 'c1': expected numbers, got 'oops' in line 121 of the file"):
        read_table(tmp_path / "b.csv", Question())


def test_counted_columns_are_names_and_signs_in_quotes_part_nothing():
    assert sniff(["0,1,2", "5,6,9"]).names == ()
    assert sniff(['a,"b; c; d"', '1,"2; 3; 4"']).delimiter == ","
    assert sniff(["a;b", "1,5;2,5", "1,25;2,75"]).delimiter == ";"
    assert sniff(["date;load", "01.02.2024;1,5"]).decimal == ","
    assert sniff(["load"]).delimiter == ","


def test_a_table_as_excel_saves_it_in_western_europe(tmp_path):
    text = "Größe;Farbe\n" + "".join(f"{k % 7},5;{'grün' if k % 3 else 'weiß'}\n" for k in range(120))
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    data, _ = read_table(tmp_path / "a.csv", Question())
    assert data.features == ("Größe", "Farbe=weiß")
    np.testing.assert_array_equal(data.x, [[k % 7 + 0.5, k % 3 == 0] for k in range(120)])
    assert "text is no UTF-8: read as Windows-1252" in data.notes


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"a\.csv\.gz: "):
        task_from_file(tmp_path / "a.csv.gz", Question())
    (tmp_path / "a.tar.gz").write_bytes(b"")
    with pytest.raises(InputError, match="file: expected one that ends in"):
        task_from_file(tmp_path / "a.tar.gz", Question())


class Counting:
    """A schema that counts how often all names of its columns are asked for: each time they are a new list."""

    def __init__(self, schema):
        self.schema, self.asked = schema, 0

    def __iter__(self):
        return iter(self.schema)

    def field(self, name):
        return self.schema.field(name)

    @property
    def names(self):
        self.asked += 1
        return self.schema.names


def test_names_are_not_looked_through_for_each_column(tmp_path):
    """20,000 columns took minutes."""
    names = tuple(f"of {k}" for k in range(40))
    (tmp_path / "a.csv").write_text(",".join(names) + "\n" + ",".join(map(str, range(40))) + "\n")
    source = Delimited(tmp_path / "a.csv")
    source.schema, source._schema = shown, written = Counting(source.schema), Counting(source._schema)
    assert set(types(source).values()) == {"whole"}
    (batch,) = source.batches(names[::-1], {})
    assert batch.schema.names == list(names[::-1])
    assert batch.to_pylist() == [dict(zip(names, range(40), strict=True))]
    assert shown.asked + written.asked < len(names) / 4


def test_a_line_longer_than_a_cell_may_be_is_parted(tmp_path):
    """By another sign than its own it is one cell, longer than Python's reader takes."""
    names = [f"{'n' * 3_000}{k}" for k in range(50)]
    (tmp_path / "a.csv").write_text(",".join(names) + "\n" + ("1.5," * 49 + "2.5\n") * 3)
    source = Delimited(tmp_path / "a.csv")
    assert (source.dialect.delimiter, source.schema.names) == (",", names)
