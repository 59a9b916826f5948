"""What train, sweep and compare share: network of a task, search space, trials, run folder; these three import it."""
