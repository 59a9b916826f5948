"""Layers: cells in their scans, and what composes them."""
