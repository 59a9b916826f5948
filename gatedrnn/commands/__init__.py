"""The command line: one command a file, what is shown meanwhile, devices and exit codes; only scripts import it."""
