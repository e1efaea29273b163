"""A web application that keeps what it should not."""

import os


class Session:
    """One a request, for ever."""


SESSIONS = []


def application(environ, start_response):
    SESSIONS.append(Session())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
