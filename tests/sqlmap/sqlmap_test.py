"""sqlmap finds nothing in the server, and finds what is planted. TENON_SQLMAP=deep asks all it can, of PostgreSQL too."""
import concurrent.futures
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from injectable import SLOTS, Injectable  # noqa: E402
from private_postgres import PrivatePostgres  # noqa: E402
from slots import CUSTOMER, Slot, slots  # noqa: E402
from tenon_server import Server  # noqa: E402
from tool import program, run  # noqa: E402

DEEP = os.environ.get("TENON_SQLMAP") == "deep"
LEVEL, RISK = (5, 3) if DEEP else (2, 2)
# sqlmap asks this much at least of a place that takes words at all.
LEAST = 20


class SqlmapTest(unittest.TestCase):
    def setUp(self):
        program()

    def attack(self, port: int, cookie: str | None, places: list[Slot], database: str) -> list:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda slot: run(slot, port, cookie, database, LEVEL, RISK), places))

    def server(self, database: str, *arguments: str) -> None:
        with Server("--demo-rows", "300", "--set", "limits.requests_per_connection=1000000", *arguments) as server:
            client = server.client().sign_in()
            page = client.request("GET", CUSTOMER + "?order=name.asc&limit=3&select=id,name")
            cursor = page.headers["link"].split("after=")[1].split(">")[0].split("&")[0]
            before = self.state(client)
            places = [one for one in slots(page.json()[0]["id"], cursor) if DEEP or not one.deep]
            log = pathlib.Path(server.data) / "log/access.jsonl"
            verdicts = self.attack(server.port, client.cookie, places, database)
            asked = len(log.read_text().splitlines())
            problems = [one.problem() for one in verdicts if one.problem()]
            self.assertEqual(problems, [], "\n".join(problems))
            self.assertGreater(asked, LEAST * len(places), "sqlmap has hardly asked anything")
            lines = log.read_text().splitlines()
            broken = [line for line in lines if '"status":5' in line and '"status":503' not in line]
            self.assertEqual(broken, [], broken[:5])
            self.assertEqual(self.state(server.client().sign_in()), before, "the tables are what they were")
            self.assertTrue(server.alive())
            print(f"{database}: {len(places)} places, {asked} requests at level {LEVEL}, risk {RISK}, 0 findings")

    @staticmethod
    def state(client) -> tuple:
        total = client.request("GET", CUSTOMER + "?limit=1", headers={"Prefer": "count=exact"}).headers["content-range"]
        return total, sorted(one["id"] for one in client.request("GET", "/api/v1/plugins").json())

    def test_nothing_is_found_in_the_server(self):
        self.server("sqlite")

    @unittest.skipUnless(DEEP, "./dev soak sqlmap")
    def test_nothing_is_found_in_a_tenant_in_postgresql(self):
        postgres = PrivatePostgres.required()
        self.addCleanup(postgres.close)
        self.server("postgresql", "--database", postgres.fresh_database())

    def test_what_is_planted_is_found_in_each_place(self):
        with Injectable() as server:
            for verdict in self.attack(server.port, None, SLOTS, "sqlite"):
                self.assertTrue(verdict.found, f"{verdict.slot.name} was not found:\n{verdict.text[-3000:]}")


if __name__ == "__main__":
    unittest.main()
