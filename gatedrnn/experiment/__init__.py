"""What train, sweep and compare share: the network of a task, the search space, the folder of a run."""
