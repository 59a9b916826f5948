"""Wrong comparisons, sweeps and training runs, in tables: as Python asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import gatedrnn as gr
from gatedrnn.comparison import protocol
from gatedrnn.experiment import single
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.sweep import sweep
from tests.helpers.wrong_cells import Row
from tests.helpers.wrong_faces import NO_FLAGS, called


def of_commands(folder: Path) -> Iterator[Row]:
    """What a comparison, a sweep and a training run are not asked for from Python."""
    protocol.compare = _compared  # what is accepted would run for minutes
    out, data = folder / "unused", {"x": np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)}
    compare = partial(called, gr.compare, data, out=out, horizon=1)
    for wrong in (None, 3, "", ["runs"], b"runs"):
        yield "out", lambda wrong=wrong: called(gr.compare, data, out=wrong, horizon=1)
    wrongs: dict[str, tuple[Any, ...]] = {
        "process": ("0", None, -1, 1, True),
        "processes": ("1", None, 2.0),
        "hidden": ("32", 0, None, (0,), (2.5,), ()),
        "replicates": (1, "8", None, 2.5, True),
        "trials": (0, "x", 1.5),
        "cells": (("LSTM",), "LSTM", ("LSTM", "LSTM"), ("LSTM", "none"), None, 3, ("LSTM", 3), ("os:system", "GRU")),
        "learning_rate": (0, None),
        "dropout": ((1.5,), "0.1"),
        "metric": ("x", 3),
        "minutes": (0, "1", float("nan")),
        "threshold": (float("nan"), "low"),
        "matching": ("size", None, 3),
        "sizes": ((3,), (0, 3), "3", 3),
        "architecture": (None, 3, {"layers": 2}),
        "space": (None, 3),
        "seed": (-1, "0", 2**33),
        "batch_size": (0, "8"),
        "max_epochs": (0, None, 2.5),
        "patience": (0, "20"),
        "equivalence": (1.0, -0.1, "0"),
        "extend": NO_FLAGS,
        "full": NO_FLAGS,
        "kind": ("regression", 3),
        "target": (3, ("x0", "x0"), (3,)),
        "group": (3,),
        "window": (-1, 0, "8", 2.5),
        "season": (0, "12"),
        "split_by": ("rows", 3),
        "fill": ("zero", 3),
        "tokens": ("bytes", 3),
        "wide": ("yes",),
        "day_first": NO_FLAGS,
        "test_from": (3,),
    }
    for name, values in wrongs.items():
        argument = "options" if name in ("learning_rate", "dropout") else name
        for wrong in values:
            yield argument, lambda name=name, wrong=wrong: compare(**{name: wrong})
    for wrong in (-1, "1", 2.5, 0, True, 10**9):
        yield "horizon", lambda wrong=wrong: called(gr.compare, data, out=out, horizon=wrong)
    yield from _of_settings()
    for do, settings in ((sweep, SweepSettings), (single.train, single.TrainSettings)):
        for wrong in (None, 3, {}, settings):
            yield "settings", lambda do=do, wrong=wrong: called(do, wrong, out)
        for wrong in (None, 3, "", ["runs"]):
            yield "out", lambda do=do, settings=settings, wrong=wrong: called(do, settings(), wrong)


def _compared(*_: Any, **__: Any) -> Any:
    raise RuntimeError("was compared")


def _of_settings() -> Iterator[Row]:
    """Settings that both a sweep and a training run refuse when they are made."""
    wrongs: dict[str, tuple[Any, ...]] = {
        "task": (None, 3, "none", ("a",)),
        "max_epochs": (0, "3", None),
        "patience": (0, "3"),
        "segment": (0, None),
        "batch_size": (0, 2.5),
        "seed": (-1, "0", None),
        "metric": ("x", 3),
        "architecture": (None, 3, {}),
    }
    for settings in (SweepSettings, single.TrainSettings):
        for name, values in wrongs.items():
            for wrong in values:
                yield name, lambda settings=settings, name=name, wrong=wrong: called(settings, **{name: wrong})
    several: dict[str, tuple[Any, ...]] = {
        "cell": (("GRU", "GRU"), "GRU", (), ("none",), (3,)),
        "hidden": ((8, 8), 8, (0,), ("8",)),
        "learning_rate": ((0.0,), (float("nan"),), 0.1, ()),
        "sampling": ("x", None),
        "draws": (0, "3"),
        "seeds": (0, 2**33),
        "gate_bias": (("2",), "1"),
        "difference": (("maybe",), "no"),
    }
    for name, values in several.items():
        for wrong in values:
            yield name, lambda name=name, wrong=wrong: called(SweepSettings, **{name: wrong})
    for name, wrong in (("hidden", "8"), ("learning_rate", 0), ("devices", 0), ("dropout", 1.0), ("clip_norm", None)):
        yield name, lambda name=name, wrong=wrong: called(single.TrainSettings, **{name: wrong})
    for wrong in (3, None, "none", "os:system", ("GRU",)):
        yield "cell", lambda wrong=wrong: single.train(called(single.TrainSettings, cell=wrong), Path("unused"))
