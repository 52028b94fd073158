"""The words of this project: a list of those that it does not use, and a test of it."""
