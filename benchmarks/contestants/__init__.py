"""Every framework that is timed, one file each."""

from __future__ import annotations

from importlib import import_module
from typing import Literal, TypeAlias, get_args

from contestants.contestant import Contestant

Name: TypeAlias = Literal[
    "ours",
    "native",
    "ours_reset_before",
    "nnx",
    "linen",
    "equinox",
    "haiku",
    "keras",
    "pytorch",
    "onnxruntime",
    "floor",
]
NAMES: tuple[Name, ...] = get_args(Name)
JAX_PEERS = ("nnx", "linen", "equinox", "haiku", "keras")


def load(name: Name) -> Contestant:
    """Return a contestant by name; its framework is imported when a program is made."""
    return import_module(f"contestants.{name}").CONTESTANT
