"""What each owner has one of, and what grows where Python's own modules lead to it."""

from __future__ import annotations

import pytest

from heapsnap.analysis.answers.diff import diff
from tests.heaps import load_heap

COUNTS = (10, 110, 210)
BUFFER_BYTES = 1_000_000


def culprits(*pictures: str, heaps: int) -> list[str]:
    """Types of the culprits of so many heaps; ``{n}`` grows, and ``{all}`` is 400 in each."""
    drawn = [
        load_heap(*(p.replace("{n}", str(n)).replace("{all}", "400") for p in pictures))
        for n in COUNTS[:heaps]
    ]
    found = diff(before=drawn[0], between=drawn[1:-1], after=drawn[-1]).culprits
    return [culprit.type.rpartition(".")[2] for culprit in found]


@pytest.mark.parametrize("heaps", [2, 3])
@pytest.mark.parametrize("attribute", [".url", ".__dict__-> d*{n}:dict -['url']"])
def test_an_attribute_that_is_computed_once_for_each_of_its_owners_is_no_leak(
    attribute: str, heaps: int
) -> None:
    pictures = (
        "module app -.ROUTES-> routes:list -[#]-> r*{all}:app.Route",
        f"r*{{n}} -{attribute}-> u*{{n}}:lib.Url",
    )
    assert culprits(*pictures, heaps=heaps) == []


@pytest.mark.parametrize("heaps", [2, 3])
def test_counters_that_pass_what_python_makes_once_are_no_leak(heaps: int) -> None:
    pictures = (
        "module app -.SOCKETS-> sockets:list -[#]-> s*{all}:app.Socket",
        "s*{n} -.bytes_in-> n*{n}:int",
    )
    assert culprits(*pictures, heaps=heaps) == []


@pytest.mark.parametrize("heaps", [2, 3])
def test_a_collection_in_an_attribute_is_another_matter(heaps: int) -> None:
    pictures = (
        "module app -.ROUTES-> routes:list -[#]-> r*{all}:app.Route",
        "r0 -.calls-> calls:list -[#]-> c*{n}:app.Call",
    )
    assert culprits(*pictures, heaps=heaps) == ["Call"]


def test_owners_that_become_more_are_told() -> None:
    pictures = (
        "module app -.ROUTES-> routes:list -[#]-> r*{n}:app.Route",
        "r*{n} -.url-> u*{n}:lib.Url",
    )
    assert culprits(*pictures, heaps=2) == ["Route"]


def test_a_linked_list_in_an_attribute_is_no_attribute() -> None:
    before, after = (
        load_heap(
            "module app -.HEAD-> n0:app.Node",
            *(f"n{k} -.next-> n{k + 1}:app.Node" for k in range(count)),
        )
        for count in COUNTS[:2]
    )
    assert [c.type for c in diff(before=before, after=after).culprits] == ["app.Node"]


@pytest.mark.parametrize(
    ("module", "holder", "expected"),
    [
        ("asyncio.events", "lib.Transport", ["bytes"]),
        ("decimal", "lib.Context", []),
        ("decimal", "__main__.Context", ["bytes"]),
        ("__main__", "lib.Transport", ["bytes"]),
    ],
)
def test_a_buffer_that_swells_is_not_pythons_because_its_path_begins_there(
    module: str, holder: str, expected: list[str]
) -> None:
    before, after = (
        load_heap(
            f"module {module} -.loop-> loop:{holder} -.buffer-> buffer:bytes",
            sizes={"buffer": size},
        )
        for size in (BUFFER_BYTES, 4 * BUFFER_BYTES)
    )
    assert [c.type for c in diff(before=before, after=after).culprits] == expected
