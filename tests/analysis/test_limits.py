"""Containers with a limit: what fills up to it is no leak, and comes after what has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from tests.heaps import load_heap

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Snapshot

LAYOUTS = {"collections.deque": "deque"}


def culprits_of(*pictures: str, sizes: dict[str, int] | None = None, **keywords: object):
    """Types of the culprits, the worst first; ``{n}`` in a picture grows from 10 to 60.

    ``{half}`` is half of that: what grows by other numbers is no part of the same event.
    """

    def heap(count: int) -> Snapshot:
        drawn = [
            picture.replace("{n}", str(count)).replace("{half}", str(count // 2))
            for picture in pictures
        ]
        return load_heap(*drawn, sizes=sizes, layouts=LAYOUTS, **keywords)

    return [culprit.type for culprit in diff(before=heap(10), after=heap(60)).culprits]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", ["__main__.Order"]), ("maxlen=100", []), ("maxlen=1000", ["__main__.Order"])],
)
def test_a_deque_that_is_filling_up_to_its_limit_is_no_leak(name, expected):
    pictures = ("module app -.LAST-> last:collections.deque -[#]-> o*{n}:__main__.Order",)
    assert culprits_of(*pictures, names={"last": name} if name else {}) == expected


def test_a_deque_with_a_limit_far_away_comes_after_what_has_none():
    pictures = (
        "module app -.LAST-> last:collections.deque -[#]-> o*{n}:__main__.Order",
        "module app -.SEEN-> seen:list -[#]-> s*{n}:__main__.Seen",
    )
    sizes = {"o": 5000}
    assert culprits_of(*pictures, sizes=sizes)[0] == "__main__.Order"
    assert culprits_of(*pictures, sizes=sizes, names={"last": "maxlen=1000"})[0] == "__main__.Seen"


@pytest.mark.parametrize(
    ("attribute", "first"),
    [
        (".capacity-> number:int", "__main__.Row"),
        (".max_size-> number:int", "__main__.Row"),
        # None: no limit.
        (".capacity-> nothing:NoneType", "lib.Statement"),
        (".hits-> number:int", "lib.Statement"),
    ],
)
def test_a_librarys_cache_that_has_a_limit_comes_after_what_has_none(attribute, first):
    pictures = (
        f"module lib -.CACHE-> cache:lib.Cache -{attribute}",
        "cache -._data-> data:dict -[*]-> s*{n}:lib.Statement",
        "module __main__ -.ROWS-> rows:list -[#]-> r*{half}:__main__.Row",
    )
    assert culprits_of(*pictures, sizes={"s": 5000})[0] == first


@pytest.mark.parametrize(("reference", "first"), [("<module>", "Plugin"), (".owner", "Wrapper")])
def test_what_an_extensions_class_wraps_is_told_if_c_made_the_class(reference, first):
    pictures = (
        f"module ext -.Wrapper-> class ext.Wrapper -{reference}-> module ext",
        "module __main__ -.BUS-> bus:list -[#]-> w*{n}:ext.Wrapper -> p*{n}:__main__.Plugin",
    )
    assert culprits_of(*pictures)[0].rpartition(".")[2] == first


@pytest.mark.parametrize(("other", "likely"), [("ext.Node", "ext, in a variable of C"),
                                               ("__main__.Row", "cannot tell")])  # fmt: skip
def test_a_table_in_c_is_likely_that_of_the_extension_whose_objects_fill_it(other, likely):
    heap = load_heap(
        "module ext -.Node-> class ext.Node -<module>-> module ext",
        "table:dict -['k']-> node*20:ext.Node",
        f"table -['l']-> other*20:{other}",
        extra={"table": 1},
    )
    (detail,) = [
        line for line in why(heap, "ext.Node").groups[0].detail if line.startswith("likely holder")
    ]
    assert detail.removeprefix("likely holder: ").startswith(likely)
