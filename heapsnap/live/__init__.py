"""Processes as they run: which there are, how one is asked for a snapshot, how one is entered."""
