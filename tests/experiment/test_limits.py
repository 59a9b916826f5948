"""Settings that no run can have are refused in the same words by train, sweep, compare and Python."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

pytest.importorskip("tyro", reason="settings need gatedrnn[compare]")

from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.limits import LIMITS
from gatedrnn.experiment.single import TrainSettings
from gatedrnn.experiment.space import Space
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.tasks.question import Question

NAN, INFINITY = float("nan"), float("inf")
WHOLE = (0, -1, 10**12, 2**64, 1.0, 2.5, True, "3", NAN)
POSITIVE = (0.0, -1.0, NAN, INFINITY, -INFINITY, 1e300, 1e-300, "0.1", None, True, 1j)
PART = (1.0, -0.1, 1.5, NAN, INFINITY, 1 - 1e-12, "0.1", None, False)

WRONG = {
    "hidden": WHOLE,
    "batch_size": WHOLE,
    "max_epochs": WHOLE,
    "patience": WHOLE,
    "segment": WHOLE,
    "devices": WHOLE,
    "draws": WHOLE,
    "seeds": WHOLE,
    "trials": WHOLE,
    "replicates": (*WHOLE, 1),
    "layers": WHOLE,
    "sizes": WHOLE,
    "embed": (-1, 10**12, 1.0, True),
    "seed": (-1, 2**32, 2**63, 10**30, 1.5, True, "0"),
    "learning_rate": POSITIVE,
    "clip_norm": POSITIVE,
    "recurrent_scale": POSITIVE,
    "minutes": (0.0, -1.0, NAN, INFINITY, 1e9),
    "dropout": PART,
    "equivalence": PART,
    "weight_decay": (-1.0, NAN, INFINITY, "0", None),
    "gate_bias": ("2", 1, None, "Chrono"),
    "initial_weights": ("glorot", 0, None, "Own"),
    "difference": ("maybe", True, None),
    "metric": ("bits", 1, "RMSE"),
    "threshold": (NAN, INFINITY, "0", True),
    "sampling": ("all", None),
    "bidirectional": ("no", 1, None),
    "residual": ("yes", 0),
    "extend": ("no", 0),
    "full": ("no", None),
}
KINDS = (Settings, SweepSettings, TrainSettings, Space, Architecture)


def cases():
    """Every wrong value of each setting, in each kind of settings that has it."""
    for kind in KINDS:
        for field in dataclasses.fields(kind):
            for value in WRONG.get(field.name, ()):
                if "tuple" not in str(field.type):
                    yield kind, field.name, value
                elif kind is Space and field.name in ("learning_rate", "clip_norm"):
                    yield kind, field.name, (value, 1.0)
                else:
                    yield kind, field.name, (value, 3) if field.name == "sizes" else (value,)


@pytest.mark.parametrize(("kind", "name", "value"), list(cases()), ids=str)
def test_a_wrong_setting_is_refused_by_name(kind, name, value):
    with pytest.raises(InputError, match=f"^{name}: expected .*got"):
        kind(**{name: value})


def test_every_limit_has_wrong_values():
    assert set(WRONG) == set(LIMITS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Settings(cells=("GRU", "GRU")), "cells: expected two or more different ones, got GRU, GRU"),
        (lambda: Settings(cells="LSTM"), "cells: expected names of cells, got 'LSTM'"),
        (lambda: Settings(cells=(1, 2)), "cells: expected names of cells, got (1, 2)"),
        (lambda: Settings(hidden=32), "hidden: expected a tuple, got 32"),
        (lambda: Settings(tasks="jsb-chorales"), "tasks: expected names of tasks or tasks, got 'jsb-chorales'"),
        (lambda: Settings(space=None), "space: expected Space, got None"),
        (lambda: Settings(architecture=3), "architecture: expected Architecture, got 3"),
        (lambda: Settings(trials=1000, replicates=1000), "trials: expected 100000 configurations in all or less"),
        (lambda: SweepSettings(cell=("GRU", "GRU")), "cell: expected one or more different values, got GRU, GRU"),
        (lambda: SweepSettings(learning_rate=()), "learning_rate: expected one or more different values, got none"),
        (lambda: SweepSettings(draws=1000, seeds=1000), "draws: expected 100000 configurations in all or less"),
        (lambda: SweepSettings(seed=2**32 - 1, seeds=2), "seeds: expected 1 or less from seed 4294967295 on, got 2"),
        (lambda: Space(learning_rate=(1.0, 0.1)), "learning_rate: expected 0 < low <= high, got (1.0, 0.1)"),
        (lambda: Space(clip_norm=(1.0, 2.0, 3.0)), "clip_norm: expected 0 < low <= high, got (1.0, 2.0, 3.0)"),
        (lambda: Question(target=("a", "b", "a")), "target: expected different columns, got a, b, a"),
        (lambda: Question(features=("a", "a")), "features: expected different columns, got a, a"),
        (lambda: Question(group="a", time="a"), "time: expected another column than that of group, got a"),
        (lambda: Question(time="a", split="a"), "split: expected another column than that of time, got a"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(make, message):
    with pytest.raises(InputError, match=re.escape(message)):
        make()


def test_what_a_run_can_have_is_taken():
    """The ends of what is allowed, and lists for tuples; what is written down of them is JSON."""
    assert Settings(hidden=[8, 16]).hidden == (8, 16)
    for settings in (
        TrainSettings(dropout=0, learning_rate=1e-30, seed=2**32 - 1, patience=2**31 - 1, batch_size=2**31 - 1),
        SweepSettings(dropout=(0.0, 0.99), weight_decay=(0,), seed=2**32 - 2, seeds=2, learning_rate=(1,)),
        Settings(trials=None, minutes=0.1, equivalence=0, space=Space(learning_rate=(1, 1), dropout=(0,))),
    ):
        assert "NaN" not in json.dumps(settings.as_dict())
