"""Runs over time: stored in SQLite or PostgreSQL, read as past facts, and compared."""
