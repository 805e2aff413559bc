"""A tenant moves between a file and PostgreSQL by the command, keeps all it has, and is at exactly one place whatever
moment the command is killed at. TENON_ROUNDS sets the number of kills."""
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres  # noqa: E402
from tenon_server import BINARY, Server  # noqa: E402

ROUNDS = int(os.environ.get("TENON_ROUNDS", "12"))


class TenantMoveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tenon-move-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.archives = 0

    def tenant(self, *arguments: str) -> dict | list:
        done = subprocess.run([str(BINARY), "tenant", *arguments, "--data", self.data, "--json"], capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, (arguments, done.stderr))
        return json.loads(done.stdout)

    def contents(self) -> dict:
        """Rows and hash of each table, as a backup has them; it is verified."""
        self.archives += 1
        archive = pathlib.Path(self.data) / f"{self.archives}.tenant"
        self.tenant("backup", "demo", str(archive))
        done = subprocess.run([str(BINARY), "tenant", "verify", str(archive)], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        connection = sqlite3.connect(f"file:{archive}?mode=ro&immutable=1", uri=True)
        rows = {name: (rows, total) for name, rows, total in connection.execute("SELECT name, rows, sum FROM archive_table")}
        connection.close()
        archive.unlink()
        return rows

    def place(self) -> str:
        listed = self.tenant("list")
        self.assertEqual([one["name"] for one in listed], ["demo"])
        return listed[0]["place"]

    def menu(self) -> int:
        with Server(data=self.data, demo=False) as server:
            return server.client().sign_in("demo", "demo", "demo").request("GET", "/api/v1/menu").status

    def test_users_records_and_numbers_come_along_there_and_back(self):
        with Server("--demo-rows", "300", data=self.data):
            pass
        before = self.contents()
        for to in (("--database", self.postgres.fresh_database()), ("--file",)):
            moved = self.tenant("move", "demo", *to)
            self.assertGreater(moved["rows"], 300)
            self.assertEqual(self.place(), "file" if to == ("--file",) else to[1])
            self.assertEqual(self.contents(), before)
            self.assertEqual(self.menu(), 200)
            before = self.contents()
        self.assertEqual(self.tenant("purge", "demo")["purged"], 2)
        self.assertEqual(self.menu(), 200)

    def test_a_move_that_is_killed_at_any_moment_leaves_one_whole_tenant(self):
        with Server("--demo-rows", "500", data=self.data):
            pass
        before = self.contents()
        database = self.postgres.fresh_database()
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        killed = 0
        seconds = 1.0
        for _ in range(ROUNDS):
            to = ("--file",) if self.place() != "file" else ("--database", database)
            begun = time.monotonic()
            child = subprocess.Popen([str(BINARY), "tenant", "move", "demo", *to, "--data", self.data],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                child.communicate(timeout=dice.uniform(0, seconds))
                seconds = max(0.2, time.monotonic() - begun)
                self.assertEqual(child.returncode, 0)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.communicate()
                killed += 1
            self.assertEqual(self.contents(), before, f"seed {seed}")
        self.assertGreater(killed, 0, f"seed {seed}")
        self.tenant("move", "demo", *(("--file",) if self.place() != "file" else ("--database", database)))
        self.assertEqual(self.contents(), before)
        if self.place() != "file":
            self.tenant("move", "demo", "--file")
        self.tenant("purge", "demo")
        self.assertEqual(self.contents(), before)
        left = [row[0] for row in self.postgres.ask(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'", database.rsplit("/", 1)[1])]
        self.assertEqual(left, [], "no copy is left behind")


if __name__ == "__main__":
    unittest.main()
