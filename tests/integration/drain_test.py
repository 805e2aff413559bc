"""SIGTERM under load: every write that was answered is there after the restart, every request that was begun is answered,
/readyz says first that it is over, then nobody is let in, and what never ends is cut in time. Who comes too late is told so
by a refused or closed connection, never by half an answer."""
import hashlib
import http.client
import pathlib
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Client, Server, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
WRITERS = 12


class Writer(threading.Thread):
    """Creates customers, one after another, until the server is gone."""

    def __init__(self, port: int, cookie: str, number: int):
        super().__init__()
        self.client = Client(port)
        self.client.cookie = cookie
        self.number = number
        self.acknowledged, self.unknown, self.problems = [], [], []

    def run(self):
        count = 0
        while True:
            name = f"writer {self.number} row {count}"
            count += 1
            try:
                answer = self.client.request("POST", CUSTOMER, {"name": name})
            except http.client.IncompleteRead as error:
                return self.problems.append(repr(error))
            except ConnectionRefusedError:
                return None
            except (ConnectionError, http.client.HTTPException):
                # Closed between requests: nothing came back, so the row may or may not be there. A second try on a
                # new connection tells whether the server is gone.
                self.unknown.append(name)
                self.client.connection.close()
                continue
            if answer.status == 201:
                self.acknowledged.append(name)
            else:
                self.problems.append(repr(answer))


class Upload(threading.Thread):
    """Sends a file in pieces, one each time `more` is released; `finish` sends the rest."""

    def __init__(self, port: int, cookie: str, content: bytes):
        super().__init__()
        self.content, self.more = content, threading.Semaphore(0)
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.connection.sendall(f"POST /api/v1/files?name=slow.bin HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
                                f"Content-Type: application/octet-stream\r\nContent-Length: {len(content)}\r\n\r\n".encode())
        self.answer, self.pieces = b"", 8
        self.start()

    def run(self):
        step = len(self.content) // self.pieces
        try:
            for number in range(self.pieces):
                self.more.acquire()
                end = len(self.content) if number == self.pieces - 1 else (number + 1) * step
                self.connection.sendall(self.content[number * step:end])
            while piece := self.connection.recv(65536):
                self.answer += piece
        except OSError as error:
            self.answer += repr(error).encode()

    def finish(self):
        for _ in range(self.pieces):
            self.more.release()
        self.join(30)
        self.connection.close()

    def stored(self) -> bool:
        return self.answer.startswith(b"HTTP/1.1 201") and hashlib.sha256(self.content).hexdigest().encode() in self.answer


class Listener(threading.Thread):
    """Listens to /api/v1/events until the server ends the stream."""

    def __init__(self, port: int, cookie: str):
        super().__init__()
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.connection.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        self.heard, self.ended = b"", 0.0
        self.start()

    def run(self):
        try:
            while piece := self.connection.recv(65536):
                self.heard += piece
        except OSError as error:
            self.heard += repr(error).encode()
        self.ended = time.monotonic()
        self.connection.close()


def stored_names(server: Server, prefix: str) -> set:
    """The names of all customers that begin so, page by page."""
    client, stored = server.client().sign_in(), set()
    path = CUSTOMER + f"?name=like.{prefix}*&select=name&order=name.asc&limit=1000".replace(" ", "%20")
    while path:
        answer = client.request("GET", path)
        assert answer.status in (200, 206), answer
        stored |= {row["name"] for row in answer.json()}
        link = answer.headers.get("link", "")
        path = link[1:link.index(">")] if 'rel="next"' in link else None
    return stored


class DrainTest(unittest.TestCase):
    def drain(self, data: str, round_number: int, *arguments: str, during=None) -> tuple[set, set]:
        """Writers until SIGTERM ends them; `during(server, cookie)` gives what else is to happen around it."""
        with Server("--demo-rows", "0", *arguments, data=data) as server:
            cookie = server.client().sign_in().cookie
            writers = [Writer(server.port, cookie, round_number * 100 + i) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            while sum(len(writer.acknowledged) for writer in writers) < 100:
                time.sleep(0.01)
            if during:
                during(server, cookie)
            self.assertEqual(server.stop(), 0, server.errors())
            for writer in writers:
                writer.join(timeout=30)
                self.assertFalse(writer.is_alive())
                writer.client.connection.close()
        acknowledged = {name for writer in writers for name in writer.acknowledged}
        unknown = {name for writer in writers for name in writer.unknown}
        self.assertEqual([problem for writer in writers for problem in writer.problems], [])
        # Between requests the server may close before it has read the next one: at most one per connection.
        self.assertLessEqual(len(unknown), WRITERS)
        return acknowledged, unknown

    def test_no_acknowledged_write_is_lost_and_no_request_is_cut(self):
        with tempfile.TemporaryDirectory(prefix="tenon-test-") as data:
            counts, everything = [], set()
            for number in (1, 2, 3):
                acknowledged, unknown = self.drain(data, number)
                with Server(data=data) as server:
                    stored = stored_names(server, f"writer {number}")
                self.assertEqual(acknowledged - stored, set(), "acknowledged and lost")
                self.assertEqual(stored - acknowledged - unknown, set(), "stored and never asked for")
                counts.append((len(acknowledged), len(unknown)))
                everything |= acknowledged
            self.catches_a_planted_loss(data, everything)
        print(f"drained 3 times: {sum(c[0] for c in counts)} acknowledged, 0 lost, {sum(c[1] for c in counts)} closed unread")

    def catches_a_planted_loss(self, data: str, acknowledged: set) -> None:
        """The check itself is checked: one stored row is taken away."""
        victim = max(acknowledged)
        with Server(data=data) as server:
            gone = server.client().sign_in().request("DELETE", CUSTOMER + f"?name=eq.{victim}".replace(" ", "%20"))
            self.assertEqual(gone.status, 204, gone)
            self.assertEqual(acknowledged - stored_names(server, "writer "), {victim})

    def test_readiness_ends_first_then_nobody_is_let_in_and_what_has_begun_is_finished(self):
        with tempfile.TemporaryDirectory(prefix="tenon-test-") as data:
            seen = {}

            def during(server: Server, cookie: str) -> None:
                watch = server.client()
                self.assertEqual(watch.request("GET", "/readyz").status, 200)
                uploads = [Upload(server.port, cookie, bytes([i]) * 400_000) for i in range(4)]
                listeners = [Listener(server.port, cookie) for _ in range(3)]
                wait_until(lambda: all(b"ready" in one.heard for one in listeners), what="the streams begin")
                for upload in uploads:
                    upload.more.release()
                server.process.send_signal(signal.SIGTERM)
                wait_until(lambda: watch.request("GET", "/readyz").status == 503, what="/readyz says that it is over")
                seen["not ready"] = watch.request("GET", "/readyz").json()
                # Whoever comes before the load balancer has noticed is still served, on a new connection too.
                late = server.client()
                late.cookie = cookie
                seen["late"] = late.request("POST", CUSTOMER, {"name": "late"}).status
                seen["alive"] = server.client().request("GET", "/healthz").status
                wait_until(lambda: refused(server.port), seconds=15, what="new connections are refused")
                self.assertTrue(server.alive(), "the uploads are waited for")
                for upload in uploads:
                    upload.finish()
                for listener in listeners:
                    listener.join(30)
                seen["uploads"] = [upload.stored() for upload in uploads]
                seen["streams"] = [listener.heard.endswith(b"\r\n0\r\n\r\n") for listener in listeners]

            acknowledged, unknown = self.drain(data, 7, "--set", "server.drain_notice=1500ms", during=during)
            self.assertEqual(seen["not ready"], {"status": "stopping"})
            self.assertEqual((seen["late"], seen["alive"]), (201, 200))
            self.assertEqual(seen["uploads"], [True] * 4, "an upload that had begun is answered")
            self.assertEqual(seen["streams"], [True] * 3, "a stream of events ends in good order")
            with Server(data=data) as server:
                self.assertIn("late", stored_names(server, "late"))
                self.assertEqual(acknowledged - stored_names(server, "writer 7"), set(), "acknowledged and lost")
            print(f"{len(acknowledged)} acknowledged, 0 lost, {len(unknown)} closed unread, 4 uploads and 3 streams ended well")

    def test_what_never_ends_is_cut_at_the_end_of_the_drain_time(self):
        with Server("--demo-rows", "0", "--set", "server.drain_time=1s", "--set", "limits.body_bytes_per_second=1") as server:
            cookie = server.client().sign_in().cookie
            upload = Upload(server.port, cookie, b"x" * 400_000)
            upload.more.release()
            wait_until(lambda: uploading(server), what="the upload has begun")
            begin = time.monotonic()
            code = server.stop(patience=10)
            took = time.monotonic() - begin
            self.assertGreater(took, 0.9, "it was waited for")
            self.assertLess(took, 6)
            self.assertNotEqual(code, 0, "whoever stops the server is told that something was cut")
            self.assertIn("cut", server.errors())
            upload.finish()
            self.assertFalse(upload.stored())

    def test_a_server_that_is_killed_instead_does_not_pass(self):
        """The planted fault: the same judgement over a server that does not drain."""
        with Server("--demo-rows", "0") as server:
            cookie = server.client().sign_in().cookie
            upload, listener = Upload(server.port, cookie, b"x" * 400_000), Listener(server.port, cookie)
            wait_until(lambda: b"ready" in listener.heard, what="the stream begins")
            server.kill()
            upload.finish()
            listener.join(30)
            self.assertFalse(upload.stored())
            self.assertFalse(listener.heard.endswith(b"\r\n0\r\n\r\n"))


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def uploading(server: Server) -> bool:
    """Whether an upload has begun: its content has a file among those that are not finished."""
    return any(path.is_file() and path.parent.name == "new" for path in pathlib.Path(server.data).rglob("*"))



if __name__ == "__main__":
    unittest.main()
