"""A public name that the reference does not describe is a warning, and so ends the build."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any

import gatedrnn
from gatedrnn import convert, testing, training

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

PACKAGES = (gatedrnn, convert, testing, training)
"""What offers names in ``__all__``."""
MODULES = {"gatedrnn.convert", "gatedrnn.linen", "gatedrnn.nnx", "gatedrnn.testing"}
"""Public names that are modules: what they offer is described, not they."""


def public_names() -> list[str]:
    """Return all public names in full."""
    names = {f"{package.__name__}.{name}" for package in PACKAGES for name in package.__all__}
    return sorted((names - MODULES) | {"gatedrnn.linen.RNN", "gatedrnn.nnx.RNN"})


def undocumented(described: Set[str]) -> list[str]:
    """Return the public names that are not among those described."""
    return [name for name in public_names() if name not in described]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each public name that no page describes."""
    from sphinx.util import logging

    del app
    for name in undocumented(set(env.domains["py"].data["objects"])):
        logging.getLogger(__name__).warning("%s is public, and no page of docs/api describes it", name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Add it to the build."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True}
