"""Tasks whose files are fetched: parts against slices of made-up files of their form, and a real one's constants."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from gatedrnn.tasks import etth1, mnist, registry, tiny_shakespeare


def named(monkeypatch, module, folder, write):
    """Let a file made here stand for the one of a module."""
    path = folder / module.FILE.file
    write(path)
    monkeypatch.setenv("GATEDRNN_DATA", str(folder))
    made = dataclasses.replace(module.FILE, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(module, "FILE", made)


def test_of_text_the_first_nine_tenths_train_and_each_later_character_is_scored_once(monkeypatch, tmp_path) -> None:
    rng = np.random.default_rng(0)
    kinds = [chr(k) for k in range(48, 48 + tiny_shakespeare.KINDS)]
    text = "".join(kinds) + "".join(rng.choice(kinds, 20_000 - len(kinds)))
    named(monkeypatch, tiny_shakespeare, tmp_path, lambda path: path.write_text(text))
    task = registry.load("tiny-shakespeare")
    tokens = np.array([kinds.index(letter) for letter in text])
    visible, test = task.split(5), task.read_test(0).batch
    joined = [
        np.concatenate([batch.y[:n, b][batch.scored()[:n, b]] for b, n in enumerate(batch.lengths)])
        for batch in (visible.train, visible.validation, test)
    ]
    for found, (first, last) in zip(joined, ((1, 18_000), (18_000, 19_000), (19_000, 20_000)), strict=True):
        np.testing.assert_array_equal(found, tokens[first:last])
    assert task.encode(visible.train.x).shape[-1] == task.in_dim == len(task.reading(0).classes)
    assert task.with_window(64).split(0).train.x.shape[0] == 64


def series(path: Path) -> None:
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.normal(size=(etth1.END + 50, 7)), 0).round(3)
    times = np.datetime64("2016-07-01T00:00:00") + np.arange(len(x)).astype("timedelta64[h]")
    rows = [f"{str(t).replace('T', ' ')},{','.join(map(str, row))}" for t, row in zip(times, x, strict=True)]
    path.write_text("\n".join([f"date,{','.join(etth1.FEATURES)}", *rows]) + "\n")


def test_of_hours_a_year_trains_and_the_temperature_of_a_day_later_is_asked_for(monkeypatch, tmp_path) -> None:
    named(monkeypatch, etth1, tmp_path, series)
    raw = np.loadtxt(tmp_path / "ETTh1.csv", delimiter=",", skiprows=1, usecols=range(1, 8))
    task = registry.load("etth1")
    visible, test = task.split(3), task.read_test(3)
    for part, (first, last) in (
        (visible.validated(), (etth1.VALIDATION, etth1.TEST)),
        (test.part(), (etth1.TEST, etth1.END)),
    ):
        batch = part.batch
        assert part.scale is not None
        y = np.concatenate([batch.y[:n, b][batch.scored()[:n, b]] for b, n in enumerate(batch.lengths)])
        # Float32 of numbers of order 1 in units of the deviation.
        np.testing.assert_allclose(
            y[:, 0] * part.scale.deviation + part.scale.mean, raw[first:last, 6], atol=1e-5 * part.scale.deviation[0]
        )
    mean, deviation = task.reading(0).inputs
    np.testing.assert_allclose(mean, raw[: etth1.VALIDATION].mean(0), rtol=1e-12)
    np.testing.assert_allclose(deviation, raw[: etth1.VALIDATION].std(0), rtol=1e-12)
    path = tmp_path / "another.csv"
    path.write_text("date,a,b\n2016-07-01,1,2\n")
    with pytest.raises(ValueError, match=r"etth1: expected columns HUFL, .*, got a, b"):
        etth1._held(path, None)


@pytest.mark.skipif("GATEDRNN_DATA" not in os.environ, reason="the real file does not come along")
def test_sizes_of_changes_are_those_of_the_real_file() -> None:
    held = etth1._held(etth1.FILE.path(), None)
    assert held.anchor is not None
    task = registry.load("etth1")
    np.testing.assert_allclose([*held.anchor.step, *held.anchor.ahead], [*task.anchor.step, *task.anchor.ahead], 1e-6)
    assert held.in_dim == task.in_dim
    assert held.out_dim == task.out_dim


def test_pixels_stand_in_their_order_and_parts_share_no_image(monkeypatch, tmp_path) -> None:
    rng = np.random.default_rng(2)
    train, test = (rng.integers(256, size=(n, 28, 28), dtype=np.uint8) for n in (80, 20))
    y = {"y_train": np.arange(80, dtype=np.uint8) % 10, "y_test": np.arange(20, dtype=np.uint8) % 10}
    named(monkeypatch, mnist, tmp_path, lambda path: np.savez(path, x_train=train, x_test=test, **y))
    monkeypatch.setattr(mnist, "VALIDATED", 30)
    by_rows, permuted = (registry.load(f"{name}-mnist") for name in ("sequential", "permuted"))
    seen, other = by_rows.split(1), by_rows.split(2)
    together = np.concatenate([seen.train.x, seen.validation.x], axis=1)[..., 0].T
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(train.reshape(80, 784), axis=0))
    assert seen.validation.x.shape == (784, 30, 1)
    assert (seen.validation.x != other.validation.x).any()
    digit = {image.tobytes(): y for image, y in zip(train.reshape(80, 784), y["y_train"], strict=True)}
    assert [digit[image.tobytes()] for image in seen.train.x[..., 0].T] == seen.train.y.tolist()
    batch = permuted.read_test(0).batch
    np.testing.assert_array_equal(batch.x[..., 0], test.reshape(20, 784)[:, mnist.order()].T)
    np.testing.assert_allclose(by_rows.encode(batch.x)[:, 3, 0] * 255, batch.x[:, 3, 0], rtol=1e-6)


def test_fewer_images_and_wider_steps_are_parts_of_the_same(monkeypatch, tmp_path) -> None:
    rng = np.random.default_rng(3)
    train, test = (rng.integers(256, size=(n, 28, 28), dtype=np.uint8) for n in (300, 150))
    y = {"y_train": np.arange(300, dtype=np.uint8) % 10, "y_test": np.arange(150, dtype=np.uint8) % 10}
    named(monkeypatch, mnist, tmp_path, lambda path: np.savez(path, x_train=train, x_test=test, **y))
    for permuted in (False, True):
        task = mnist.digits(permuted=permuted, reduced=mnist.Reduced(100, 28))
        seen, final = task.split(1), task.read_test(0).batch
        assert [part.x.shape for part in (seen.train, seen.validation, final)] == [(28, n, 28) for n in (90, 10, 100)]
        images = np.concatenate([seen.train.x, seen.validation.x], axis=1).swapaxes(0, 1).reshape(100, 784)
        known = train.reshape(300, 784)[:, mnist.order()] if permuted else train.reshape(300, 784)
        digit = {image.tobytes(): label for image, label in zip(known, y["y_train"], strict=True)}
        assert [digit[image.tobytes()] for image in images] == [*seen.train.y, *seen.validation.y]
        assert len({image.tobytes() for image in images}) == 100
        np.testing.assert_allclose(task.encode(final.x)[:, 0] * 255, final.x[:, 0], rtol=1e-6)
    assert task.name == "permuted-mnist-100-by-28"
    assert len(task.baselines(seen)) == 2


@pytest.mark.parametrize(
    ("reduced", "said"),
    [((99, 1), "images"), ((60_001, 1), "images"), ((True, 1), "images"), ((None, 5), "pixels"), ((None, 0), "pixels")],
)
def test_images_that_there_are_not_are_refused(reduced, said) -> None:
    with pytest.raises(ValueError, match=f"{said}: expected"):
        mnist.digits(permuted=False, reduced=mnist.Reduced(*reduced))


def test_lists_need_no_file(monkeypatch) -> None:
    monkeypatch.delenv("GATEDRNN_DATA", raising=False)
    assert {registry.load(name).name for name in registry.TASKS} == set(registry.TASKS)
