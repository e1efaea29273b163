"""Known ways to leak, and what to change."""
