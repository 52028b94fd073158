"""The HTML report in Debian's Chromium."""
