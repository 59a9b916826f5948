"""Intervals, equivalence, bootstraps, power: one idea a file, no import of anything above; any room may import it."""
