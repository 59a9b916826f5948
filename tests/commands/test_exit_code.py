"""How a command ends: a user's mistake is a line, a defect is a traceback, and the two are never mixed up."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

from gatedrnn.commands import cli
from gatedrnn.commands.exit_code import exit_code
from gatedrnn.errors import InputError
from gatedrnn.tasks import registry

COMMAND = "gatedrnn compare sales.csv"


def _ends(work, capsys):
    code = exit_code(work, COMMAND)
    return code, capsys.readouterr().err


def test_wrong_input_is_one_line(capsys):
    def work():
        raise InputError("horizon: expected 1 or more, got 0")

    assert _ends(work, capsys) == (2, "gatedrnn: horizon: expected 1 or more, got 0\n")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: jnp.ones(2) + jnp.ones(3), "add got incompatible shapes"),  # a TypeError of JAX
        (lambda: jnp.concatenate([]), "Need at least one array to concatenate"),  # a ValueError of JAX
        (lambda: int("one"), "invalid literal for int"),  # a ValueError of Python
        (lambda: {}["cells"], "KeyError: 'cells'"),
    ],
)
def test_any_other_exception_is_a_defect_and_shown_whole(work, said, capsys):
    code, told = _ends(work, capsys)
    assert code == 70
    assert told.startswith("Traceback (most recent call last):")
    assert said in told
    assert told.endswith(f"please report it with the command: {COMMAND}\n")


def test_a_defect_inside_a_command_is_no_mistake_of_the_user(monkeypatch, capsys):
    def broken(name):
        raise ValueError("zero-size array to reduction operation min which has no identity")

    monkeypatch.setattr(registry, "load", broken)
    assert cli.run(["tasks"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_what_the_system_refuses_is_one_line(capsys):
    def work():
        raise OSError(28, "No space left on device", "out/results.json")

    assert _ends(work, capsys) == (1, "gatedrnn: [Errno 28] No space left on device: 'out/results.json'\n")
