"""Scheduled jobs on a live server: a plugin's action at its time, by hand, after a stop, and after kill -9 in the middle
of it; what is kept of each run, who may see and do what, and what changes with the company's time zone."""
import pathlib
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import GUESTS, PASSWORD, ROOT, Server, wait_until  # noqa: E402

PROBE = (ROOT / "tests/guests/probe/plugin.toml").read_text().replace(
    'plugins = [{ id = "ground", version = "^1.0" }]\n', "")
for action in ("leave_note", "slow", "not_there"):
    PROBE += f"""
[[actions]]
name = "{action}"
display_name = {{ "zh-CN" = "动作{action}", en = "{action}" }}
permission = "note.manage"

[[jobs]]
name = "{action}"
display_name = {{ "zh-CN" = "每夜{action}", en = "Every night: {action}" }}
cron = "0 3 * * *"
action = "{action}"
retries = 1
"""
PROBE += """
[[jobs]]
name = "skipping"
display_name = { "zh-CN" = "错过则免", en = "Not when missed" }
cron = "0 3 * * *"
action = "leave_note"
missed = "skip"
"""
OPTIONS = ["--demo-rows", "0", "--set", "jobs.lease=1s", "--set", "jobs.retry_pause=100ms"]


class Jobs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-jobs-")
        self.server = None
        self.start()
        answer = self.client.upload(PROBE.encode(), (GUESTS / "probe.wasm").read_bytes())
        self.assertEqual(answer.status, 201, answer)
        wait_until(lambda: self.job("probe.slow")["next_due"], what="the first look at the new job")

    def tearDown(self):
        if self.server:
            self.server.__exit__()
        self.folder.cleanup()

    def start(self):
        self.server = Server(*OPTIONS, data=self.folder.name).start()
        self.client = self.server.client().sign_in()

    def stop(self):
        self.assertEqual(self.server.stop(), 0, self.server.errors())
        self.server.__exit__()

    def kill(self):
        self.server.kill()
        self.server.__exit__()

    def get(self, path: str):
        answer = self.client.request("GET", path)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def job(self, job: str):
        return self.get(f"/api/v1/jobs/{job}")

    def runs(self, job: str):
        return self.get(f"/api/v1/jobs/{job}/runs")

    def notes(self, text: str) -> int:
        return self.get(f"/x/probe/notes/{text}")["count"]

    def post(self, path: str, status: int, client=None):
        answer = (client or self.client).request("POST", f"/api/v1/jobs/{path}")
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def missed(self, job: str) -> None:
        """As if the job had been due an hour ago, while nothing ran."""
        with sqlite3.connect(pathlib.Path(self.folder.name) / "tenants/demo.db") as database:
            changed = database.execute("UPDATE job SET next_due = ? WHERE id = ?",
                                       ((int(time.time()) // 60 - 60) * 60_000_000, job))
            self.assertEqual(changed.rowcount, 1)
        database.close()

    def test_a_job_due_during_a_stop_runs_once_after_the_start(self):
        self.stop()
        self.missed("probe.leave_note")
        self.missed("probe.skipping")
        self.start()
        wait_until(lambda: self.runs("probe.leave_note") and self.runs("probe.leave_note")[0]["ended_at"],
                   what="the run after the start")
        run, = self.runs("probe.leave_note")
        self.assertEqual((run["state"], run["cause"], run["attempt"]), ("done", "missed", 1))
        self.assertEqual(self.notes("by%20a%20job"), 1)
        wait_until(lambda: self.runs("probe.skipping"), what="the note that a time was skipped")
        skipped, = self.runs("probe.skipping")
        self.assertEqual((skipped["state"], skipped["cause"]), ("skipped", "missed"))
        self.stop()
        self.start()  # it is not due again
        self.assertGreater(self.job("probe.leave_note")["next_due"], run["ended_at"])
        self.post("probe.not_there/run", 202)
        wait_until(lambda: self.runs("probe.not_there"), what="a later look")
        self.assertEqual(len(self.runs("probe.leave_note")), 1)
        self.assertEqual(self.notes("by%20a%20job"), 1)

    def test_kill_9_in_the_middle_of_a_run_leaves_it_to_the_next_process_and_its_effect_comes_once(self):
        for round_number in range(1, 4):
            self.post("probe.slow/run", 202)
            wait_until(lambda: self.job("probe.slow")["running"], what="the run")
            self.kill()
            self.start()
            first = self.runs("probe.slow")[0]
            self.assertEqual(first["state"], "running", "nobody knows yet that it is dead")
            wait_until(lambda: self.runs("probe.slow")[0]["state"] == "done", what="the run by the next process")
            again, before = self.runs("probe.slow")[:2]
            self.assertEqual((before["state"], before["attempt"]), ("interrupted", 1))
            self.assertEqual((again["attempt"], again["due_at"]), (2, before["due_at"]))
            self.assertEqual(self.notes("slow"), round_number)

    def test_a_run_by_hand_is_in_history_and_audit(self):
        asked = self.post("probe.leave_note/run", 202)
        self.assertEqual(asked["label"]["zh-CN"], "每夜leave_note")
        wait_until(lambda: self.job("probe.leave_note")["last_run"]
                   and self.job("probe.leave_note")["last_run"]["state"] == "done", what="the run")
        run = self.runs("probe.leave_note")[0]
        me = self.get("/api/v1/session")
        self.assertEqual((run["cause"], run["asked_by"]), ("manual", me["user"]["id"]))
        self.assertRegex(run["trace_id"], "^[0-9a-f]{32}$")
        self.assertEqual(self.notes("by%20a%20job"), 1)
        file = pathlib.Path(self.folder.name) / "tenants/demo.db"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT action FROM audit WHERE entity = 'platform.job'").fetchall()
        database.close()
        self.assertEqual([row[0] for row in rows], ["run_asked"])

    def test_a_failure_is_told_with_its_reason_and_tried_as_often_as_said(self):
        self.post("probe.not_there/run", 202)
        wait_until(lambda: len(self.runs("probe.not_there")) == 2
                   and self.runs("probe.not_there")[0]["state"] == "failed", what="the second attempt")
        newest, first = self.runs("probe.not_there")
        self.assertEqual((newest["attempt"], first["attempt"]), (2, 1))
        self.assertTrue(newest["error"]["message"])
        self.assertFalse(self.job("probe.not_there")["retry_at"])

    def test_a_paused_job_has_no_next_time_and_the_companys_zone_moves_it(self):
        due = self.job("probe.slow")["next_due"]
        self.assertIn("T19:00:00", due, "three in Shanghai")
        paused = self.post("probe.slow/pause", 200)
        self.assertEqual((paused["paused"], paused["next_due"]), (True, None))
        resumed = self.post("probe.slow/resume", 200)
        self.assertEqual((resumed["paused"], resumed["next_due"]), (False, due))
        changed = self.client.request("PATCH", "/api/v1/settings/company", {"values": {"time_zone": "Asia/Kathmandu"}})
        self.assertEqual(changed.status, 200, changed)
        self.post("probe.echo/run", 404)
        self.post("probe.slow/pause", 200)
        self.assertIn("T21:15:00", self.post("probe.slow/resume", 200)["next_due"])

    def test_who_may_do_what(self):
        made = self.client.request("POST", "/api/v1/users", {"name": "clerk", "roles": [], "password": PASSWORD})
        self.assertEqual(made.status, 201, made)
        clerk = self.server.client().sign_in(user="clerk", password=PASSWORD)
        for method, path in (("GET", ""), ("GET", "/probe.slow"), ("GET", "/probe.slow/runs"), ("POST", "/probe.slow/run"),
                             ("POST", "/probe.slow/pause"), ("POST", "/probe.slow/resume")):
            answer = clerk.request(method, "/api/v1/jobs" + path)
            self.assertEqual((answer.status, answer.json()["reason"]), (403, "permission"), path)
            self.assertEqual(self.server.client().request(method, "/api/v1/jobs" + path).status, 401, path)
        unknown = self.client.request("GET", "/api/v1/jobs/probe.nothing", headers={"Accept-Language": "zh-CN"})
        self.assertEqual((unknown.status, unknown.json()["reason"]), (404, "job.unknown"))
        self.assertIn("没有这个定时任务", unknown.json()["message"])
        for query in ("limit=0", "limit=x", "limit=201", "before=x", "other=1"):
            answer = self.client.request("GET", f"/api/v1/jobs/probe.slow/runs?{query}")
            self.assertEqual((answer.status, answer.json()["reason"]), (422, "query.parameter"), query)
        self.assertEqual({job["id"] for job in self.get("/api/v1/jobs")} & {"probe.slow", "probe.skipping"},
                         {"probe.slow", "probe.skipping"})
        self.client.request("POST", "/api/v1/plugins/probe/disable")
        self.assertEqual([job for job in self.get("/api/v1/jobs") if job["module"] == "probe"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
