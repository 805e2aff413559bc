"""Tenants in PostgreSQL beside one in a file: what happens when their server is down at the start or goes while we run,
and where they may not be made."""
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres  # noqa: E402
from tenon_server import BUILD, PASSWORD, Client, Server, create_tenant, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
CRM = BUILD / "share/plugins/crm"


class PostgresTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-postgres-test-")
        self.data = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def make(self, name: str, *more: str) -> None:
        done = create_tenant(self.data, name, *more)
        self.assertEqual(done.returncode, 0, done)

    def ready(self, client: Client) -> tuple:
        answer = client.request("GET", "/readyz")
        body = answer.json()
        return answer.status, body["status"], body["served"], body["away"]

    def test_a_tenant_is_made_in_a_database_once(self):
        url = self.postgres.fresh_database()
        self.make("acme", "--database", url)
        self.assertEqual(create_tenant(self.data, "acme", "--database", url).returncode, 2)
        with tempfile.TemporaryDirectory() as other:
            done = create_tenant(other, "acme", "--database", url)
            self.assertEqual((done.returncode, "already" in done.stderr), (2, True), done)
        address = next(pathlib.Path(self.data).glob("tenants/acme.postgres"))
        self.assertEqual(address.stat().st_mode & 0o777, 0o600, "it may hold a password")
        with Server(data=self.data, demo=False) as server:
            client = server.client().sign_in("acme", "anna", PASSWORD)
            self.assertEqual(client.request("GET", "/api/v1/menu").status, 200)

    def test_a_database_that_will_not_do_is_refused_in_one_line(self):
        self.postgres.ask("CREATE DATABASE folded OWNER tenon LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'SQL_ASCII' TEMPLATE template0")
        self.postgres.ask("CREATE ROLE heir LOGIN INHERIT CREATEROLE")
        base = f"postgresql://tenon@127.0.0.1:{self.postgres.port}"
        for url, word in [(base + "/folded", "UTF8"), (base + "/nowhere", "cannot be reached"),
                          (base.replace("tenon@", "heir@") + "/postgres", "NOINHERIT"),
                          (base.replace("tenon@", "admin@") + "/postgres", "superuser"), ("mysql://x/y", "address")]:
            done = create_tenant(self.data, "beta", "--database", url)
            self.assertEqual(done.returncode, 2, (url, done))
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertIn(word, done.stderr)
        self.assertEqual(list(pathlib.Path(self.data).glob("tenants/beta*")), [])

    def test_a_server_that_is_down_at_the_start_stops_nobody(self):
        self.make("far", "--database", self.postgres.fresh_database())
        self.make("far2", "--database", self.postgres.fresh_database())
        self.make("near")
        self.postgres.kill()
        began = time.monotonic()
        with Server(data=self.data, demo=False) as server:
            self.assertLess(time.monotonic() - began, 15, "each server is waited for once")
            near = server.client().sign_in("near", "anna", PASSWORD)
            self.assertEqual(near.request("GET", "/api/v1/menu").status, 200)
            answer = server.client().request("POST", "/api/v1/session", {"company": "far", "user": "anna", "password": PASSWORD})
            self.assertEqual((answer.status, answer.json()["reason"]), (503, "tenant.away"), answer)
            self.assertIn("retry-after", answer.headers)
            watcher = server.client()
            self.assertEqual(self.ready(watcher), (200, "degraded", 1, 2))
            self.assertIn("tenant far is not served until its database answers", server.errors())
            self.postgres.start()
            wait_until(lambda: self.ready(watcher) == (200, "ok", 3, 0), 20, "that all are served")
            far = server.client().sign_in("far", "anna", PASSWORD)
            self.assertEqual(far.request("GET", "/api/v1/menu").status, 200)

    def test_a_server_that_hangs_holds_up_nobody_else(self):
        self.make("far", "--database", self.postgres.fresh_database())
        self.make("near")
        with Server(data=self.data, demo=False) as server:
            near = server.client().sign_in("near", "anna", PASSWORD)
            clients = [server.client(timeout=60) for _ in range(24)]
            clients[0].sign_in("far", "anna", PASSWORD)
            for client in clients[1:]:  # a user has fewer sessions than this
                client.cookie = clients[0].cookie
            for client in (near, clients[0]):
                answer = client.upload((CRM / "plugin.toml").read_bytes(), (CRM / "plugin.wasm").read_bytes())
                self.assertEqual(answer.status, 201, answer)
            answers = []
            ask = [lambda c: c.request("POST", CUSTOMER, {"name": "x"}), lambda c: c.request("GET", CUSTOMER)]
            threads = [threading.Thread(target=lambda c=c, i=i: answers.append(ask[i % 2](c)))
                       for i, c in enumerate(clients)]
            self.postgres.signal_all(signal.SIGSTOP)
            try:
                for thread in threads:
                    thread.start()
                slowest = 0.0
                while any(thread.is_alive() for thread in threads):
                    began = time.monotonic()
                    self.assertEqual(near.request("POST", CUSTOMER, {"name": "near"}).status, 201)
                    slowest = max(slowest, time.monotonic() - began)
                    time.sleep(0.005)
            finally:
                self.postgres.signal_all(signal.SIGCONT)
            for thread in threads:
                thread.join()
            self.assertEqual({answer.status for answer in answers}, {503}, answers)
            self.assertTrue(all("retry-after" in answer.headers for answer in answers), answers)
            self.assertLess(slowest, 1.0, "the neighbour waited")
            wait_until(lambda: clients[0].request("POST", CUSTOMER, {"name": "y"}).status == 201, 5, "a success")

    def test_readiness_tells_when_the_only_server_goes(self):
        self.make("alone", "--database", self.postgres.fresh_database())
        with Server(data=self.data, demo=False) as server:
            watcher = server.client()
            self.assertEqual(self.ready(watcher), (200, "ok", 1, 0))
            self.postgres.kill()
            wait_until(lambda: self.ready(watcher) == (503, "unavailable", 0, 1), 10, "that nobody is served")
            self.assertEqual(server.client().request("GET", "/healthz").status, 200)
            self.postgres.start()
            wait_until(lambda: self.ready(watcher) == (200, "ok", 1, 0), 10, "that all are served")

    def test_a_damaged_tenant_in_a_server_still_stops_the_start(self):
        url = self.postgres.fresh_database()
        self.make("old", "--database", url)
        self.postgres.ask('UPDATE "t_old".tenon_format SET format = 1000', url.rsplit("/", 1)[1])
        server = Server(data=self.data, demo=False)
        with self.assertRaisesRegex(RuntimeError, "newer version"):
            server.start()
        server.process.stdout.close()
        server.__exit__()


if __name__ == "__main__":
    unittest.main()
