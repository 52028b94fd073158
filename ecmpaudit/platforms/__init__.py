"""What each platform is asked, and which template reads the answer."""
