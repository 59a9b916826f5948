"""Intervals, equivalence, bootstraps, power: one idea a file, errors its only import; every room after it may import it."""
