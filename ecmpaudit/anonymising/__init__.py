"""Copies of snapshots for other people: addresses, names and AS numbers are replaced, and secrets are removed."""
