"""Files of the UCR and UEA archives."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.ucr import read_ts

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(5, 12, 30)
SERIES = [RNG.normal(size=(n, 2)).round(4) for n in LENGTHS]
LABELS = ["10", "9", "walk"] * 10
HEAD = "# made for a test\n@problemName made\n@timeStamps false\n@univariate false\n@classLabel true 9 10 walk\n@data\n"


def line(series, label=None):
    return ":".join([*(",".join(map(str, column)) for column in series.T.tolist()), *([label] if label else [])])


def save(path, head=HEAD, rows=None):
    rows = [line(*pair) for pair in zip(SERIES, LABELS, strict=True)] if rows is None else rows
    path.write_text(head + "\n".join(rows) + "\n")
    return path


def test_series_of_unequal_length_with_classes(tmp_path):
    path = save(tmp_path / "a.ts")
    data, kind = read_ts(path, Question())
    assert (kind, data.features, data.classes) == ("classification", ("x0", "x1"), ("9", "10", "walk"))
    np.testing.assert_array_equal(data.x, np.concatenate(SERIES))
    np.testing.assert_array_equal(data.lengths, LENGTHS)
    assert [data.classes[k] for k in data.y] == LABELS
    task = task_from_file(path, Question())
    assert (task.title, task.in_dim, task.out_dim) == ("a: the class of each sequence", 2, 3)
    assert read_ts(path, Question(horizon=2))[1] == "forecast"


def test_series_without_classes_and_what_lacks_at_an_end(tmp_path):
    rows = [line(one) for one in SERIES]
    rows[4] = ":".join(part + ",?,?" for part in rows[4].split(":"))
    data, kind = read_ts(save(tmp_path / "a.ts", "@classLabel false\n@data\n", rows), Question())
    assert (kind, data.y) == ("forecast", None)
    np.testing.assert_array_equal(data.x, np.concatenate(SERIES))
    rows[4] = rows[4].replace(",", ",?,", 1)
    with pytest.raises(InputError, match="line 7: expected equally many steps in each dimension"):
        read_ts(save(tmp_path / "a.ts", "@classLabel false\n@data\n", rows), Question())
    rows[4] = line(SERIES[4]).replace(str(SERIES[4][1, 0]), "?", 1)
    with pytest.raises(InputError, match=r"column 'x0': .* 1 missing or infinite, the first at step 1"):
        task_from_file(save(tmp_path / "a.ts", "@classLabel false\n@data\n", rows), Question())


@pytest.mark.parametrize(
    ("head", "rows", "asked", "message"),
    [
        ("1,2,3:up\n", [], {}, "expected a .ts file with a line of @data"),
        (HEAD, [], {}, "expected series after @data, got none"),
        (HEAD.replace("Stamps false", "Stamps true"), None, {}, "@timeStamps: expected false"),
        (HEAD, ["1,2:3,4:run"], {}, "line 7: expected one of the classes 9, 10, walk, got 'run'"),
        (HEAD, ["1,2:3,4:9", "1,2:9"], {}, "line 8: expected 2 dimensions, got 1"),
        (HEAD, ["1,b:3,4:9"], {}, "line 7: expected numbers between commas"),
        (HEAD, None, {"kind": "step-regression"}, "kind: expected classification or forecast"),
        (HEAD, None, {"target": ("y",)}, "target: expected none, as a .ts file has no columns"),
    ],
)
def test_other_files_are_refused(tmp_path, head, rows, asked, message):
    with pytest.raises(InputError, match=message):
        task_from_file(save(tmp_path / "a.ts", head, rows), Question(**asked))
