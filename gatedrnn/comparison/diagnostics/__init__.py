"""What `--full` adds: scores on parts of the data, and what gates do."""
