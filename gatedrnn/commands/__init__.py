"""The command line: one command a file, what is shown meanwhile, devices and exit codes; only scripts import it."""

from __future__ import annotations

import importlib

from gatedrnn.errors import needed


def load() -> None:
    """Import all commands, and before them what each of them needs at once.

    Raises:
        MissingPackageError: where a package is installed but cannot be imported.
    """
    for name in ("tyro", "rich"):
        with needed(f"the command line needs {name}", name, "gatedrnn[compare]"):
            importlib.import_module(name)
    importlib.import_module("gatedrnn.commands.cli")
