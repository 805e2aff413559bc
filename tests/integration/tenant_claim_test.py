"""Two processes and one tenant in PostgreSQL: who moves or drops a tenant needs it for itself, who serves it says so to
the others, and whatever dies, the server of the database knows."""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres, die_with_parent  # noqa: E402
from tenon_server import BINARY, BUILD, PASSWORD, Server, create_tenant, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
CRM = BUILD / "share/plugins/crm"


class Holder:
    """A third process that has the tenant `t_acme` for itself, as one that moves it has."""

    def __init__(self, postgres: PrivatePostgres, database: str):
        self.process = subprocess.Popen(
            [str(postgres.programs / "psql"), "-X", "-q", "-A", "-t", "-h", str(postgres.folder), "-p",
             str(postgres.port), "-U", "admin", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/",
            text=True, preexec_fn=die_with_parent, **postgres.user)
        self.process.stdin.write("SELECT pg_advisory_lock(hashtextextended('t_acme', 8)); SELECT 'held';\n")
        self.process.stdin.flush()
        while "held" not in self.process.stdout.readline():
            pass

    def let_go(self) -> None:
        self.process.communicate("\\q\n", timeout=20)


class TenantClaimTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tenon-claim-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.url = self.postgres.fresh_database()
        self.database = self.url.rsplit("/", 1)[1]
        self.assertEqual(create_tenant(self.data, "acme", "--database", self.url).returncode, 0)

    def tenant(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(BINARY), "tenant", *arguments, "--data", self.data], capture_output=True, text=True,
                              timeout=120, check=False)

    def refused(self, *arguments: str, process: int) -> None:
        done = self.tenant(*arguments)
        self.assertNotEqual(done.returncode, 0, (arguments, done))
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn('The tenant "acme" cannot be moved or dropped.', done.stderr)
        self.assertRegex(done.stderr, rf"in use by tenon, process {process} on ")

    def place(self) -> str:
        done = self.tenant("list", "--json")
        self.assertEqual(done.returncode, 0, done)
        return json.loads(done.stdout)[0]["place"]

    def signed_in(self, server: Server):
        client = server.client().sign_in("acme", "anna", PASSWORD)
        answer = client.upload((CRM / "plugin.toml").read_bytes(), (CRM / "plugin.wasm").read_bytes())
        self.assertIn(answer.status, (201, 409), answer)
        return client

    def claims(self) -> list:
        """Process ids, on the server's side, of the connections that claims lie on."""
        return [int(pid) for pid, name in self.postgres.ask("SELECT pid, application_name FROM pg_stat_activity")
                if re.match(r"tenon, process \d+ on ", name)]

    def lose_claim(self) -> None:
        for pid in self.claims():
            self.postgres.ask(f"SELECT pg_terminate_backend({pid})")
        wait_until(lambda: not self.claims(), 10, "the end of that connection")

    def test_a_tenant_that_another_process_serves_is_neither_moved_nor_dropped(self):
        with Server(data=self.data, demo=False) as server:
            client = self.signed_in(server)
            for arguments in (("move", "acme", "--file"), ("drop", "acme")):
                self.refused(*arguments, process=server.process.pid)
                self.assertEqual(client.request("POST", CUSTOMER, {"name": "served"}).status, 201, "it goes on")
            backup = self.tenant("backup", "acme", str(pathlib.Path(self.data) / "a.tenant"))
            self.assertEqual(backup.returncode, 0, backup)
        moved = self.tenant("move", "acme", "--file")
        self.assertEqual(moved.returncode, 0, moved)
        self.assertEqual(self.place(), "file")
        with Server(data=self.data, demo=False) as server:
            found = self.signed_in(server).request("GET", CUSTOMER + "?select=name")
            self.assertEqual(found.json(), [{"name": "served"}] * 2)

    def test_a_process_that_is_killed_holds_nothing_back(self):
        with Server(data=self.data, demo=False) as server:
            self.refused("drop", "acme", process=server.process.pid)
            server.kill()
            wait_until(lambda: self.tenant("drop", "acme").returncode == 0, 10, "that it can be dropped")
        made = create_tenant(self.data, "acme", "--database", self.url)
        self.assertNotEqual(made.returncode, 0)
        self.assertIn(f"tenon tenant purge acme --data {self.data}", made.stderr)
        self.assertEqual(len(made.stderr.strip().splitlines()), 1, made.stderr)
        self.assertEqual(self.tenant("purge", "acme").returncode, 0)
        self.assertEqual(create_tenant(self.data, "acme", "--database", self.url).returncode, 0)

    def test_a_claim_that_was_lost_is_taken_again_before_the_next_write(self):
        with Server(data=self.data, demo=False) as server:
            client = self.signed_in(server)
            self.lose_claim()
            self.assertEqual(client.request("POST", CUSTOMER, {"name": "after"}).status, 201)
            self.refused("move", "acme", "--file", process=server.process.pid)

    def test_who_lost_its_claim_to_one_that_moves_the_tenant_writes_no_more(self):
        with Server(data=self.data, demo=False) as server:
            client = self.signed_in(server)
            server.process.send_signal(signal.SIGSTOP)  # it would take it again by itself
            self.lose_claim()
            holder = Holder(self.postgres, self.database)
            server.process.send_signal(signal.SIGCONT)
            answer = client.request("POST", CUSTOMER, {"name": "lost"})
            self.assertEqual((answer.status, answer.json()["reason"]), (503, "tenant.moving"), answer)
            self.assertIn("retry-after", answer.headers)
            self.assertEqual(client.request("GET", CUSTOMER).status, 200, "reading goes on")
            holder.let_go()
            wait_until(lambda: client.request("POST", CUSTOMER, {"name": "back"}).status == 201, 10, "a write")

    def test_who_comes_back_when_the_tenant_is_elsewhere_writes_no_more(self):
        with Server(data=self.data, demo=False) as server:
            client = self.signed_in(server)
            server.process.send_signal(signal.SIGSTOP)
            self.lose_claim()
            moved = self.tenant("move", "acme", "--file")
            server.process.send_signal(signal.SIGCONT)
            self.assertEqual(moved.returncode, 0, moved)
            answer = client.request("POST", CUSTOMER, {"name": "lost"})
            self.assertEqual((answer.status, answer.json()["reason"]), (503, "tenant.moved"), answer)

    def test_a_server_that_starts_while_a_tenant_is_moved_waits_for_it(self):
        holder = Holder(self.postgres, self.database)
        with Server(data=self.data, demo=False) as server:
            answer = server.client().request("POST", "/api/v1/session",
                                             {"company": "acme", "user": "anna", "password": PASSWORD})
            self.assertEqual((answer.status, answer.json()["reason"]), (503, "tenant.away"), answer)
            holder.let_go()
            client = server.client()
            wait_until(lambda: client.request("GET", "/readyz").json()["away"] == 0, 20, "that it is served")
            self.signed_in(server)


if __name__ == "__main__":
    unittest.main()
