"""From captures to an audit: reading them, building the views that rules judge, and running the rules."""
