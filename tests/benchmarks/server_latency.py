"""What the clients of a busy server notice of a snapshot: slowest request and 99th percentile.

    python tests/benchmarks/server_latency.py [--objects 500000] [--seconds 6] [--rounds 3]

A threaded ``http.server`` with so many objects in its heap, four clients on loopback in another process.
Rounds without and with one snapshot, by a real signal in the middle, take turns. Prints, asserts
nothing.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CLIENTS = 4
SERVER = """
import sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import heapsnap

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet an answer: else the kernel waits 40 ms for an acknowledgement
    def do_GET(self):
        body = str(sum(range(2000))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass

heapsnap.install(directory=sys.argv[1])
kept = [{"number": n, "rows": [n]} for n in range(int(sys.argv[2]) // 2)]
server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
while True:
    time.sleep(1)
"""


def request_until(port: int, end: float, took: list[float]) -> None:
    """One client: a request after the other on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        started = time.monotonic()
        connection.request("GET", "/")
        connection.getresponse().read()
        took.append(time.monotonic() - started)
    connection.close()


def measure(
    server: subprocess.Popen[str], port: int, seconds: float, *, asked: bool
) -> list[float]:
    """Seconds of each request of a round, sorted."""
    end = time.monotonic() + seconds
    took: list[float] = []
    clients = [
        threading.Thread(target=request_until, args=(port, end, took)) for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(seconds / 3)
    if asked:
        server.send_signal(signal.SIGUSR1)
    for client in clients:
        client.join()
    return sorted(took)


def tell(name: str, took: list[float]) -> None:
    """Print the figures of a round."""
    middle, late = took[len(took) // 2], took[len(took) * 99 // 100]
    print(
        f"{name:8} {len(took):6} requests, median {middle * 1000:.1f} ms, "
        f"p99 {late * 1000:.1f} ms, slowest {took[-1] * 1000:.1f} ms",
        flush=True,
    )


def main() -> None:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=500_000)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="latency-") as folder:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, folder, str(options.objects)],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            measure(server, port, 1.0, asked=False)
            for _ in range(options.rounds):
                tell("without", measure(server, port, options.seconds, asked=False))
                tell("with", measure(server, port, options.seconds, asked=True))
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
