"""Layers: cells in their scan, and what composes layers; every room after the cells may import it."""
