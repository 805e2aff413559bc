"""Writes that are repeated, that collide, and what the past says of them, over a real socket; and the command that
checks the audit."""
import pathlib
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres  # noqa: E402
from served import ServedTest  # noqa: E402
from tenon_server import BINARY, Server, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
REPRESENTATION = {"Prefer": "return=representation"}


class WritesTest(ServedTest):
    demo_rows = 20

    def post(self, fields, key=None):
        headers = dict(REPRESENTATION)
        if key:
            headers["Idempotency-Key"] = key
        return self.client.request("POST", CUSTOMER, fields, headers)

    def test_a_request_with_a_key_is_done_once(self):
        first = self.post({"name": "once"}, "key-1")
        self.assertEqual(first.status, 201, first)
        again = self.post({"name": "once"}, "key-1")
        self.assertEqual((again.status, again.json()), (201, first.json()), again)
        self.assertEqual(again.headers["idempotency-replayed"], "true")
        self.assertEqual(again.headers["location"], first.headers["location"])
        self.assertEqual(again.headers["etag"], first.headers["etag"])
        rows = self.client.request("GET", CUSTOMER + "?name=eq.once").json()
        self.assertEqual(len(rows), 1)
        other = self.post({"name": "twice"}, "key-1")
        self.assertEqual((other.status, other.json()["reason"]), (422, "idempotency.mismatch"), other)
        self.assertEqual(self.post({"name": "x"}, "a b").status, 400)

    def test_a_failed_request_leaves_its_key_free(self):
        self.assertEqual(self.post({"nothing": 1}, "key-2").status, 422)
        self.assertEqual(self.post({"name": "second try"}, "key-2").status, 201)

    def test_a_change_with_a_key_is_done_once(self):
        made = self.post({"name": "changed once"}).json()[0]
        path = f"{CUSTOMER}/{made['id']}"
        headers = {"Idempotency-Key": "key-3", "If-Match": '"1"'}
        for _ in range(2):
            answer = self.client.request("PATCH", path, {"city": "北京"}, headers)
            self.assertEqual((answer.status, answer.headers["etag"]), (204, '"2"'), answer)

    def test_a_conflict_shows_base_theirs_and_mine(self):
        made = self.post({"name": "conflict", "city": "上海"}).json()[0]
        path = f"{CUSTOMER}/{made['id']}"
        self.assertEqual(self.client.request("PATCH", path, {"city": "北京"}, {"If-Match": '"1"'}).status, 204)
        answer = self.client.request("PATCH", path, {"city": "广州"}, {"If-Match": '"1"'})
        self.assertEqual(answer.status, 412, answer)
        details = answer.json()["details"]
        self.assertEqual((details["expected"], details["current"]), (1, 2))
        self.assertEqual([details[side]["city"] for side in ("base", "theirs", "mine")], ["上海", "北京", "广州"])
        self.assertEqual(details["clashes"], ["city"])

    def test_history_and_the_state_at_a_time(self):
        made = self.post({"name": "past", "city": "上海"}).json()[0]
        path = f"{CUSTOMER}/{made['id']}"
        time.sleep(0.01)
        now = self.client.request("PATCH", path, {"city": "北京"}, REPRESENTATION).json()
        history = self.client.request("GET", path + "/history").json()
        self.assertEqual([entry["action"] for entry in history], ["updated", "created"])
        self.assertIn("city", history[0]["changed"])
        self.assertEqual(history[0]["before"]["city"], "上海")
        page = self.client.request("GET", path + "/history?limit=1")
        self.assertEqual(len(page.json()), 1)
        self.assertIn("before=", page.headers["link"])
        then = urllib.parse.quote(made["created_at"])
        old = self.client.request("GET", f"{path}?as_of={then}").json()
        self.assertEqual((old["city"], old["version"]), ("上海", 1))
        rows = self.client.request("GET", f"{CUSTOMER}?as_of={then}&name=eq.past&select=city").json()
        self.assertEqual(rows, [{"city": "上海"}])
        today = urllib.parse.quote(now["updated_at"])
        rows = self.client.request("GET", f"{CUSTOMER}?as_of={today}&name=eq.past&select=city").json()
        self.assertEqual(rows, [{"city": "北京"}])
        self.assertEqual(self.client.request("GET", f"{CUSTOMER}?as_of=yesterday").status, 422)
        self.assertEqual(self.client.request("GET", f"{path}?as_of=2001-01-01").status, 404)
        self.assertEqual(self.client.request("GET", path + "/history?limit=x").status, 422)


class AuditCommandTest(unittest.TestCase):
    def test_the_audit_command_finds_a_changed_row(self):
        with Server("--demo-rows", "5") as server:
            data = server.data
            self.assertEqual(server.stop(), 0)

            def verify(*more):
                command = [str(BINARY), "audit", "verify", "--data", str(data), "--tenant", "demo", *more]
                return subprocess.run(command, capture_output=True, text=True, timeout=60)

            good = verify()
            self.assertEqual(good.returncode, 0, good)
            head = good.stdout.split("head ")[1].strip()
            self.assertEqual(verify("--head", head).returncode, 0)
            self.assertEqual(verify("--head", "nonsense").returncode, 2)
            with sqlite3.connect(pathlib.Path(data) / "tenants" / "demo.db") as connection:
                connection.execute("UPDATE audit SET at = at + 1 WHERE sequence = 3")
            connection.close()
            bad = verify()
            self.assertEqual(bad.returncode, 1, bad)
            self.assertIn("audit row 3 ", bad.stderr)
            self.assertIn("its seal does not hold", bad.stderr)


class WritesOnPostgresTest(WritesTest):
    """All of the above for a tenant in PostgreSQL."""

    @classmethod
    def database(cls) -> list:
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)
        cls.url = cls.postgres.fresh_database()
        return ["--database", cls.url]

    def test_the_audit_is_sealed_soon_after_the_commit(self):
        self.assertEqual(self.post({"name": "sealed"}).status, 201)
        open_rows = "SELECT count(*) FROM t_demo.audit WHERE position IS NULL"
        wait_until(lambda: self.postgres.ask(open_rows, self.url.rsplit("/", 1)[1]) == [["0"]], what="the seal")
        command = [str(BINARY), "audit", "verify", "--data", str(self.server.data), "--tenant", "demo"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(" 0 wait for their seal", done.stdout)


if __name__ == "__main__":
    unittest.main()
