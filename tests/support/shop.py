"""The shop of the record API's tests: a server with a module of many kinds of fields, and a few rows in it."""
import pathlib
import unittest
import urllib.parse

from private_postgres import PrivatePostgres
from served import ServedTest
from tenon_server import GUESTS, ROOT

ITEM = "/api/v1/shop/item"
CATEGORY = "/api/v1/shop/category"
REVIEW = "/api/v1/shop/review"
REPRESENTATION = {"Prefer": "return=representation"}
OBJECT = "application/vnd.pgrst.object+json"


def path(base: str, **parameters) -> str:
    """`path(ITEM, select="name", price="gt.1")`; a dot in a name is written as two underscores."""
    named = {name.replace("__", ".").rstrip("_"): value for name, value in parameters.items()}
    return base + "?" + urllib.parse.urlencode(named, safe="*(),.:{}!")


class ShopTest(ServedTest):
    """Subclasses get `self.client`, signed in, and `self.make(...)`. Rows are made under a name of the test's own."""

    @classmethod
    def setUpClass(cls):
        if cls is ShopTest:
            raise unittest.SkipTest("the base of others")
        super().setUpClass()
        client = cls.server.client().sign_in()
        manifest = (ROOT / "tests/integration/shop.toml").read_bytes()
        answer = client.upload(manifest, (GUESTS / "supplier.wasm").read_bytes())
        assert answer.status == 201, answer

    def setUp(self):
        super().setUp()
        for entity in (REVIEW, ITEM, CATEGORY):
            answer = self.client.request("DELETE", entity + "?id=not.is.null")
            self.assertEqual(answer.status, 204, answer)

    def get(self, target: str, status: int = 200, **headers):
        answer = self.client.request("GET", target, headers={k.replace("_", "-"): v for k, v in headers.items()})
        self.assertEqual(answer.status, status, (target, answer))
        return answer

    def rows(self, base: str = ITEM, **parameters) -> list:
        return self.get(path(base, **parameters)).json()

    def names(self, **parameters) -> list:
        return [row["name"] for row in self.rows(ITEM, select="name", order="name", **parameters)]

    def make(self, entity: str = ITEM, **fields) -> dict:
        answer = self.client.request("POST", entity, fields, REPRESENTATION)
        self.assertEqual(answer.status, 201, (fields, answer))
        return answer.json()[0]

    def problem(self, answer, status: int, code: str | None = None, reason: str | None = None) -> dict:
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(answer.headers["content-type"].startswith("application/problem+json"), answer.headers)
        body = answer.json()
        for member in ("type", "title", "status", "code", "message", "details", "hint", "fields", "trace_id"):
            self.assertIn(member, body)
        if code:
            self.assertEqual(body["code"], code, body)
        if reason:
            self.assertEqual(body.get("reason"), reason, body)
        return body


def on_postgres(*tests) -> dict:
    """The same tests for a tenant in PostgreSQL, to be put among the names of the module."""

    def database(cls) -> list:
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)
        return ["--database", cls.postgres.fresh_database()]

    made = {}
    for test in tests:
        name = test.__name__.removesuffix("Test") + "OnPostgresTest"
        made[name] = type(name, (test,), {"database": classmethod(database), "__doc__": "For a tenant in PostgreSQL."})
    return made
