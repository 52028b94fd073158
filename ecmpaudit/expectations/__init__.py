"""Which next hops a prefix should have, and how we know."""
