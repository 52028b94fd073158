"""The configuration file: its schema, and reading it with errors that name file, line and key."""
