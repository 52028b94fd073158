"""Findings as text, JSON and other formats, one module each."""
