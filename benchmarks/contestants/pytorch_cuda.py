"""PyTorch on an NVIDIA GPU: ``torch.nn.LSTM`` and ``GRU``, whose kernels there are cuDNN's; time-major."""

from __future__ import annotations

import time
from typing import Any

from shapes import Pass

from contestants.contestant import Problem, Program
from contestants.pytorch import load_weights

DEVICE = "cuda"


def program(problem: Problem, which: Pass, *, dtype: str, tf32: bool) -> Program:
    """Return a pass in ``dtype``, products of float32 in TF32 or not; forward without a tape."""
    import torch

    if not torch.cuda.is_available():
        raise ValueError("expected a GPU that PyTorch can use")
    module = getattr(torch.nn, problem.cell)(problem.shape.in_dim, problem.shape.hidden)
    load_weights(module, "l0", problem.params)
    module = module.to(DEVICE, getattr(torch, dtype))
    inputs = torch.tensor(problem.xs).to(DEVICE, getattr(torch, dtype)).requires_grad_(which == "training")
    wanted = [*module.parameters(), inputs]

    def start() -> Any:
        torch.backends.cudnn.allow_tf32 = tf32  # of the whole process, and programs take turns
        if which == "forward":
            with torch.no_grad():
                return module(inputs)[0]
        loss = module(inputs)[0].square().mean()
        return loss, torch.autograd.grad(loss, wanted)

    def call() -> Any:
        result = start()
        torch.cuda.synchronize()
        return result

    def read(result: Any) -> Any:
        return (result if which == "forward" else result[1][-1]).float().cpu().numpy()

    started = time.perf_counter()
    call()
    return Program(call, time.perf_counter() - started, None, read, start)
