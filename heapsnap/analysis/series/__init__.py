"""Heaps of one program laid over each other, as one tree of places."""
