"""The command line: one module per command; arguments, exit codes, nothing else."""
