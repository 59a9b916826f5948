"""Made-up problems as tasks: their data are drawn from a seed, so that nothing is downloaded and chance is known."""
