"""Inside the observed process: takes snapshots and does no harm. Standard library only."""

from .door import dump, install, uninstall

__all__ = ["dump", "install", "uninstall"]
