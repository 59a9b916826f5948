"""Cells: one step of a recurrence each, one file each."""
