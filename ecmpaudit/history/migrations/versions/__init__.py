"""One module for each revision, in order; a published one is never edited."""
