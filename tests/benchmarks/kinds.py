"""The heaps on which everything is measured: each kind grows to about as many objects as asked."""

import importlib
import random

KEPT = []
TABLE = {}


class User:
    def __init__(self, number):
        self.name = f"user {number}"
        self.tags = [number, number + 0.5]


class Node:
    __slots__ = ("left", "right")


class Link:
    __slots__ = ("next",)


def records(count):
    """What services hold: dicts with an instance, strings, numbers, a list."""
    KEPT.extend({"id": n, "key": f"key {n}", "user": User(n)} for n in range(count // 7))


def modules(count):
    """A web application's real modules, as far as they are installed, and records above that."""
    for name in ("django.http", "django.db.models", "flask", "sqlalchemy.orm", "aiohttp", "pandas"):
        try:
            importlib.import_module(name)
        except Exception:
            continue
    records(count)


def slots(count):
    """A random graph: each object holds two others, cycles and all."""
    nodes = [Node() for _ in range(count)]
    choose = random.Random(1).choice
    for node in nodes:
        node.left, node.right = choose(nodes), choose(nodes)
    KEPT.append(nodes)


def chain(count):
    """One list, linked from the first object to the last."""
    for _ in range(count):
        link = Link()
        link.next = KEPT[0] if KEPT else None
        KEPT[:] = [link]


def fan(count):
    """One dict with that many entries."""
    start = len(TABLE)
    TABLE.update((number, None) for number in range(start, start + count))


def strings(count):
    """Nothing but text in a list."""
    KEPT.extend(f"text number {number}" for number in range(count))


KINDS = {kind.__name__: kind for kind in (records, modules, slots, chain, fan, strings)}
