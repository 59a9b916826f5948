"""What ``gatedrnn compare --full`` adds: scores on parts of the training data, and what the gates do."""
