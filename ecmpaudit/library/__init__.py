"""What `import ecmpaudit` offers to scripts and notebooks: the commands as functions, and their results as tables."""
