"""Benchmarks: scripts that measure whole processes against other tools in one run, and print ratios."""
