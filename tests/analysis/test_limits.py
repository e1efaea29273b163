"""Containers with a limit: what fills up to it is no leak, and comes after what has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from heapsnap.analysis.answers.diff import diff
from heapsnap.analysis.answers.why import why
from tests.heaps import load_heap

if TYPE_CHECKING:
    from heapsnap.snapshot.model import Snapshot

LAYOUTS = {"collections.deque": "deque", "collections.OrderedDict": "OrderedDict"}


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
    [("", ["__main__.Order"]), ("maxlen=1000", []), ("maxlen=100000", ["__main__.Order"])],
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


@pytest.mark.parametrize(
    ("name", "expected"),
    # Without a name: 128, unless it is told otherwise.
    [("", []), ("maxsize=1000", []), ("maxsize=50", ["__main__.Order"])],
)
def test_an_lru_cache_fills_up_to_the_number_that_it_tells(name, expected):
    pictures = (
        "module app -.load-> load:functools._lru_cache_wrapper -<cache>-> cache:dict",
        "cache -[*]-> link*{n}:functools._lru_list_elem -<result>-> o*{n}:__main__.Order",
    )
    assert culprits_of(*pictures, names={"load": name} if name else {}) == expected


@pytest.mark.parametrize(("links", "expected"), [("link0", ["__main__.Session"]), ("link*{n}", [])])
def test_what_an_argument_collects_is_not_limited_by_the_lru_cache(links, expected):
    sessions = "sessions" if links == "link0" else "sessions*{n}"
    pictures = (
        "module lib -.load-> load:functools._lru_cache_wrapper -<cache>-> cache:dict",
        f"cache -[*]-> {links}:functools._lru_list_elem -<key>-> {sessions}:list",
        f"{sessions} -[*]-> o*{{n}}:__main__.Session",
    )
    assert culprits_of(*pictures, names={"load": "maxsize=100"}) == expected


def test_a_table_of_pythons_with_a_known_limit_fills_up_however_often_it_is_looked_at():
    pictures = [
        f"module re -._cache-> cache:dict -[*]-> p*{count}:lib.Pattern" for count in (10, 110, 210)
    ]
    first, middle, last = map(load_heap, pictures)
    assert diff(before=first, between=[middle], after=last).culprits == ()


@pytest.mark.parametrize("kind", ["lib.Cache", "__main__.Cache"])
@pytest.mark.parametrize(
    "held",
    [
        "cache -._data-> data:dict",
        "cache -.__dict__-> attributes:dict -['_data']-> data:dict",
        "cache -._data-> first:dict\ncache -._order-> data:collections.OrderedDict",
    ],
    ids=["inline", "in a dict", "beside the entries"],
)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["__main__.Order"]),
        ("maxsize=100", []),
        ("max_entries=60", []),
        ("maxsize=50", ["__main__.Order"]),
        ("maxsize=1000", []),
        ("maxsize=100000", ["__main__.Order"]),
        ("maxsize=9223372036854775807", ["__main__.Order"]),
        ("hits=100", ["__main__.Order"]),
    ],
)
def test_a_cache_that_is_filling_up_to_its_limit_is_no_leak(kind, held, name, expected):
    pictures = (
        f"module app -.CACHE-> cache:{kind}",
        *held.splitlines(),
        "data -[*]-> o*{n}:__main__.Order",
    )
    assert culprits_of(*pictures, names={"cache": name} if name else {}) == expected


def test_caches_are_as_large_together_as_they_may_be():
    pictures = (
        "module app -.CACHES-> caches:list -[#]-> c*2:lib.Cache",
        "c0 -._data-> one:dict -[*]-> o*{n}:__main__.Order",
        "c1 -._data-> two:dict -[*]-> p*{half}:__main__.Order",
    )
    assert culprits_of(*pictures, names={"c0": "maxsize=60", "c1": "maxsize=30"}) == []
    assert culprits_of(*pictures, names={"c0": "maxsize=60", "c1": "maxsize=20"}) != []
    assert culprits_of(*pictures, names={"c0": "maxsize=100"}) != []


@pytest.mark.parametrize(
    ("name", "first"), [("maxsize=60", "__main__.Seen"), ("maxsize=50", "__main__.Order")]
)
def test_a_cache_within_its_limit_comes_after_what_has_none(name, first):
    pictures = (
        "module app -.CACHE-> cache:__main__.Cache -._data-> data:dict -[*]-> o*{n}:__main__.Order",
        "module app -.SEEN-> seen:list -[#]-> s*{half}:__main__.Seen",
    )
    sizes = {"o": 5000}
    assert culprits_of(*pictures, sizes=sizes)[0] == "__main__.Order"
    assert culprits_of(*pictures, sizes=sizes, names={"cache": name})[0] == first


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, ["dict"]),
        ({"cache": "maxsize=100"}, []),
        ({"cache": "maxsize=50"}, ["dict"]),
        ({"sizes": "maxsize=100"}, []),
    ],
)
def test_a_table_of_numbers_in_a_cache_that_is_not_full_is_no_leak(names, expected):
    def heap(count: int) -> Snapshot:
        return load_heap(
            "module app -.CACHE-> cache:lib.Cache -._sizes-> sizes:dict",
            *(f"sizes -['{key}']-> one:int" for key in range(count)),
            sizes={"sizes": 10_000 * count},
            names=names,
        )

    found = diff(before=heap(10), after=heap(60)).culprits
    assert [culprit.type for culprit in found] == expected


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
