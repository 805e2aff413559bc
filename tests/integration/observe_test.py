"""What an operator sees: the access log, the server's log, metrics, health; and that no secret is in any of it."""
import json
import pathlib
import re
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class ObserveTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(self.folder.cleanup)

    def access(self, server) -> list:
        file = pathlib.Path(server.data) / "log/access.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()]

    def line(self, server, trace: str) -> dict:
        wait_until(lambda: any(line.get("trace") == trace for line in self.access(server)), what="the line")
        return next(line for line in self.access(server) if line.get("trace") == trace)

    def test_each_request_has_a_line_that_says_whose_it_was(self):
        with Server("--demo-rows", "0") as server:
            client = server.client().sign_in()
            answer = client.request("GET", CUSTOMER + "?limit=1", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
            self.assertEqual(answer.status, 200)
            self.assertRegex(answer.headers["traceresponse"], f"^00-{TRACE}-[0-9a-f]{{16}}-01$")
            line = self.line(server, TRACE)
            self.assertEqual((line["method"], line["status"], line["tenant"], line["plugin"], line["route"]),
                             ("GET", 200, "demo", "crm", "/api/v1/{plugin}/{entity}"))
            self.assertRegex(line["user"], "^[0-9a-f-]{36}$")
            self.assertGreater(line["sent"], len(answer.body))
            self.assertGreater(line["ms"], 0)
            self.assertEqual(line["address"], "127.0.0.1")
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_a_wrong_traceparent_gets_a_new_trace_and_every_problem_has_one(self):
        with Server("--demo-rows", "0") as server:
            client = server.client()
            for wrong in (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"ff-{TRACE}-00f067aa0ba902b7-01", "x", "00-" + "0" * 32 +
                          "-00f067aa0ba902b7-01", f"00-{TRACE}-0000000000000000-01", f"00-{TRACE}-00f067aa0ba902b7-01-x"):
                trace = client.request("GET", "/api/v1/menu", headers={"traceparent": wrong}).json()["trace_id"]
                self.assertRegex(trace, "^[0-9a-f]{32}$")
                self.assertNotEqual(trace, TRACE)
            later = client.request("GET", "/api/v1/menu", headers={"traceparent": f"01-{TRACE}-00f067aa0ba902b7-01-x"})
            self.assertEqual(later.json()["trace_id"], TRACE, "a version to come is read as far as it is known")
            missing = client.request("DELETE", "/healthz", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
            self.assertEqual((missing.status, missing.json()["trace_id"]), (405, TRACE))
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(b"GET / HTTP/9\r\n\r\n")
                problem = json.loads(connection.makefile("rb").read().partition(b"\r\n\r\n")[2])
            line = self.line(server, problem["trace_id"])
            self.assertEqual((line["status"], line["reason"], line["route"]), (400, "http.version", ""))

    def test_no_secret_reaches_a_log(self):
        canary = "CANARYzq81x"
        with Server("--demo-rows", "0", "--set", "log.format=json", "--set", "times.header=300ms") as server:
            client = server.client().sign_in()
            token = client.cookie.partition("=")[2]
            for path in (CUSTOMER + f"?name=eq.{canary}", f"/{canary}", f"/api/v1/{canary}/x", f"/x/{canary}/y",
                         f"/api/v1/crm/rpc/{canary}", CUSTOMER + f"/{canary}", CUSTOMER + f"?{canary}=1",
                         CUSTOMER + f"?name=bad.{canary}"):
                client.request("GET", path)
                client.request("POST", path, {"name": canary, canary: canary})
                client.request("PATCH", path, f'{{"name":"{canary}'.encode(), {"Content-Type": "application/json"})
            stranger = server.client()
            for headers in ({"Authorization": f"Bearer {canary}"}, {"Cookie": f"tenon-sid={canary}"}, {canary: canary},
                            {"X-Forwarded-For": canary}, {"User-Agent": canary}, {"traceparent": canary},
                            {"Host": canary}, {"Origin": f"http://{canary}"}):
                stranger.request("GET", "/api/v1/menu", headers=headers)
                stranger.request("POST", "/api/v1/session",
                                 {"company": canary, "user": canary, "password": canary}, headers)
            server.client().request("POST", "/api/v1/session", {"company": "demo", "user": "demo", "password": canary})
            for data in (b"GET /" + canary.encode() + b" HTTP/1.1\r\nHost: h\r\n" + canary.encode(),
                         canary.encode() + b" / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: " + canary.encode() + b"/\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", server.port)) as connection:
                    connection.sendall(data)
                    connection.makefile("rb").read()
            count = len(self.access(server))
            server.client().request("GET", "/healthz")
            wait_until(lambda: len(self.access(server)) > count, what="the last line")
            metrics = server.client().request("GET", "/metrics").body.decode()
            self.assertEqual(server.stop(), 0)
            logs = {"access log": (pathlib.Path(server.data) / "log/access.jsonl").read_text(),
                    "server log": server.errors(), "metrics": metrics}
            self.assertGreater(len(logs["access log"].splitlines()), 40)
            for name, text in logs.items():
                for secret in (canary, token, "demo-password"):
                    self.assertNotIn(secret.lower(), text.lower(), name)
            for line in logs["server log"].splitlines():
                json.loads(line)

    def test_a_log_file_that_was_renamed_is_opened_anew_on_sighup_and_rotation_keeps_its_bound(self):
        with Server("--demo-rows", "0", "--set", "log.rotate_bytes=64KiB", "--set", "log.keep_files=2") as server:
            log = pathlib.Path(server.data) / "log"
            client = server.client()
            client.request("GET", "/healthz")
            wait_until(lambda: (log / "access.jsonl").read_text(), what="the first line")
            (log / "access.jsonl").rename(log / "moved")
            server.reload()
            wait_until(lambda: (log / "access.jsonl").exists(), what="the new file")
            for _ in range(1500):
                client.request("GET", "/healthz")
            wait_until(lambda: (log / "access.jsonl.2").exists(), what="two files set aside")
            server.stop()
            self.assertFalse((log / "access.jsonl.3").exists())
            for file in log.glob("access.jsonl*"):
                self.assertLessEqual(file.stat().st_size, 2 * 64 * 1024)
                self.assertEqual(file.stat().st_mode & 0o077, 0, "for its owner only")

    def test_metrics_count_what_happens_and_are_for_the_operator(self):
        with Server("--demo-rows", "0") as server:
            client = server.client().sign_in()
            for _ in range(3):
                self.assertEqual(client.request("GET", CUSTOMER + "?limit=1").status, 200)
            self.assertEqual(client.request("POST", CUSTOMER, {"name": "上海贸易"}).status, 201)
            answer = server.client().request("GET", "/metrics")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
            text = answer.body.decode()
            route = 'method="GET",route="/api/v1/{plugin}/{entity}"'
            self.assertIn(f'tenon_http_requests_total{{{route},status="200"}} 3', text)
            self.assertIn(f'tenon_http_request_seconds_count{{{route}}} 3', text)
            self.assertRegex(text, r'tenon_plugin_calls_total\{plugin="crm",tenant="demo"\} [1-9]')
            self.assertRegex(text, r'tenon_plugin_fuel_total\{plugin="crm",tenant="demo"\} [1-9]')
            self.assertIn("tenon_tenants_served 1", text)
            self.assertRegex(text, r"process_resident_memory_bytes \d")
            for line in text.splitlines():
                self.assertRegex(line, r'^(# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{[^}]*(\{[^}]*\}[^}]*)*\})? [0-9.e+-]+|[a-z_]+\{.*\} (\+Inf|[0-9.e+-]+))$')
            for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
                self.assertEqual(server.client().request("GET", "/metrics", headers={header: "1.2.3.4"}).status, 403)

    def test_a_token_opens_metrics_and_nothing_else_does(self):
        file = pathlib.Path(self.folder.name) / "token"
        file.write_text("a-token-of-enough-length\n")
        with Server("--demo-rows", "0", "--set", f"metrics.token_file={file}") as server:
            for value, status in [(None, 403), ("Bearer wrong", 403), ("a-token-of-enough-length", 403),
                                  ("Bearer a-token-of-enough-length", 200), ("bearer a-token-of-enough-length", 200)]:
                headers = {"Authorization": value} if value else {}
                self.assertEqual(server.client().request("GET", "/metrics", headers=headers).status, status, value)

    def test_health_tells_how_many_are_served(self):
        with Server("--demo-rows", "0") as server:
            self.assertEqual(server.client().request("GET", "/healthz").json(), {"status": "ok"})
            ready = server.client().request("GET", "/readyz")
            self.assertEqual((ready.status, ready.json()), (200, {"status": "ok", "served": 1, "away": 0, "read_only": 0}))


if __name__ == "__main__":
    unittest.main()
