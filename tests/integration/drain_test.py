"""SIGTERM while clients write: every write that was answered is there after the restart, every request that was begun is
answered, and who comes too late is told so by a refused or closed connection, never by half an answer."""
import http.client
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Client, Server  # noqa: E402

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


class DrainTest(unittest.TestCase):
    def drain(self, data: str, round_number: int) -> tuple[int, int]:
        with Server("--demo-rows", "0", data=data) as server:
            cookie = server.client().sign_in().cookie
            writers = [Writer(server.port, cookie, round_number * 100 + i) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            while sum(len(writer.acknowledged) for writer in writers) < 100:
                time.sleep(0.01)
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
        with Server(data=data) as server:
            client = server.client().sign_in()
            stored = set()
            path = CUSTOMER + f"?name=like.writer {round_number}*&select=name&order=name.asc&limit=1000".replace(" ", "%20")
            while path:
                answer = client.request("GET", path)
                self.assertIn(answer.status, (200, 206), answer)
                stored |= {row["name"] for row in answer.json()}
                link = answer.headers.get("link", "")
                path = link[1:link.index(">")] if 'rel="next"' in link else None
        self.assertEqual(acknowledged - stored, set(), "acknowledged and lost")
        self.assertEqual(stored - acknowledged - unknown, set(), "stored and never asked for")
        return len(acknowledged), len(unknown)

    def test_no_acknowledged_write_is_lost_and_no_request_is_cut(self):
        with tempfile.TemporaryDirectory(prefix="tenon-test-") as data:
            counts = [self.drain(data, number) for number in (1, 2, 3)]
        print(f"drained 3 times: {sum(c[0] for c in counts)} acknowledged, 0 lost, {sum(c[1] for c in counts)} closed unread")


if __name__ == "__main__":
    unittest.main()
