"""Kernels of recurrent cells for CPUs; ``gr.scan(cell, engine="native")`` of gatedrnn runs them."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).parent / "gatedrnn_cpu.so"
"""The shared library, which holds handlers of XLA's foreign function interface."""
