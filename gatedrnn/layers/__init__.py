"""Layers: cells in their scan, and what composes layers; every room below the cells may import it."""
