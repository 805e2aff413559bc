"""Hostile components against a running server with a neighbour under load: every component is uploaded to one tenant
and its exports are called; a second tenant reads and writes all the while. Each component must end as its row of the
table says; the process stays the same, the neighbour sees no error and its data does not change by itself.

Its own check is checked: an expectation that is wrong on purpose must be reported.
"""
import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import BINARY, BUILD, Server  # noqa: E402

HOSTILE = BUILD / "hostile"
PACE = 0.005  # seconds between requests of the neighbour: a steady 200 a second
MANIFEST = """
[metadata]
id = "{id}"
name = "Hostile"
version = "1.0.0"
contract = "{contract}"

[[schema.entities]]
name = "test_entity"
display_name = "Test"

[[schema.entities.fields]]
name = "name"
field_type = "string"
display_name = "Name"
"""


class Neighbour(threading.Thread):
    """Another tenant's steady mix: nine reads and one durable write in ten requests."""

    def __init__(self, server: Server):
        super().__init__()
        self.client = server.client().sign_in()
        self.row = self.client.request("GET", "/api/v1/crm/customer?limit=1").json()[0]
        self.latencies, self.errors, self.written = [], [], 0
        self.done = threading.Event()

    def run(self) -> None:
        serial = 0
        while not self.done.is_set():
            serial += 1
            start = time.perf_counter()
            if serial % 10:
                answer = self.client.request("GET", f"/api/v1/crm/customer/{self.row['id']}")
                good = answer.status == 200 and answer.json() == self.row
            else:
                answer = self.client.request("POST", "/api/v1/crm/customer", {"name": f"邻居 {serial}"})
                good = answer.status == 201
                self.written += good
            self.latencies.append(time.perf_counter() - start)
            if not good:
                self.errors.append(repr(answer))
            time.sleep(PACE)

    def take_p99(self) -> float:
        latencies, self.latencies = sorted(self.latencies), []
        return latencies[len(latencies) * 99 // 100] * 1000


def outcome(client, number: int, row: dict) -> tuple[str, str]:
    """What a caller of the platform sees: `ok` or an error code, and where."""
    plugin = f"h{number}"
    manifest = MANIFEST.format(id=plugin, contract=row["contract"]).encode()
    answer = client.upload(manifest, (HOSTILE / row["file"]).read_bytes())
    if answer.status != 201:
        return answer.json()["code"], f"upload {answer!r}"
    seen = ("ok", "calls")
    for export in ("init", "handle-event"):
        answer = client.request("POST", f"/api/v1/plugins/{plugin}/calls",
                                {"export": export, "type": "order.created", "payload": {"n": 1}})
        if answer.status != 200 and answer.json().get("reason") != "plugin.no_export":
            seen = (answer.json()["code"], f"{export} {answer!r}")
            break
    assert client.request("POST", f"/api/v1/plugins/{plugin}/disable").status == 204
    return seen


def as_expected(seen: str, expected: str) -> bool:
    return expected == "any" or seen == expected or (expected == "refused" and seen != "ok")


class LiveTest(unittest.TestCase):
    def test_every_hostile_component_ends_as_said_and_the_neighbour_notices_nothing(self):
        rows = [row for row in json.loads((HOSTILE / "expectations.json").read_text()) if row["contract"] == "v0"]
        self.assertGreaterEqual(len(rows), 20)
        server = Server("--demo-rows", "1000")
        created = subprocess.run([str(BINARY), "tenant", "create", "attacker", "--data", server.data, "--user", "root"],
                                 input="correct horse battery\n", text=True, capture_output=True, check=False)
        self.assertEqual(created.returncode, 0, created.stderr)
        with server:
            pid = server.process.pid
            attacker = server.client(timeout=60).sign_in("attacker", "root", "correct horse battery")
            neighbour = Neighbour(server)
            count = self.count(neighbour.client)
            neighbour.start()
            time.sleep(3)
            quiet = neighbour.take_p99()
            wrong = []
            for number, row in enumerate(rows):
                seen, where = outcome(attacker, number, row)
                if not as_expected(seen, row["platform"]):
                    wrong.append(f"{row['file']}: expected {row['platform']}, saw {seen} at {where}")
            under_attack = neighbour.take_p99()
            neighbour.done.set()
            neighbour.join()
            print(f"{len(rows)} hostile components; neighbour p99 {quiet:.2f} ms before, {under_attack:.2f} ms during, "
                  f"{len(neighbour.errors)} errors")
            self.assertEqual(wrong, [], "\n".join(wrong))
            self.assertEqual(neighbour.errors, [])
            self.assertTrue(server.alive())
            self.assertEqual(server.process.pid, pid)
            self.assertEqual(self.count(neighbour.client), count + neighbour.written)
            seen, _ = outcome(attacker, len(rows), rows[0])
            self.assertFalse(as_expected(seen, "ok"), "a wrong expectation must be caught")

    def count(self, client) -> int:
        answer = client.request("GET", "/api/v1/crm/customer?limit=1", headers={"Prefer": "count=exact"})
        return int(answer.headers["content-range"].split("/")[1])


if __name__ == "__main__":
    unittest.main()
