"""A user's mistake is one line and exit code 2; a defect is shown with its traceback, and is 70."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.commands.exit_code import exit_code, warn
from gatedrnn.errors import InputError, MissingPackageError


def _raises(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("hidden: expected a positive int"), 2),
        (MissingPackageError("tables need pyarrow"), 2),
        (OSError("No space left on device"), 1),
    ],
)
def test_what_is_no_defect_is_one_line(capsys, error, code):
    assert exit_code(_raises(error), "gatedrnn train") == code
    assert capsys.readouterr().err == f"gatedrnn: {error}\n"


def test_a_path_that_the_user_may_not_use_is_named(capsys):
    assert exit_code(_raises(PermissionError(13, "Permission denied", "run/settings.json")), "gatedrnn train") == 2
    assert capsys.readouterr().err == "gatedrnn: run/settings.json: expected one that the system allows to use\n"


@pytest.mark.parametrize(
    "work",
    [
        _raises(ValueError("of a library below")),
        _raises(ImportError("of a package that is broken")),
        lambda: jnp.ones(2) + jnp.ones(3),
    ],
)
def test_a_defect_shows_its_traceback(capsys, work):
    assert exit_code(work, "gatedrnn train") == 70
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert "gatedrnn: " not in said


def test_a_warning_is_one_line_that_steers_no_terminal(capsys):
    warn(UserWarning("checkpoint 3 is damaged\n\x1b[2J"), UserWarning, "single.py", 197, None, "with Checkpoints()")
    assert capsys.readouterr().err == "gatedrnn: checkpoint 3 is damaged \\x1b[2J\n"
