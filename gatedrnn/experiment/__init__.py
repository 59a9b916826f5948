"""What train, sweep and compare share: network of a task, search space, trials; all rooms after it may import it."""
