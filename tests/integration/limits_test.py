"""Every bound of the edge over a real socket: what is over it gets its status, says so in words, and disturbs nobody."""
import json
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"


def raw(port: int, data: bytes) -> bytes:
    """Everything the server says until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(data)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


class LimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo-rows", "100", "--set", "times.header=500ms",
                            "--set", "limits.body_bytes_per_second=100000").start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
        cls.server.__exit__()

    def setUp(self):
        self.client = self.server.client().sign_in()

    def refused(self, answer, status: int, reason: str) -> dict:
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json; charset=utf-8")
        body = answer.json()
        self.assertEqual(body["status"], status)
        self.assertEqual(body["reason"], reason, body)
        self.assertEqual(len(body["trace_id"]), 32)
        self.assertEqual(self.server.client().request("GET", "/healthz").status, 200)
        return body

    def edge(self, data: bytes, status: int, reason: str) -> None:
        head, _, body = raw(self.server.port, data).partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 %d " % status), head)
        self.assertIn(b"\r\nConnection: close", head)
        problem = json.loads(body)
        self.assertEqual((problem["status"], problem["reason"]), (status, reason))

    def test_a_head_of_more_than_8_kib_is_431(self):
        self.edge(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 8192 + b"\r\n\r\n", 431, "http.head.size")

    def test_more_than_64_fields_are_431(self):
        fields = b"".join(b"X-%d: y\r\n" % i for i in range(64))
        self.edge(b"GET / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n", 431, "http.field.count")

    def test_a_target_of_more_than_4_kib_is_414(self):
        self.edge(b"GET /" + b"a" * 4096 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414, "http.target.size")

    def test_a_body_of_more_than_1_mib_is_413_and_one_of_1_mib_is_read(self):
        headers = {"Content-Type": "application/json"}
        text = b'{"name":"' + b"x" * (2**20 - 11) + b'"}'
        self.assertEqual(len(text), 2**20)
        self.assertEqual(self.client.request("POST", CUSTOMER, text, headers).status, 422)
        self.edge(b"POST " + CUSTOMER.encode() + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413,
                  "http.body_too_large")

    def test_json_deeper_than_64_is_400_however_deep(self):
        headers = {"Content-Type": "application/json"}
        for depth in (65, 100_000):
            text = b'{"name":' + b"[" * depth + b"]" * depth + b"}"
            self.refused(self.client.request("POST", CUSTOMER, text, headers), 400, "json.depth")

    def test_more_than_500_records_at_once_are_refused(self):
        answer = self.client.request("POST", CUSTOMER, [{"name": f"n{i}"} for i in range(501)])
        self.refused(answer, 413, "limit.batch")

    def test_a_page_has_at_most_1000_rows(self):
        self.assertIn(self.client.request("GET", CUSTOMER + "?limit=1000").status, (200, 206))
        self.assertEqual(self.client.request("GET", CUSTOMER + "?limit=1001").status, 422)

    def test_a_slow_head_and_a_slow_body_are_408(self):
        self.edge(b"GET / HTTP/1.1\r\nHo", 408, "http.time.request")
        self.edge(b"POST " + CUSTOMER.encode() + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{", 408,
                  "http.time.request")


class RatesTest(unittest.TestCase):
    """The defaults: 50 requests a second for a user, 200 for a company and for an address, twice that at once."""

    def burst(self, client, count: int, path: str = "/api/v1/menu") -> list:
        return [client.request("GET", path, headers={"Accept-Language": "en"}) for _ in range(count)]

    def first_refusal(self, answers: list, reason: str) -> int:
        refused = [i for i, answer in enumerate(answers) if answer.status == 429]
        self.assertTrue(refused, [answer.status for answer in answers[-5:]])
        answer = answers[refused[0]]
        self.assertEqual(answer.headers["retry-after"], "1")
        body = answer.json()
        self.assertEqual((body["reason"], body["code"]), (reason, "exhausted"))
        self.assertGreater(body["details"]["wait_ms"], 0)
        return refused[0]

    def test_a_user_gets_a_burst_of_100_and_another_user_notices_nothing(self):
        with Server("--demo-rows", "0", "--set", "limits.user_rate=5", "--set", "limits.address_rate=100000",
                    fast=False) as server:
            client = server.client().sign_in()
            self.assertGreaterEqual(self.first_refusal(self.burst(client, 40), "limit.rate_user"), 10)
            self.assertEqual(server.client().request("GET", "/healthz").status, 200)

    def test_a_company_has_a_rate_of_its_own(self):
        with Server("--demo-rows", "0", "--set", "limits.user_rate=1000", "--set", "limits.tenant_rate=5",
                    "--set", "limits.address_rate=100000", fast=False) as server:
            client = server.client().sign_in()
            self.assertGreaterEqual(self.first_refusal(self.burst(client, 40), "limit.rate_tenant"), 10)

    def test_an_address_is_counted_before_anybody_is_known(self):
        with Server("--demo-rows", "0", "--set", "limits.address_rate=5", fast=False) as server:
            answers = self.burst(server.client(), 40)
            self.assertGreaterEqual(self.first_refusal(answers, "limit.rate_address"), 10)
            self.assertEqual(answers[0].status, 401)

    def test_the_defaults_are_on(self):
        with Server("--demo-rows", "0", fast=False) as server:
            client = server.client().sign_in()
            self.assertGreaterEqual(self.first_refusal(self.burst(client, 2000), "limit.rate_user"), 100)


if __name__ == "__main__":
    unittest.main()
