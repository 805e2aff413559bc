"""Framing against the live program: every ambiguous stream alone, and behind haproxy, nginx and squid. A proxy that reads
a stream in another way than the server would hand one client's answer to another, or run a request that was hidden in a
body. So behind each stream come probes of other clients over the same kept connection, and each must get its own answer.

A planted fault shows that the probes would see it: a server that takes an extra request out of a body."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from proxies import Proxy, program  # noqa: E402
from tenon_server import BUILD, Server  # noqa: E402

PROBES = 3


def vectors() -> list:
    """(name, status, rule, bytes) of each vector. Those with a body go to an endpoint that reads one: anywhere else they are
    refused by their address and the body is never looked at."""
    out = subprocess.run([str(BUILD / "tests/framing/tenon_framing_vectors")], capture_output=True, text=True, check=True).stdout
    return [(name, int(status), rule, bytes.fromhex(data).replace(b"POST /a ", b"POST /api/v1/session ")) for name, status, rule, data in
            (line.split("\t") for line in out.splitlines())]


def request(trace: str, path: str = "/api/v1/probe") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\r\n".encode()


def hiding(canary: bytes) -> list:
    """Streams that carry `canary` where the standard says body and a careless reader says request."""
    size = len(canary)
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (size, canary)
    end = b"0\r\n\r\n" + canary

    def post(fields: bytes, body: bytes, version: bytes = b"1.1") -> bytes:
        return b"POST /api/v1/hidden HTTP/" + version + b"\r\nHost: h\r\n" + fields + b"\r\n" + body

    length = b"Content-Length: %d\r\n"
    te = b"Transfer-Encoding: chunked\r\n"
    streams = {
        "length": post(length % size, canary),
        "chunked": post(te, chunk),
        "length and chunked": post(length % len(end) + te, end),
        "chunked and length": post(te + length % len(end), end),
        "two lengths": post(length % 0 + length % size, canary),
        "two lengths, other order": post(length % size + length % 0, canary),
        "length list": post(b"Content-Length: 0, %d\r\n" % size, canary),
        "length with plus": post(b"Content-Length: +%d\r\n" % size, canary),
        "length in hexadecimal": post(b"Content-Length: 0x%x\r\n" % size, canary),
        "length with a zero": post(b"Content-Length: 0%d\r\n" % size, canary),
        "length folded": post(b"Content-Length:\r\n %d\r\n" % size, canary),
        "length behind a tab": post(b"Content-Length:\t%d\r\n" % size, canary),
        "length with a space before the colon": post(b"Content-Length : %d\r\n" % size, canary),
        "length with an underscore": post(b"Content_Length: %d\r\n" % 0 + length % size, canary),
        "length after a bare line feed": post(b"X: y\nContent-Length: %d\r\n" % size, canary),
        "length after a bare carriage return": post(b"X: y\rContent-Length: %d\r\n" % size, canary),
        "length with NUL": post(b"Content-Length: %d\x00\r\n" % size, canary),
        "1.0 with length": post(length % size, canary, b"1.0"),
        "1.0 with chunked": post(te, end, b"1.0"),
        "get with length": b"GET /api/v1/hidden HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + canary,
        "get with chunks": b"GET /api/v1/hidden HTTP/1.1\r\nHost: h\r\n" + te + b"\r\n" + chunk,
        "expect and length": post(b"Expect: 100-continue\r\n" + length % size, canary),
        "chunk extension": post(te, b"%x;a=\"\r\n%s\r\n0\r\n\r\n" % (size, canary)),
        "chunk size with zeros": post(te, b"0000%x\r\n%s\r\n0\r\n\r\n" % (size, canary)),
        "chunk size with a space": post(te, b"%x \r\n%s\r\n0\r\n\r\n" % (size, canary)),
        "chunk line ends in a line feed": post(te, b"%x\n%s\r\n0\r\n\r\n" % (size, canary)),
        "last chunk of many zeros": post(te, b"%x\r\n%s\r\n" % (size, canary) + b"0" * 20 + b"\r\n\r\n"),
        "trailer that is a length": post(te, b"%x\r\n%s\r\n0\r\nContent-Length: 5\r\n\r\n" % (size, canary)),
        "upgrade": post(b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + length % size, canary),
    }
    for name, value in [("chunked twice", b"chunked, chunked"), ("identity", b"identity, chunked"), ("gzip", b"gzip, chunked"),
                        ("other case", b"cHuNkEd"), ("quoted", b'"chunked"'), ("semicolon", b"chunked;q=1"),
                        ("vertical tab", b"\x0bchunked"), ("form feed", b"chunked\x0c"), ("x", b"xchunked"), ("empty", b""),
                        ("NUL", b"chunked\x00"), ("high byte", b"chunked\xa0"), ("comma", b",chunked"), ("folded", b"\r\n chunked")]:
        # With both, whoever does not know the coding takes the length: then the canary is in the body.
        streams[f"coding {name}, with length"] = post(length % len(end) + b"Transfer-Encoding: " + value + b"\r\n", end)
        streams[f"coding {name}, space before the colon"] = post(
            length % len(end) + b"Transfer-Encoding : " + value + b"\r\n", end)
    return list(streams.items())


def answers(port: int, data: bytes, timeout: float = 1.5) -> bytes:
    """What comes back until the other side closes or is silent; the streams are wrong, so both may be."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except (TimeoutError, OSError):  # closed before all was sent, or before our end was
            pass
    return received


def probe(port: int) -> str | None:
    """One innocent client: None when it got the answer to its own request, else what it got."""
    trace = uuid.uuid4().hex
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request(trace).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except (TimeoutError, ConnectionError):
            pass
    return None if trace.encode() in received else repr(received[:300])


class FramingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo-rows", "0", "--set", "limits.connections_per_address=1000",
                            "--set", "times.header=1s").start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0, cls.server.errors()
        cls.server.__exit__()

    def executed(self, trace: str) -> bool:
        """Whether a request under this trace reached an endpoint."""
        return f'"{trace}"' in (pathlib.Path(self.server.data) / "log/access.jsonl").read_text()

    def test_every_vector_alone_gets_its_answer_and_ambiguous_ones_end_the_connection(self):
        all_vectors = vectors()
        refused = [one for one in all_vectors if one[1] != 200]
        self.assertGreaterEqual(len(all_vectors), 80)
        canaries = []
        for name, status, _, data in all_vectors:
            canaries.append(uuid.uuid4().hex)
            received = answers(self.server.port, data + request(canaries[-1]))
            codes = [int(code) for code in re.findall(rb"HTTP/1\.1 (\d\d\d) ", received)]
            with self.subTest(name):
                if status == 200:
                    self.assertEqual(len(codes), 1 if b"HTTP/1.0" in data else 2, received)
                else:
                    self.assertEqual(codes, [status], received)
                    self.assertIn(b"\r\nConnection: close\r\n", received)
        answers(self.server.port, request(uuid.uuid4().hex))
        for (name, status, _, _), canary in zip(all_vectors, canaries, strict=True):
            if status != 200:
                self.assertFalse(self.executed(canary), name)
        print(f"{len(all_vectors)} vectors, {len(refused)} of them refused")

    def test_a_request_hidden_in_a_body_never_runs(self):
        for name, data in hiding(request(canary := uuid.uuid4().hex, "/api/v1/canary")):
            with self.subTest(name):
                answers(self.server.port, data)
                self.assertIsNone(probe(self.server.port))
                self.assertFalse(self.executed(canary))

    def behind(self, name: str) -> None:
        if program(name) is None:
            if os.environ.get("CI"):
                self.fail(f"{name} is not installed")
            self.skipTest(f"{name} is not installed (./dev setup installs it)")
        count = own = 0
        with Proxy(name, self.server.port) as proxy:
            self.assertIsNone(probe(proxy.port), proxy.errors())
            for stream, _, _, data in vectors():
                count += 1
                answers(proxy.port, data)
                for _ in range(PROBES):
                    self.assertIsNone(probe(proxy.port), (name, stream))
            for place in range(len(hiding(b""))):
                count += 1
                canary = uuid.uuid4().hex
                stream, data = hiding(request(canary, "/api/v1/canary"))[place]
                received = answers(proxy.port, data)
                for _ in range(PROBES):
                    self.assertIsNone(probe(proxy.port), (name, stream))
                if self.executed(canary):
                    # The proxy itself has read it as the next request of this client (squid does so where a length and
                    # chunks are given): both ends agree, and the answer went to who asked.
                    own += 1
                    self.assertIn(canary.encode(), received, (name, stream))
            self.assertIsNone(proxy.process.poll(), proxy.errors())
        print(f"{name}: {count} streams, {count * PROBES} probes, 0 answers of others, 0 hidden requests run, "
              f"{own} read by the proxy itself as requests")

    def test_nothing_gets_out_of_step_behind_haproxy(self):
        self.behind("haproxy")

    def test_nothing_gets_out_of_step_behind_nginx(self):
        self.behind("nginx")

    def test_nothing_gets_out_of_step_behind_squid(self):
        self.behind("squid")


class CarelessServer(threading.Thread):
    """The planted fault: it reads heads only, so that a body is the next request to it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    @staticmethod
    def serve(connection: socket.socket):
        waiting = b""
        with connection, contextlib.suppress(OSError):
            while True:
                while b"\r\n\r\n" in waiting:
                    head, _, waiting = waiting.partition(b"\r\n\r\n")
                    trace = re.search(rb"traceparent: 00-([0-9a-f]{32})", head)
                    body = trace.group(1) if trace else b"none"
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                piece = connection.recv(65536)
                if not piece:
                    return
                waiting += piece


class PlantedFaultTest(unittest.TestCase):
    def test_the_probes_catch_a_server_that_reads_a_body_as_a_request(self):
        if program("haproxy") is None:
            self.skipTest("haproxy is not installed (./dev setup installs it)")
        careless = CarelessServer()
        careless.start()
        with Proxy("haproxy", careless.port) as proxy:
            caught = 0
            for _, data in hiding(request(uuid.uuid4().hex, "/api/v1/canary"))[:2] * 3:
                answers(proxy.port, data)
                caught += sum(probe(proxy.port) is not None for _ in range(PROBES))
        careless.listener.close()
        self.assertGreater(caught, 0)


if __name__ == "__main__":
    unittest.main()
