"""Users of a service, emulated by Python threads.

Owns how many requests are sent and when; what a request does is the service's.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Load:
    """How many requests were asked for, begun and served, for all users together."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun = 0
        self.served = 0
        self._is_over = False
        self._changed = threading.Condition()

    def ask(self, count: int) -> None:
        """Let the users send so many requests more."""
        with self._changed:
            self.asked += count
            self._changed.notify_all()

    def end(self) -> None:
        """Let the users finish what they are at and go."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def next_request(self) -> int | None:
        """Wait for the number of the next request; None when the load is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self.begun < self.asked)
            if self._is_over:
                return None
            self.begun += 1
            return self.begun

    def request_served(self) -> None:
        """Count one."""
        with self._changed:
            self.served += 1


@contextmanager
def emulated_users(
    count: int, *, requests_a_second: float, handle: Callable[[int], None]
) -> Iterator[Load]:
    """Run so many users until the block ends; its load says how much they do.

    Args:
        count: Users, each a thread.
        requests_a_second: Of all of them, at most: a user pauses after each request.
        handle: Serves the request with this number, in the user's thread.
    """
    load = Load()
    pause_seconds = count / requests_a_second

    def send_requests() -> None:
        while (number := load.next_request()) is not None:
            handle(number)
            load.request_served()
            time.sleep(pause_seconds)

    users = [threading.Thread(target=send_requests, name=f"user-{n}") for n in range(count)]
    for user in users:
        user.start()
    try:
        yield load
    finally:
        load.end()
        for user in users:
            user.join()
