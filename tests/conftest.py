"""What has to stand before any test: four CPU devices, quick compiles, and annotations checked in every call."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import pkgutil
import sys
import typing

from tests.helpers import compiling, threads

compiling.set_up()  # before JAX is imported
threads.set_up()

import chex
import jax
import jaxtyping
import pytest

# Before JAX's backend starts: shard_map and meshes need devices.
chex.set_n_cpu_devices(4)

# Machines that only run `make test-gpu` may lack it. What is imported below must not meet a TYPE_CHECKING that is true.
checkable = importlib.util.find_spec("beartype") and importlib.import_module("beartype")

CHECKED = ("config", "policy", "types", "cells", "layers", "inside", "testing")
"""The core: the rooms of gatedrnn whose annotations, shapes included, are checked in every call of the tests."""


def import_checked(package: str, rooms: tuple[str, ...]) -> None:
    """Import ``package``, the modules in ``rooms`` with their annotations checked by jaxtyping and beartype.

    The names in annotations are imported for type checkers alone, so ``TYPE_CHECKING`` is true while these modules
    are imported. The package's own ``__init__`` follows, with the hook gone and ``TYPE_CHECKING`` false again.
    """
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[package] = importlib.util.module_from_spec(spec)
    typing.TYPE_CHECKING = True
    try:
        with jaxtyping.install_import_hook(package, "beartype.beartype"):
            for room in rooms:
                path = getattr(importlib.import_module(f"{package}.{room}"), "__path__", ())
                for file in pkgutil.iter_modules(path, f"{package}.{room}."):
                    importlib.import_module(file.name)
    finally:
        typing.TYPE_CHECKING = False
    spec.loader.exec_module(module)


assert "gatedrnn" not in sys.modules, "gatedrnn was imported before its annotations could be checked"
if checkable:
    import_checked("gatedrnn", CHECKED)


def pytest_collection_finish() -> None:
    """Leave what all tests share out of every collection of garbage: nothing of it goes before the run ends.

    What is made later is looked at less often than by default: most of it stays, as JAX keeps programs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def unchecked_annotations():
    """Annotations unchecked: what users see, where wrong input meets the library's own errors."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def optimised():
    """Compile with optimisation, as users do: for a test that reads the compiled program, or holds it to a law."""
    found = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", found)
