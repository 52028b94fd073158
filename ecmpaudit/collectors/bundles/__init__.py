"""Archives of tar and zip, read as the folders that they hold; no member is written under its own name."""
