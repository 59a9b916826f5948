"""PyTorch on all cores: ``torch.nn.LSTM`` and ``GRU``, whose CPU kernels are oneDNN's; time-major."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from shapes import Pass
from timing import cores

from contestants.contestant import Contestant, Problem, Program


def load_weights(module: Any, suffix: str, params: Any) -> None:
    """Set the weights of a layer and direction: ``[G*H, I]``, gates i f g o and r z n as ours, the second bias zero."""
    import torch

    b_h = np.zeros_like(params.b)
    if hasattr(params, "b_h"):
        b_h[-params.b_h.size :] = params.b_h
    given = {"weight_ih": params.w_x.T, "weight_hh": params.w_h.T, "bias_ih": params.b, "bias_hh": b_h}
    with torch.no_grad():
        for name, array in given.items():
            getattr(module, f"{name}_{suffix}").copy_(torch.tensor(array))


def module_program(module: Any, xs: Any, which: Pass) -> Program:
    """Return a pass of a time-major module; forward without a tape."""
    import torch

    torch.set_num_threads(cores())
    inputs = torch.tensor(xs, requires_grad=which == "training")
    wanted = [*module.parameters(), inputs]

    def forward() -> Any:
        with torch.no_grad():
            return module(inputs)[0]

    def training() -> Any:
        loss = module(inputs)[0].square().mean()
        return loss, torch.autograd.grad(loss, wanted)

    call = forward if which == "forward" else training
    started = time.perf_counter()
    call()
    seconds = time.perf_counter() - started

    def read(result: Any) -> Any:
        return (result if which == "forward" else result[1][-1]).numpy()

    return Program(call, seconds, None, read)


def program(problem: Problem, which: Pass) -> Program:
    """Return a pass."""
    import torch

    module = getattr(torch.nn, problem.cell)(problem.shape.in_dim, problem.shape.hidden)
    load_weights(module, "l0", problem.params)
    return module_program(module, problem.xs, which)


CONTESTANT = Contestant("pytorch", program)
