"""What each command does with its options: one module per command, and the steps that several of them share."""
