"""A group of a sweep may come from somebody who reckons digests anew: each member is checked before it is believed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

pytest.importorskip("tyro", reason="the settings need gatedrnn[compare]")

from gatedrnn.errors import InputError
from gatedrnn.sweep.received import refuse_members
from gatedrnn.sweep.settings import STATIC, SweepSettings
from gatedrnn.sweep.space import configurations
from gatedrnn.training.groups import groups
from tests.helpers.doctored import NEVER_VALID, doctored

SETTINGS = SweepSettings(
    sampling="grid", cell=("GRU", "SimpleRNN"), hidden=(3,), learning_rate=(3e-3, 1e30), max_epochs=4
)
MEMBERS = configurations(SETTINGS)
GROUP = groups([{name: c[name] for name in STATIC} for c in MEMBERS], STATIC)[1]
FOUND = {
    "validation": 0.25,
    "best_epoch": 2,
    "epochs": 3,
    "diverged_at": None,
    "curve": [0.5, 0.25, 0.375],
    "score": 0.5,
    "train_curve": [0.5, None, 0.25],
    "ended": True,
}
KEPT: dict[str, Any] = json.loads(json.dumps({str(k): {**MEMBERS[k], **FOUND} for k in GROUP.indices}))


def refused(entries: Any) -> str | None:
    try:
        refuse_members(entries, GROUP, MEMBERS, SETTINGS)
    except InputError as error:
        return str(error)
    return None


def test_what_was_written_passes() -> None:
    assert len(KEPT) == 2
    assert refused(KEPT) is None


def test_what_was_doctored_is_refused_in_one_line_or_valid() -> None:
    rng, count = random.Random(0), 0
    for _ in range(200):
        kind, changed = doctored(KEPT, rng)
        said = refused(changed)
        assert said is not None or kind not in NEVER_VALID, changed
        assert said is None or said.isprintable()
        count += said is not None
    assert count > 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 1.0}, "learning_rate: expected 0.003, as was asked for, got 1.0"),
        ({"cell": "../GRU"}, "cell: expected 'SimpleRNN', as was asked for, got '../GRU'"),
        ({"epochs": 5}, "epochs: expected 0 to 4, got 5"),
        ({"curve": [0.5]}, "curve: expected a number for each of 3 epochs, got 1"),
        ({"best_epoch": 3}, "validation: expected the curve's value at epoch 3, 0.375, got 0.25"),
        ({"diverged_at": -2}, "diverged_at: expected null or 0 to 3, got -2"),
        ({"train_curve": []}, "train_curve: expected a number for each of 3 epochs, got 0"),
        ({"ended": False}, "ended: expected true, as its group is finished, got false"),
        ({"more": 1}, "more: not in the schema"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_place(change: dict[str, Any], message: str) -> None:
    entries = copy.deepcopy(KEPT)
    first = next(iter(entries))
    entries[first] |= change
    assert refused(entries) == f"{first}.{message}"
