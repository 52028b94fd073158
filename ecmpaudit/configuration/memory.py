"""How much memory the texts of one run may take."""

MEMORY, MOST_MEMORY = 512, 1 << 20
"""MiB: unless an option or the configuration says otherwise, and at most."""
