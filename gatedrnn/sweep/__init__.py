"""Populations over a space of hyperparameters, their table and plot; only commands import it."""
