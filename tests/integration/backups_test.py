"""Scheduled backups on a live server and the command line around them: made, listed, verified, restored on trial and for
good; what is wrong with them is told by health and history."""
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import BINARY, Server, wait_until  # noqa: E402


def tenon(*arguments: str):
    return subprocess.run([str(BINARY), *arguments], capture_output=True, text=True, timeout=120, check=False)


def told(*arguments: str):
    done = tenon(*arguments, "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


class BackupsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-backups-")
        self.data = f"{self.folder.name}/data"
        self.backups = pathlib.Path(self.folder.name) / "backups"
        self.server = Server("--demo-rows", "200", "--set", f"backups.directory={self.backups}", "--set", "jobs.retry_pause=1h",
                             data=self.data).start()
        self.client = self.server.client().sign_in()

    def tearDown(self):
        self.server.__exit__()
        self.folder.cleanup()

    def run_job(self, job: str) -> dict:
        wait_until(lambda: self.client.request("POST", f"/api/v1/jobs/{job}/run").status == 202, what="the job")
        wait_until(lambda: (self.runs(job) or [{"state": "running"}])[0]["state"] not in ("running",), 60, "the run")
        return self.runs(job)[0]

    def runs(self, job: str):
        return self.client.request("GET", f"/api/v1/jobs/{job}/runs").json()

    def health(self) -> dict:
        return next(module for module in self.client.request("GET", "/api/v1/modules").json() if module["id"] == "backups")

    def test_backups_are_made_drilled_listed_verified_and_restored(self):
        self.assertEqual(self.run_job("backups.backup")["state"], "done")
        made, = self.backups.glob("demo/*")
        self.assertRegex(made.name, r"^demo-\d{8}T\d{6}Z\.tenon$")
        self.assertEqual(self.run_job("backups.drill")["state"], "done")
        self.assertEqual(list(self.backups.glob("demo/*")), [made], "the scratch folder is gone")
        self.assertEqual((self.health()["status"], self.health()["details"]["drills"]), ("healthy", 1))
        listed, = told("backup", "list", "--directory", str(self.backups))
        self.assertEqual((listed["tenant"], listed["archive"]), ("demo", str(made)))
        self.assertEqual(told("backup", "verify", str(made))["tenant"], "demo")
        drilled = told("backup", "verify", str(made), "--drill")
        self.assertTrue(drilled["restored"])
        self.assertGreater(drilled["audit_rows"], 200)
        other = f"{self.folder.name}/other"
        pathlib.Path(other).mkdir()
        restored = told("backup", "restore", str(made), "again", "--data", other)
        self.assertEqual(restored["tenant"], "again")
        created = told("backup", "create", "demo", "--data", self.data, "--directory", str(self.backups))
        self.assertTrue(pathlib.Path(created["archive"]).exists())
        with made.open("r+b") as file:
            file.seek(5000)
            file.write(b"\x7f\x7f\x7f\x7f")
        for arguments in ((), ("--drill",)):
            wrong = tenon("backup", "verify", str(made), *arguments)
            self.assertEqual(wrong.returncode, 2, wrong)
            self.assertIn(made.name, wrong.stderr)

    def test_a_backup_that_cannot_be_written_is_told_by_history_and_health(self):
        self.backups.write_text("no folder")
        failed = self.run_job("backups.backup")
        self.assertEqual((failed["state"], failed["error"]["reason"]), ("failed", "backups.folder"))
        health = self.health()
        self.assertEqual(health["status"], "degraded")
        self.assertNotIn("demo", health["message"])
        self.backups.unlink()
        self.assertEqual(self.run_job_again()["state"], "done")
        self.assertEqual(self.health()["status"], "healthy")

    def run_job_again(self) -> dict:
        """The retry is an hour away: it is made due while nothing runs. The command line reads the history meanwhile."""
        self.server.stop()
        self.server.__exit__()
        jobs = told("job", "list", "demo", "--data", self.data)
        self.assertIn("backups.backup", [job["id"] for job in jobs])
        history = told("job", "history", "demo", "backups.backup", "--data", self.data)
        self.assertEqual(history[0]["state"], "failed")
        with sqlite3.connect(pathlib.Path(self.data) / "tenants/demo.db") as database:
            database.execute("UPDATE job SET retry_at = 1 WHERE id = 'backups.backup'")
        database.close()
        self.server = Server("--demo-rows", "200", "--set", f"backups.directory={self.backups}", data=self.data).start()
        self.client = self.server.client().sign_in()
        wait_until(lambda: self.runs("backups.backup")[0]["state"] == "done", 60, "the retry")
        return self.runs("backups.backup")[0]

    def test_the_command_line_asks_for_a_run_that_the_server_begins(self):
        wait_until(lambda: self.client.request("GET", "/api/v1/jobs/backups.backup").json()["next_due"], what="the look")
        self.server.stop()
        self.server.__exit__()
        asked = told("job", "run", "demo", "backups.backup", "--data", self.data)
        self.assertEqual(asked["job"], "backups.backup")
        self.assertEqual(tenon("job", "run", "demo", "no.job", "--data", self.data).returncode, 2)
        self.server = Server("--demo-rows", "200", "--set", f"backups.directory={self.backups}", data=self.data).start()
        self.client = self.server.client().sign_in()
        wait_until(lambda: self.runs("backups.backup") and self.runs("backups.backup")[0]["state"] == "done", 60, "the run")


if __name__ == "__main__":
    unittest.main(verbosity=2)
