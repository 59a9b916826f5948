"""What claims to be a cell's configuration is read as data: nothing is imported or called because it says so."""

from __future__ import annotations

import sys
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.cells.configuration import FUNCTIONS, from_data
from gatedrnn.cells.registry import cell_maker, own_class
from gatedrnn.errors import InputError

POLICY = {"class": "Policy", "fields": {}}


def lstm(**fields: Any) -> dict[str, Any]:
    return {"class": "LSTM", "fields": {"hidden": 3, **fields}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lstm(hidden=True), "hidden: expected an int, got True"),
        (lstm(hidden="3"), "hidden: expected an int, got '3'"),
        (lstm(hidden=3.0), "hidden: expected an int, got 3.0"),
        (lstm(hidden=None), "hidden: expected an int, got None"),
        (lstm(hidden=-3), "hidden: expected a positive int, got -3"),
        (lstm(hidden=[3]), r"cell: expected plain values, .* got \[3\]"),
        (lstm(hidden=POLICY), "hidden: expected an int, got Policy"),
        (lstm(size=1), "cell: expected fields of LSTM, hidden, activation, policy; got size"),
        ({"class": "LSTM", "fields": {}}, "cell: expected hidden of LSTM, got none"),
        (lstm(activation="tanh"), "activation: expected one like .*, got 'tanh'"),
        (lstm(activation=POLICY), "activation: expected one like"),
        (lstm(activation={"function": "jnp.save"}), "cell: expected a function of each number .* got 'jnp.save'"),
        (lstm(activation={"function": "os.system"}), "cell: expected a function"),
        (lstm(activation={"function": ["jnp.tanh"]}), "cell: expected a function"),
        (lstm(policy=lstm()), "policy: expected one like Policy"),
        (lstm(policy={"class": "Policy", "fields": {"params": 5}}), "params: expected one like 'float32', got 5"),
        (lstm(policy={"class": "Policy", "fields": {"carry": "int32"}}), "carry: expected a floating point type"),
        (lstm(policy={"tuple": 3}), "cell: expected a configuration with class and fields"),
        ({"class": "os:system", "fields": {"command": "touch X"}}, "class: expected one of LSTM, .*; got 'os:system'"),
        ({"class": "subprocess:Popen", "fields": {}}, "class: expected one of LSTM"),
        ({"class": ["LSTM"], "fields": {"hidden": 3}}, "class: expected one of LSTM"),
        ({"class": "LSTM", "fields": [3]}, "cell: expected a configuration with class and fields"),
        ({"class": "LSTM"}, "cell: expected a configuration with class and fields"),
        ("os:system", "cell: expected a configuration with class and fields, got 'os:system'"),
        (None, "cell: expected a configuration"),
    ],
)
def test_what_is_no_configuration_is_refused(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_data(data)


def test_the_named_class_brings_the_dataclasses_of_its_module_and_nothing_that_was_imported_there() -> None:
    own = own_class("tests.helpers.own_cell:Leaky")
    data = {"class": "tests.helpers.own_cell:Leaky", "fields": {"hidden": 3}}
    rate = {"class": "tests.helpers.own_cell:Rate", "fields": {"value": 0.25}}
    assert from_data({**data, "fields": {"hidden": 3, "rate": rate}}, own=own).rate.value == 0.25
    with pytest.raises(InputError, match="class: expected one of LSTM"):
        from_data(data)
    for name in ("tests.helpers.own_cell:Popen", "subprocess:Popen", "tests.helpers.own_cell:missing"):
        with pytest.raises(InputError, match="class: expected one of LSTM"):
            from_data({**data, "fields": {"hidden": 3, "rate": {"class": name, "fields": {}}}}, own=own)


def test_every_function_is_one_of_each_number_alone() -> None:
    for name, function in FUNCTIONS.items():
        two = function(jnp.array([0.25, 0.5]))
        np.testing.assert_allclose(two, [function(jnp.array(0.25)), function(jnp.array(0.5))], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("os:system", "cells: expected a class of cells, with init, initial_carry, step; got os:system"),
        ("json:JSONDecoder", "cells: expected a class of cells"),
        ("builtins:exec", "cells: expected a class of cells"),
        ("gatedrnn.types:GatedCell", "cells: expected a class of cells"),
        ("gatedrnn.layers.scan:Scan", "cells: expected a class of cells, got the layer"),
        ("tests.helpers.own_cell:make", "cells: expected a class of cells"),
        ("json:nothing", r"cells: expected a class that can be imported, got json:nothing \(module 'json' has no"),
        ("no.such.module:Cell", "cells: expected a class that can be imported"),
        ("os:", "cells: expected a class that can be imported"),
        (":system", "cells: expected some of LSTM, GRU"),
        ("os.system", "cells: expected some of LSTM, GRU"),
    ],
)
def test_an_import_path_that_is_no_cell_is_refused_before_it_is_called(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cell_maker(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gatedrnn.layers.stack:Stack", "cells: expected a "),
        ("gatedrnn.layers.residual:ResidualCell", "cells?: expected a cell"),
        ("gatedrnn.layers.zoneout:Zoneout", r"cells: expected a cell that its units alone make, got \S+Zoneout \("),
        ("gatedrnn.cells.projected_lstm:ProjectedLSTM", "cells: expected a cell that its units alone make, got "),
    ],
)
def test_a_class_that_units_alone_do_not_make_is_refused_where_it_is_made(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cell_maker(name)(4)


def test_what_a_module_raises_while_it_is_imported_is_one_line(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_cells.py").write_text("raise RuntimeError('not today')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=r"got broken_cells:Cell \(not today\)"):
        cell_maker("broken_cells:Cell")
    assert "broken_cells" not in sys.modules
