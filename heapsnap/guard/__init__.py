"""Leaks in tests: the same work done in rounds, a snapshot after each, a failure if it grows."""
