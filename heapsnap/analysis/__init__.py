"""Questions about heaps, one file each, and their frozen answers."""
