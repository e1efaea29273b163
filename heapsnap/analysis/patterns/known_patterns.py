"""All known ways to leak, in the order in which they are tried."""

from __future__ import annotations

from heapsnap.analysis.patterns.known_collections import COLLECTIONS
from heapsnap.analysis.patterns.known_elsewhere import ELSEWHERE
from heapsnap.analysis.patterns.known_in_python import IN_PYTHON

KNOWN = (*IN_PYTHON, *ELSEWHERE, *COLLECTIONS)
