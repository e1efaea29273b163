"""For gunicorn, which handles USR1 and USR2 itself: hooks to name in its configuration.

In ``gunicorn.conf.py``::

    from heapsnap.gunicorn import post_fork, worker_exit

Then ``kill -RTMIN+2 PID`` makes a worker write a snapshot, and one that is about to be replaced
(``max_requests``) writes one first. Leave ``worker_exit`` out where that is not wanted.
"""

from .agent.gunicorn import SIGNAL, post_fork, worker_exit

__all__ = ["SIGNAL", "post_fork", "worker_exit"]
