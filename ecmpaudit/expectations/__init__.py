"""The next hops that a prefix should have, and the source of that."""
