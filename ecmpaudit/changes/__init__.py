"""What a planned change does to flows: sets of next hops before and after it, and the share of flows that move."""
