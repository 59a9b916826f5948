"""Tasks: data, objectives and simple models; beside training, neither imports the other."""
