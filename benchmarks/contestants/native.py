"""gatedrnn by its native engine, where gatedrnn-cpu is installed (``make native``)."""

from __future__ import annotations

from shapes import Pass

import gatedrnn as gr
from contestants.contestant import Contestant, Problem, Program
from contestants.ours import layer_program
from gatedrnn.layers.engines.native_call import available


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass of ``gr.scan(cell, engine="native")``."""
    if not available():
        raise ImportError("gatedrnn-cpu")
    return layer_program(gr.scan(problem.built, engine="native"), problem, which)


CONTESTANT = Contestant("native", program)
