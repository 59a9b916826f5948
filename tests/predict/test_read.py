"""A file of raw data is read as the comparison's own was, and what lacks is said the right way round."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from gatedrnn.cells.lstm import LSTM
from gatedrnn.errors import InputError
from gatedrnn.experiment.saving import description
from gatedrnn.predict.model import Model
from gatedrnn.predict.read import read
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question


def model_of(task):
    """Return a model that knows what a file must hold, without a network."""
    cell = LSTM(2)
    return Model(description(task, "LSTM", cell, task.reading(0)), cell, None)


def shops(path, groups=3, days=60, columns="shop,day,load,price", day="{month:02d}/{day:02d}/2026"):
    rng = np.random.default_rng(0)
    rows = []
    for shop in range(groups):
        for t in range(days):
            at = day.format(month=t // 28 + 1, day=t % 28 + 1)
            rows.append(f"s{shop},{at},{rng.normal():.3f},{rng.normal():.3f}")
    path.write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return path


def test_another_file_is_read_as_the_first_one_was(tmp_path):
    asked = Question(group="shop", time="day", day_first=False, target=("load",), horizon=1)
    model = model_of(task_from_file(shops(tmp_path / "a.csv"), asked))
    assert model.config["read"] == {"group": "shop", "time": "day", "day_first": False}
    new = shops(tmp_path / "new.csv", groups=2, days=5)  # 01/02/2026 alone may be either day
    data = read(model, new, {"group": None, "time": None})
    assert data.lengths.tolist() == [5, 5]
    assert data.labels == ("s0", "s1")
    assert data.times is not None
    assert data.times[:5].astype("datetime64[D]").astype(str).tolist() == [f"2026-01-0{d}" for d in range(1, 6)]
    renamed = shops(tmp_path / "renamed.csv", groups=2, days=5, columns="store,day,load,price")
    assert read(model, renamed, {"group": "store", "time": None}).labels == ("s0", "s1")


def test_a_missing_column_is_what_was_expected(tmp_path):
    asked = Question(group="shop", time="day", day_first=False, target=("load",), horizon=1)
    model = model_of(task_from_file(shops(tmp_path / "a.csv"), asked))
    other = shops(tmp_path / "new.csv", columns="shop,day,load,cost")
    expected = "new.csv: columns: expected shop, day, load, price, got shop, day, load, cost; add price"
    with pytest.raises(InputError, match=f"^{expected}$"):
        read(model, other, {})


def test_the_class_beside_a_series_is_not_one_of_its_steps(tmp_path):
    rng = np.random.default_rng(0)
    grid = rng.normal(size=(30, 12)).round(3)
    head = ",".join(["kind", *(f"t{k}" for k in range(12))])
    rows = [",".join([str(k % 2 + 1), *map(str, row)]) for k, row in enumerate(grid)]
    labelled, bare = tmp_path / "a.csv", tmp_path / "b.csv"
    labelled.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    text = "\n".join(line.partition(",")[2] for line in [head, *rows]) + "\n"
    bare.write_text(text, encoding="utf-8")
    model = model_of(task_from_file(labelled, Question(wide="rows", target=("kind",))))
    for path in (labelled, bare):
        data = read(model, path, {})
        np.testing.assert_array_equal(data.x.reshape(30, 12), grid)


def test_a_sheet_and_an_archive_file_are_read(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("openpyxl")
    asked = Question(group="shop", time="day", day_first=False, target=("load",), horizon=1)
    path = shops(tmp_path / "a.csv")
    model = model_of(task_from_file(path, asked))
    sheet = tmp_path / "new.xlsx"
    pandas.read_csv(path).to_excel(sheet, index=False)
    np.testing.assert_allclose(read(model, sheet, {}).x, read(model, path, {}).x, rtol=1e-12)
    series = "\n".join(f"{k},{k + 1},{k + 2}:{'up' if k % 2 else 'down'}" for k in range(30))
    archive = tmp_path / "b.ts"
    archive.write_text(f"@classLabel true up down\n@data\n{series}\n", encoding="utf-8")
    model = model_of(task_from_file(archive, Question()))
    assert read(model, archive, {}).x[:6, 0].tolist() == [0, 1, 2, 1, 2, 3]


def spoken(path, rows):
    path.write_text("\n".join(["said,label", *rows]) + "\n", encoding="utf-8")
    return path


def test_texts_are_read_by_the_vocabulary_of_training(tmp_path):
    """Other words than those of training are rare ones; what was rare then, and letters, were known to be so."""
    rng = np.random.default_rng(0)
    word = [f"w{k}" for k in range(20)]
    rows = [f"{' '.join(rng.choice(word, 5))} once{k},{k % 2}" for k in range(80)]
    task = task_from_file(spoken(tmp_path / "a.csv", rows), Question(target=("label",)))
    model = model_of(task)
    assert model.tokens[0] == "<rare>"
    assert model.config["features"] == ["said"]
    data = read(model, spoken(tmp_path / "new.csv", ["w3 never w1,0", "w1,1"]), {})
    assert data.lengths.tolist() == [3, 1]
    assert [model.tokens[k] for k in data.x] == ["w3", "<rare>", "w1", "w1"]
    letters = [f"{''.join(rng.choice([*'abcd'], 6))},{k % 2}" for k in range(80)]
    model = model_of(task_from_file(spoken(tmp_path / "b.csv", letters), Question(target=("label",))))
    assert [model.tokens[k] for k in read(model, spoken(tmp_path / "c.csv", ["dab,0"]), {}).x] == [*"dab"]
    with pytest.raises(InputError, match="tokens: expected those of the training data, got 'x', 'y' as well"):
        read(model, spoken(tmp_path / "d.csv", ["daxy,0"]), {})


def test_token_arrays_with_classes_are_read_as_the_network_counts_them(tmp_path):
    x = np.random.default_rng(0).choice([3, 5, 9], (12, 40))
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    model = model_of(task_from_file(tmp_path / "a.npz", Question(kind="classification")))
    assert model.tokens == ["3", "5", "9"]
    np.savez(tmp_path / "new.npz", x=np.array([[9], [3]]))
    assert read(model, tmp_path / "new.npz", {}).x.tolist() == [2, 0]


def test_roles_that_were_guessed_are_roles_of_the_next_file_too(tmp_path):
    """A column of dates that was found and the order of day and month that it showed: used, or demanded by name."""
    model = model_of(task_from_file(shops(tmp_path / "a.csv", groups=1), Question(target=("load",), horizon=1)))
    assert model.config["read"] == {"time": "day", "day_first": False}
    new = shops(tmp_path / "new.csv", groups=1, days=5)  # 01/02/2026 alone may be either day
    data = read(model, new, {})
    assert data.times is not None
    assert data.times.astype("datetime64[D]").astype(str).tolist() == [f"2026-01-0{d}" for d in range(1, 6)]
    untimed = shops(tmp_path / "untimed.csv", groups=1, days=5, columns="shop,when,load,price")
    with pytest.raises(InputError, match=r"untimed.csv: columns: expected day, load, .*; add day"):
        read(model, untimed, {})
    backwards = tmp_path / "backwards.csv"
    head, *rows = new.read_text(encoding="utf-8").splitlines()
    backwards.write_text("\n".join([head, *rows[::-1]]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"backwards.csv: time: expected 'day' to ascend"):
        read(model, backwards, {})


def test_the_group_of_training_is_used_or_demanded(tmp_path):
    asked = Question(group="shop", target=("load",), horizon=1)
    model = model_of(task_from_file(shops(tmp_path / "a.csv"), asked))
    assert read(model, shops(tmp_path / "b.csv", groups=2), {"group": None}).lengths.tolist() == [60, 60]
    with pytest.raises(InputError, match=r"c.csv: columns: expected shop, day, load, price, .*; add shop"):
        read(model, shops(tmp_path / "c.csv", columns="store,day,load,price"), {})


def test_a_fill_of_training_is_used_and_none_is_demanded(tmp_path):
    rng = np.random.default_rng(0)
    loads = [f"{value:.3f}" for value in rng.normal(size=90)]
    whole, holed = tmp_path / "whole.csv", tmp_path / "holed.csv"
    whole.write_text("\n".join(["load,price", *(f"{v},{k % 7}" for k, v in enumerate(loads))]), encoding="utf-8")
    loads[5] = ""
    holed.write_text("\n".join(["load,price", *(f"{v},{k % 7}" for k, v in enumerate(loads))]), encoding="utf-8")
    filled = model_of(task_from_file(holed, Question(fill="forward", horizon=1)))
    assert read(filled, holed, {}).x[4:7, 2].tolist() == [0, 1, 0]
    assert not read(filled, whole, {}).x[:, 2].any()
    bare = model_of(task_from_file(whole, Question(horizon=1)))
    with pytest.raises(InputError, match=r"holed.csv: column 'load': .* 1 missing, .*; fill them in, or train with"):
        read(bare, holed, {})
