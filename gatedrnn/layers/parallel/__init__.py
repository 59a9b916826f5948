"""Parallel in time: recurrences solved for all steps at once; `layers.engines` imports what is linear in it."""
