"""A program around an event loop. Argument: which one. Counts aloud, and ends on SIGTERM."""

import os
import signal
import sys
import time

KEPT = []
TICK_SECONDS = 0.05


class Message:
    """What it keeps."""


def tick():
    KEPT.append(Message())
    if os.path.exists("block"):
        # The loop is away in C, without the interpreter, until something comes out of the pipe.
        import ctypes

        pipe = os.open("block", os.O_RDWR)
        os.rename("block", "blocked")
        ctypes.CDLL(None).read(pipe, ctypes.create_string_buffer(1), 1)
        print("back", flush=True)


def say_ready():
    print("ready", flush=True)


async def run_asyncio():
    import asyncio

    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    # The loop takes the wakeup descriptor for this.
    loop.add_signal_handler(signal.SIGTERM, done.set)
    # A child, since loops wait for theirs on SIGCHLD.
    child = await asyncio.create_subprocess_exec("true")
    print("child", await child.wait(), flush=True)
    say_ready()
    while not done.is_set():
        tick()
        await asyncio.sleep(TICK_SECONDS)
    print("ended", len(KEPT) > 0, flush=True)


def use_asyncio():
    import asyncio

    asyncio.run(run_asyncio())


def use_uvloop():
    import uvloop

    uvloop.run(run_asyncio())


def use_tornado():
    import tornado.ioloop

    loop = tornado.ioloop.IOLoop.current()
    signal.signal(signal.SIGTERM, lambda *_: loop.add_callback_from_signal(loop.stop))
    tornado.ioloop.PeriodicCallback(tick, TICK_SECONDS * 1e3).start()
    loop.call_later(0.5, say_ready)
    loop.start()
    print("ended True", flush=True)


def use_trio():
    import trio

    async def run():
        with trio.open_signal_receiver(signal.SIGTERM) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(count)
                await trio.sleep(0.5)
                say_ready()
                async for _ in signals:
                    nursery.cancel_scope.cancel()

    async def count():
        while True:
            tick()
            await trio.sleep(TICK_SECONDS)

    trio.run(run)
    print("ended True", flush=True)


def use_gevent():
    from gevent import monkey

    monkey.patch_all()
    run_green()


def use_eventlet():
    import eventlet

    eventlet.monkey_patch()
    run_green()


def run_green():
    """Greenlets that wait for each other through patched locks, and one that must keep time."""
    import threading

    if "late" in sys.argv:
        import heapsnap

        heapsnap.install("RTMIN+2")
    done = []
    signal.signal(signal.SIGTERM, lambda *_: done.append(True))
    thread = threading.Thread(
        target=lambda: [tick() or time.sleep(TICK_SECONDS) for _ in iter(done.copy, [True])]
    )
    thread.start()
    say_ready()
    thread.join()
    print("ended True", flush=True)


globals()["use_" + sys.argv[1]]()
