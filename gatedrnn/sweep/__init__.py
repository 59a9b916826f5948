"""Sweeps over hyperparameters on one task, each group of equal shapes trained as one population."""
