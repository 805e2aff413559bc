"""Clients that drip their heads or bodies, or say nothing: the server closes each in its time, and all along a healthy client
gets every answer. How little it is slowed down is a figure (`./dev bench http`); here nothing is timed."""
import pathlib
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server, wait_until  # noqa: E402

PAGE = "/api/v1/crm/customer?order=name.asc&limit=20"
KINDS = {"head": b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: ",
         "body": b"POST /api/v1/session HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
         "idle": b""}
OF_EACH = 100


class Drip(threading.Thread):
    """Connections of each kind that send a byte now and then; those that are closed are counted, with what they were told."""

    def __init__(self, port: int):
        super().__init__()
        self.open, self.told = {}, {kind: [] for kind in KINDS}
        self.done = threading.Event()
        for kind, begin in KINDS.items():
            for _ in range(OF_EACH):
                connection = socket.create_connection(("127.0.0.1", port), timeout=20)
                connection.sendall(begin)
                connection.setblocking(False)
                self.open[connection] = kind
        self.start()

    def run(self):
        while self.open and not self.done.is_set():
            for connection, kind in list(self.open.items()):
                try:
                    answer = connection.recv(4096)
                    if not answer:
                        self.end(connection, b"")
                        continue
                    self.end(connection, answer)
                except BlockingIOError:
                    self.feed(connection, kind)
                except OSError:
                    self.end(connection, b"")
            time.sleep(0.1)  # between two drops
        for connection in list(self.open):
            connection.close()

    def feed(self, connection: socket.socket, kind: str) -> None:
        try:
            if KINDS[kind]:
                connection.send(b"x")
        except OSError:
            self.end(connection, b"")

    def end(self, connection: socket.socket, answer: bytes) -> None:
        kind = self.open.pop(connection)
        self.told[kind].append(answer)
        connection.close()

    def stop(self):
        self.done.set()
        self.join()


class SlowClientsTest(unittest.TestCase):
    def server(self, *settings: str) -> Server:
        words = [word for one in ("limits.connections_per_address=1000", *settings) for word in ("--set", one)]
        return Server("--demo-rows", "200", *words)

    def test_each_slow_connection_is_closed_in_its_time_and_a_healthy_client_gets_every_answer(self):
        with self.server("times.header=1s", "times.keep_alive=2s") as server:
            client = server.client().sign_in()
            drip = Drip(server.port)
            statuses = [client.request("GET", PAGE).status for _ in range(300)]
            self.assertEqual(set(statuses), {200})
            wait_until(lambda: not drip.open, seconds=30, what="all are closed")
            drip.stop()
            for kind, told in drip.told.items():
                self.assertEqual(len(told), OF_EACH, kind)
                for answer in told:
                    self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), (kind, answer))
            self.assertEqual(client.request("GET", PAGE).status, 200)
            self.assertEqual(server.stop(), 0, server.errors())

    def test_connections_that_are_never_closed_would_be_noticed(self):
        """The planted fault: limits that are not there."""
        with self.server("times.header=1min", "times.keep_alive=2min", "limits.body_bytes_per_second=1") as server:
            drip = Drip(server.port)
            with self.assertRaises(AssertionError):
                wait_until(lambda: not drip.open, seconds=4, what="all are closed")
            drip.stop()


if __name__ == "__main__":
    unittest.main()
