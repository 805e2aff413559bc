"""The configuration file, its errors, its reference, and that the command line wins over it."""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import BINARY, ROOT, Server  # noqa: E402


def tenon(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(BINARY), *arguments], capture_output=True, text=True, timeout=60, check=False)


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(self.folder.cleanup)
        self.file = pathlib.Path(self.folder.name) / "tenon.toml"

    def errors_of(self, text: str) -> list:
        self.file.write_text(text)
        done = tenon("config", "check", str(self.file))
        self.assertEqual(done.returncode, 2, done)
        lines = done.stderr.removeprefix("tenon: ").strip().splitlines()
        return [line.removeprefix(str(self.file) + ":") for line in lines]

    def test_every_mistake_is_told_at_once_with_its_place(self):
        errors = self.errors_of('[server]\nlisten = 8080\n[limits]\nhed_bytes = 1\nhead_bytes = "9 GiB"\n'
                                '[times]\nheader = 5\n[nonsense]\nx = 1\n')
        self.assertEqual(len(errors), 5, errors)
        self.assertTrue(errors[0].startswith("2:10: server.listen wants text"), errors)
        self.assertTrue(errors[1].startswith('4:1: unknown key "limits.hed_bytes"; did you mean "limits.head_bytes"?'))
        self.assertTrue(errors[2].startswith("5:14: limits.head_bytes wants a size from 512 to 1MiB"), errors)
        self.assertTrue(errors[3].startswith("7:10: times.header wants a time"), errors)
        self.assertTrue(errors[4].startswith('8:2: unknown key "nonsense"') or
                        errors[4].startswith('8:1: unknown key "nonsense"'), errors)

    def test_what_is_not_toml_is_told_with_its_place(self):
        errors = self.errors_of("[server]\nlisten = \n")
        self.assertRegex(errors[0], r"^2:\d+: this is not TOML")
        self.assertRegex(self.errors_of("[server\n")[0], r"^1:\d+: this is not TOML")

    def test_a_file_that_is_missing_is_named(self):
        done = tenon("serve", "--config", "/nowhere/tenon.toml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere/tenon.toml", done.stderr)

    def test_the_whole_reference_is_a_file_that_is_right(self):
        done = tenon("config", "check", "/dev/null")
        self.assertEqual(done.returncode, 0, done)
        self.file.write_text(done.stdout)
        again = tenon("config", "check", str(self.file))
        self.assertEqual(again.returncode, 0, again)
        self.assertEqual(again.stdout, done.stdout)

    def test_the_reference_in_the_documentation_is_what_the_program_prints(self):
        done = tenon("config", "reference")
        self.assertEqual(done.returncode, 0, done)
        page = (ROOT / "docs/operations/configuration.md").read_text()
        self.assertIn(done.stdout, page, "run: tenon config reference, and put it into the page")

    def test_the_file_is_obeyed_and_the_command_line_wins(self):
        data = pathlib.Path(self.folder.name) / "data"
        self.file.write_text('[server]\ndata = "data"\nlisten = "127.0.0.1:1"\n[limits]\ntarget_bytes = 200\n'
                             'head_fields = 10\n')
        with Server("--config", str(self.file), "--set", "limits.head_fields=20", demo=False, data=str(data)) as server:
            client = server.client()
            self.assertEqual(client.request("GET", "/healthz").status, 200)
            self.assertEqual(client.request("GET", "/" + "a" * 300).status, 414)
            client = server.client()
            self.assertEqual(client.request("GET", "/healthz", headers={f"X-{i}": "y" for i in range(12)}).status, 200)
            self.assertEqual(client.request("GET", "/healthz", headers={f"X-{i}": "y" for i in range(22)}).status, 431)
            self.assertTrue((data / "tenants").is_dir(), "a path in the file is taken from its folder")

    def test_wrong_settings_on_the_command_line_are_one_line(self):
        for setting, word in [("limits.hed_bytes=1", "did you mean"), ("limits.head_bytes=x", "wants a size"),
                              ("limits", "KEY=VALUE"), ("log.level=loud", "wants one of")]:
            done = tenon("serve", "--data", self.folder.name, "--set", setting)
            self.assertEqual(done.returncode, 2, done)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertIn(word, done.stderr)
        done = tenon("serve", "--data", self.folder.name, "--io-threads", "many")
        self.assertIn("--io-threads: server.io_threads wants a number", done.stderr)

    def test_the_supervisor_is_told_when_the_server_is_ready_and_when_it_stops(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = os.path.join(self.folder.name, "notify")
            notify.bind(path)
            notify.settimeout(20)
            os.environ["NOTIFY_SOCKET"] = path
            try:
                server = Server(demo=False).start()
            finally:
                del os.environ["NOTIFY_SOCKET"]
            self.assertEqual(notify.recv(100), b"READY=1")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(notify.recv(100), b"STOPPING=1")
            server.__exit__()


if __name__ == "__main__":
    unittest.main()
