"""Runs over time: kept in SQLite or PostgreSQL, read back as past facts, and compared."""
