"""Lines of code that allocated objects, in words: one place for the terminal and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapsnap.render.words import count_text, growth_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heapsnap.analysis.results import AllocationSite


def sites_text(sites: Sequence[AllocationSite]) -> str:
    """``shop/cart.py:41 (+740), shop/api.py:9 (+12)``: how many more, else how many there are."""
    return ", ".join(f"{site.file}:{site.line} ({_amount(site)})" for site in sites)


def _amount(site: AllocationSite) -> str:
    return growth_text(site.growth) if site.growth else count_text(site.count)
