"""Engines: ways to run a cell along time that agree in values and gradients; `layers.scan` and `testing` import it."""
