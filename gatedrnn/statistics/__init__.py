"""Intervals, equivalence, bootstraps, power, one idea a file; imports errors alone, any room after it may import it."""
