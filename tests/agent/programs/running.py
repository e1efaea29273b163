"""Takes a snapshot from inside a generator, a coroutine and an asynchronous generator that run."""

import sys

import heapsnap


class Marker:
    pass


def running_generator(path):
    marker = Marker()
    yield heapsnap.dump(path)
    del marker


async def running_coroutine(path):
    marker = Marker()
    async for done in running_async_generator(path):
        return done, marker


async def running_async_generator(path):
    marker = Marker()
    for done in running_generator(path):
        yield done
    del marker


try:
    running_coroutine(sys.argv[1]).send(None)
except StopIteration:
    pass
