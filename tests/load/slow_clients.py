"""Slow clients: thousands of connections whose heads or bodies come byte by byte, or that say nothing at all, and one
healthy client next to them. Judged: its 99th percentile stays within twice what it is alone, it fails never, and every
slow connection is closed in its time."""
import argparse
import json
import os
import pathlib
import resource
import selectors
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server  # noqa: E402

KINDS = (b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: ",
         b"POST /api/v1/session HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
         b"")


class SlowClients(threading.Thread):
    """Keeps `wanted` slow connections open: one that is closed is opened again, as an attacker would."""

    def __init__(self, port: int, wanted: int):
        super().__init__()
        self.port, self.wanted = port, wanted
        self.open, self.closed, self.longest = {}, 0, 0.0
        self.done = threading.Event()
        self.full = threading.Event()
        self.selector = selectors.DefaultSelector()

    def connect(self, number: int) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.port))
        self.open[connection] = [time.monotonic(), KINDS[number % len(KINDS)], 0]
        self.selector.register(connection, selectors.EVENT_READ)

    def drop(self, connection: socket.socket) -> None:
        self.longest = max(self.longest, time.monotonic() - self.open.pop(connection)[0])
        self.selector.unregister(connection)
        connection.close()
        self.closed += 1

    def run(self) -> None:
        number, turn = 0, 0
        while not self.done.is_set():
            for _ in range(min(100, self.wanted - len(self.open))):
                self.connect(number := number + 1)
            if len(self.open) >= self.wanted:
                self.full.set()
            for key, _ in self.selector.select(timeout=0.05):
                try:
                    gone = not key.fileobj.recv(4096)
                except BlockingIOError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    self.drop(key.fileobj)
            turn += 1
            for i, (connection, state) in enumerate(list(self.open.items())):
                if i % 20 != turn % 20:  # each sends a byte a second
                    continue
                text = state[1]
                piece = text[:1] if state[2] < len(text) and state[2] > 0 else (text or b"")
                if state[2] >= len(text):
                    piece = b"x" if text else b""
                try:
                    if piece:
                        state[2] += connection.send(piece)
                except (BlockingIOError, OSError):
                    continue
        for connection in list(self.open):
            self.drop(connection)


def healthy(build: pathlib.Path, port: int, cookie: str, seconds: float) -> dict:
    command = [str(build / "bench/tenon_load"), "--port", str(port), "--header", f"Cookie: {cookie}", "--connections", "8",
               "--rate", "200", "--seconds", str(seconds), "--get", "/api/v1/crm/customer?order=name.asc&limit=20"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def measure(build: pathlib.Path, slow: int, seconds: float) -> dict:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 8192:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    with Server("--demo-rows", "1000", "--set", "limits.connections_per_address=100000",
                "--set", "limits.requests_per_connection=1000000000") as server:
        cookie = server.client().sign_in().cookie
        healthy(build, server.port, cookie, 1)
        alone = [healthy(build, server.port, cookie, seconds) for _ in range(3)]
        attack = SlowClients(server.port, slow)
        attack.start()
        assert attack.full.wait(timeout=60)
        with_them = [healthy(build, server.port, cookie, seconds) for _ in range(3)]
        attack.done.set()
        attack.join()
        alive = server.client().request("GET", "/healthz").status == 200 and server.alive()
    median = lambda runs: sorted(run["ok_p99_ms"] for run in runs)[1]  # noqa: E731
    return {"slow": slow, "alive": alive, "alone_p99_ms": median(alone), "with_them_p99_ms": median(with_them),
            "ratio": median(with_them) / median(alone), "closed": attack.closed, "longest_s": round(attack.longest, 2),
            "failed": sum(run["failed"] + run["other"] + run["refused"] + run["unsent"] for run in with_them)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--slow", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--short", action="store_true", help="500 for a few seconds, judged loosely")
    arguments = parser.parse_args()
    os.environ["TENON_BUILD_DIR"] = str(arguments.build.resolve())
    slow, seconds, ratio = (500, 3, 10) if arguments.short else (arguments.slow, arguments.seconds, 2)
    figures = measure(arguments.build, slow, seconds)
    good = figures["alive"] and figures["failed"] == 0 and figures["ratio"] <= ratio and figures["longest_s"] <= 31
    print(json.dumps({"name": "slow_clients", "good": good, **figures}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
