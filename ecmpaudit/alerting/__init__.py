"""Messages to people: where they go, and sending them through Apprise."""
