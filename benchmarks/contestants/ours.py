"""gatedrnn, as ``gr.scan`` chooses by itself."""

from __future__ import annotations

from typing import Any

from shapes import Pass

import gatedrnn as gr
from contestants.contestant import Contestant, Problem, Program, jax_program


def layer_program(layer: Any, problem: Problem, which: Pass) -> Program:
    """Compile a pass of any layer that takes the problem's parameters and inputs."""
    return jax_program(which, lambda params, xs: layer.apply(params, xs)[1], problem.params, problem.xs)


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass of ``gr.scan(cell)``."""
    return layer_program(gr.scan(problem.built), problem, which)


CONTESTANT = Contestant("ours", program)
