"""Wrong use of the program gets one clear line on standard error and exit code 2; good use of the author's tools prints
what they say they print."""
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import BINARY, GUESTS, ROOT, Server  # noqa: E402


def tenon(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([str(BINARY), *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-cli-")
        self.data = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def refused(self, *arguments: str, word: str) -> None:
        done = tenon(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done))
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(word, done.stderr)

    def test_wrong_flags_addresses_and_folders_are_refused_in_one_line(self):
        self.refused("serve", "--data", self.data, "--no-such-flag", word="no-such-flag")
        self.refused("serve", "--lisen", "127.0.0.1:0", word="--lisen")
        self.refused("--no-such-flag", word="--no-such-flag")
        self.refused("nonsense", word="nonsense")
        self.refused(word="subcommand")
        self.refused("serve", "--data", self.data, "--listen", "nowhere", word="nowhere")
        self.refused("serve", "--data", self.data, "--listen", "127.0.0.1:99999", word="99999")
        self.refused("serve", "--data", "/dev/null/x", "--listen", "127.0.0.1:0", word="/dev/null/x")
        self.refused("serve", "--data", self.data, "--listen", "0.0.0.0:0", "--demo", word="loopback")

    def test_a_port_in_use_is_refused_in_one_line(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.refused("serve", "--data", self.data, "--listen", f"127.0.0.1:{port}", word=f"{port} is in use")

    def test_a_database_of_a_newer_version_and_a_damaged_one_are_refused_by_name(self):
        with Server("--demo-rows", "0", data=self.data):
            pass
        file = next(pathlib.Path(self.data).glob("tenants/demo*.db"))
        connection = sqlite3.connect(file)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {version + 1000}")
        connection.commit()
        connection.close()
        self.refused("serve", "--data", self.data, "--listen", "127.0.0.1:0", word="demo")
        for beside in pathlib.Path(self.data).glob("tenants/demo*"):
            beside.unlink()
        file.write_bytes(b"this is no database at all" * 1000)
        self.refused("serve", "--data", self.data, "--listen", "127.0.0.1:0", word="demo")

    def test_a_component_is_run_by_hand_and_everything_it_did_is_told(self):
        done = tenon("plugin", "call", str(GUESTS / "cpp_v0.wasm"), "handle-event", "order.created", "{}")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("result: ok", done.stdout)
        self.assertIn("log: info 处理事件 order.created 成功", done.stdout)
        rows = next(line for line in done.stdout.splitlines() if line.startswith("rows: test_entity "))
        self.assertEqual([row["name"] for row in json.loads(rows.removeprefix("rows: test_entity "))], ["test"])
        bill = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("bill: ")).removeprefix("bill: "))
        self.assertEqual(bill["rows_written"], 1)
        self.assertGreater(bill["fuel"], 0)

    def test_low_fuel_is_an_error_with_a_name(self):
        done = tenon("plugin", "call", str(GUESTS / "cpp_v0.wasm"), "init", "--fuel", "100")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("error exhausted limit.fuel", done.stdout)

    def test_files_that_are_no_components_are_refused_by_reason(self):
        good = (GUESTS / "cpp_v0.wasm").read_bytes()
        for name, content in {"empty": b"", "text": b"hello", "cut": good[:len(good) // 2]}.items():
            file = pathlib.Path(self.data) / f"{name}.wasm"
            file.write_bytes(content)
            self.refused("plugin", "call", str(file), "init", word="tenon: ")
        self.refused("plugin", "call", str(pathlib.Path(self.data) / "missing.wasm"), "init", word="missing.wasm")

    def test_manifests_are_checked_as_the_server_would(self):
        self.assertEqual(tenon("plugin", "check", str(ROOT / "plugins/crm/plugin.toml")).returncode, 0)
        file = pathlib.Path(self.data) / "plugin.toml"
        file.write_text('[metadata]\nid = "X"\nnmae = "x"\n')
        done = tenon("plugin", "check", str(file))
        self.assertEqual(done.returncode, 2)
        self.assertIn(":2:", done.stderr)
        self.assertIn(":3:", done.stderr)

    def test_a_tenant_is_made_once_and_its_administrator_signs_in(self):
        made = ("tenant", "create", "acme", "--data", self.data, "--user", "anna")
        self.assertEqual(tenon(*made, stdin="a long password\n").returncode, 0)
        self.assertEqual(tenon(*made, stdin="a long password\n").returncode, 2)
        self.assertEqual(tenon("tenant", "create", "beta", "--data", self.data, "--user", "b", stdin="short\n").returncode, 2)
        with Server(data=self.data, demo=False) as server:
            self.assertEqual(server.client().sign_in("acme", "anna", "a long password").request("GET", "/api/v1/menu").status, 200)

    def test_a_tenant_is_backed_up_while_it_is_served_and_comes_back_as_another(self):
        archive = str(pathlib.Path(self.data) / "demo.tenant")
        with Server("--demo-rows", "50", data=self.data):
            made = tenon("tenant", "backup", "demo", archive, "--data", self.data, "--json")
            self.assertEqual(made.returncode, 0, made)
            self.assertGreater(json.loads(made.stdout)["rows"], 50)
            self.refused("tenant", "drop", "demo", "--data", self.data, word="open")
        self.assertEqual(tenon("tenant", "verify", archive).returncode, 0)
        self.assertEqual(pathlib.Path(archive).stat().st_mode & 0o777, 0o600)
        connection = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
        self.assertEqual(connection.execute("SELECT tenant FROM archive_end").fetchone()[0], "demo")
        connection.close()
        done = tenon("tenant", "restore", archive, "copy", "--data", self.data)
        self.assertEqual(done.returncode, 0, done)
        with Server(data=self.data, demo=False) as server:
            answer = server.client().sign_in("copy", "demo", "demo").request("GET", "/api/v1/menu")
            self.assertEqual(answer.status, 200)
        listed = json.loads(tenon("tenant", "list", "--data", self.data, "--json").stdout)
        self.assertEqual([(one["name"], one["place"]) for one in listed], [("copy", "file"), ("demo", "file")])
        self.assertEqual(tenon("tenant", "drop", "copy", "--data", self.data).returncode, 0)
        self.assertEqual(tenon("tenant", "purge", "copy", "--data", self.data, "--json").stdout.strip(), '{"tenant":"copy","purged":1}')

    def test_wrong_archives_names_and_places_of_tenants_are_refused_in_one_line(self):
        with Server("--demo-rows", "1", data=self.data):
            pass
        data = ("--data", self.data)
        archive = pathlib.Path(self.data) / "demo.tenant"
        self.assertEqual(tenon("tenant", "backup", "demo", str(archive), *data).returncode, 0)
        self.refused("tenant", "backup", "demo", str(archive), *data, word="already")
        self.refused("tenant", "backup", "none", str(archive) + "2", *data, word="none")
        self.refused("tenant", "backup", "demo", "/no/such/folder/x", *data, word="/no/such/folder/x")
        self.refused("tenant", "restore", str(archive), "demo", *data, word="already")
        self.refused("tenant", "restore", str(archive), "../x", *data, word="a-z")
        self.refused("tenant", "restore", "/no/such/file", "copy", *data, word="/no/such/file")
        self.refused("tenant", "move", "demo", *data, word="--file")
        self.refused("tenant", "move", "demo", "--file", *data, word="there already")
        self.refused("tenant", "move", "demo", "--database", "mysql://x", *data, word="PostgreSQL")
        self.refused("tenant", "drop", "none", *data, word="none")
        good = archive.read_bytes()
        bad = pathlib.Path(self.data) / "bad.tenant"
        for content in (b"", b"text", good[:-1], good[:1000], good[:5000] + bytes([good[5000] ^ 1]) + good[5001:], good.replace(b"tenon-archive 1  ", b"tenon-archive 9  ")):
            bad.write_bytes(content)
            self.refused("tenant", "verify", str(bad), word="bad.tenant")
            self.refused("tenant", "restore", str(bad), "copy", *data, word="bad.tenant")


if __name__ == "__main__":
    unittest.main()
