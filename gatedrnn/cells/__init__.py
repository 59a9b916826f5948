"""Cells: one step of a recurrence each, one file each, and the one table of them; all rooms may import it."""
