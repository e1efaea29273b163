"""A suite of tests as a user would write them, run by test_plugin.py in a pytest of its own.

The name of a test says how it must end: ``passes_...`` or ``fails_...``.
"""

import logging
import unittest
import warnings

import pytest

import heapsnap

CACHE = {}
log = logging.getLogger("shop")
guarded = pytest.mark.heapsnap_guard(rounds=2, warm_up=1)


class Page:
    pass


class Client:
    def __init__(self):
        self.answers = []
        self.received = bytearray()


@pytest.fixture
def client():
    return Client()


def visit():
    CACHE[len(CACHE)] = Page()


def test_fails_in_a_loop(heapsnap_guard):
    with heapsnap_guard(rounds=2, warm_up=1) as guard:
        for _ in guard.rounds():
            visit()


@guarded
def test_fails_marked(client):
    client.answers.append(object())


@pytest.mark.heapsnap_guard(types=["Page"], rounds=2, warm_up=0)
def test_fails_on_the_named_type():
    visit()


def test_fails_on_numbers_that_exist_anyway(client):
    heapsnap.assert_no_growth(lambda: client.answers.append(7), rounds=2, warm_up=0)


def test_fails_on_a_buffer(client):
    heapsnap.assert_no_growth(lambda: client.received.extend(bytes(100_000)), rounds=2, warm_up=0)


class FailsInUnittest(unittest.TestCase):
    def test_fails(self):
        heapsnap.assert_no_growth(visit, rounds=2, warm_up=0)


@guarded
class FailsMarkedUnittest(unittest.TestCase):
    def test_fails(self):
        pass


def test_fails_without_rounds(heapsnap_guard):
    with heapsnap_guard():
        visit()


def test_fails_with_its_own_error(heapsnap_guard):
    with heapsnap_guard() as guard:
        for _ in guard.rounds():
            raise ValueError("its own")


@guarded
def test_passes_what_pytest_writes_down(caplog, capsys):
    print("x" * 100_000)
    log.warning("a page was visited")
    warnings.warn("a page was visited", stacklevel=1)


def test_passes_silently(capfd):
    heapsnap.assert_no_growth(Page, rounds=2, warm_up=0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.heapsnap_guard(types=["Client", "NoSuchClass"], rounds=2, warm_up=0)
def test_passes_where_another_type_grows():
    visit()


@pytest.mark.heapsnap_guard(grows=1, rounds=2, warm_up=0)
def test_passes_what_is_allowed():
    visit()


@guarded
def test_passes_what_grows_once(client, request):
    if len(client.answers) < 900 and not CACHE.get("filled"):
        CACHE["filled"] = [Page() for _ in range(500)]
