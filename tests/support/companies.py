"""A server with two companies, acme and beta, each with an administrator anna and the crm module; people and roles for them."""
import json
import pathlib
import sqlite3
import subprocess
import unittest

from private_postgres import PrivatePostgres
from tenon_server import BINARY, GUESTS, PASSWORD, ROOT, Client, Server, create_tenant

CUSTOMER = "/api/v1/crm/customer"
NOBODY = "01890000-0000-7000-8000-000000000000"


def tenon(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([str(BINARY), *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


class Case(unittest.TestCase):
    def problem(self, answer, status: int, reason: str) -> dict:
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(answer.headers["content-type"].startswith("application/problem+json"), answer.headers)
        body = answer.json()
        self.assertEqual(body.get("reason"), reason, body)
        return body

    def good(self, answer, status: int = 200):
        self.assertEqual(answer.status, status, answer)
        return answer.json() if answer.body else None


class Companies(Case):
    """For files; the second class is for PostgreSQL."""

    @classmethod
    def database(cls) -> list:
        return []

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--connections-per-address", "1000", demo=False)
        for company in ("acme", "beta"):
            made = create_tenant(cls.server.data, company, *cls.database())
            assert made.returncode == 0, made
        done = tenon("operator", "create", "ops", "--data", cls.server.data, "--json")
        assert done.returncode == 0, done
        cls.operator_token = json.loads(done.stdout)["token"]
        cls.server.start()
        for company in ("acme", "beta"):
            client = cls.server.client().sign_in(company, "anna", PASSWORD)
            answer = client.upload((ROOT / "plugins/crm/plugin.toml").read_bytes(), (GUESTS / "crm.wasm").read_bytes())
            assert answer.status == 201, answer
        cls.serial = 0

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, (code, cls.server.errors())
        cls.server.__exit__()

    def setUp(self):
        self.anna = self.server.client().sign_in("acme", "anna", PASSWORD)

    def fresh(self, word: str) -> str:
        type(self).serial += 1
        return f"{word}{self.serial}"

    def role(self, *grants, columns=()) -> str:
        body = {"name": self.fresh("role"), "columns": list(columns),
                "permissions": [dict(zip(("permission", "scope"), grant.split(":"))) for grant in grants]}
        return self.good(self.anna.request("POST", "/api/v1/roles", body), 201)["id"]

    def user(self, roles=(), department=None, name=None) -> dict:
        body = {"name": name or self.fresh("user"), "roles": list(roles), "department": department, "password": PASSWORD}
        return self.good(self.anna.request("POST", "/api/v1/users", body), 201)

    def enter(self, user: dict) -> Client:
        return self.server.client().sign_in("acme", user["name"], PASSWORD)

    def department(self, parent=None) -> str:
        body = {"name": self.fresh("department"), "parent": parent}
        return self.good(self.anna.request("POST", "/api/v1/departments", body), 201)["id"]

    def customer(self, client: Client, **fields) -> dict:
        fields.setdefault("name", self.fresh("客户"))
        answer = client.request("POST", CUSTOMER, fields, {"Prefer": "return=representation"})
        body = self.good(answer, 201)
        return body[0] if isinstance(body, list) else body

    def bearer(self, token: str) -> dict:
        return {"Authorization": f"Bearer {token}"}

    def audit(self, action: str) -> list:
        """What the audit of acme says of an action: the contents of its rows, read past the server."""
        sql = f"SELECT after FROM audit WHERE action = '{action}' ORDER BY sequence"
        file = pathlib.Path(self.server.data) / "tenants/acme.db"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute(sql)]
        finally:
            connection.close()


class OnPostgres:
    """Mixed in before the tests of Companies: the same for companies in PostgreSQL."""

    def audit(self, action: str) -> list:
        sql = f"SELECT coalesce(after, '') FROM t_acme.audit WHERE action = '{action}' ORDER BY sequence"
        return [row[0] for row in self.postgres.ask(sql, self.address.rsplit("/", 1)[1])]

    @classmethod
    def database(cls) -> list:
        if not hasattr(cls, "postgres"):
            cls.postgres = PrivatePostgres.required()
            cls.addClassCleanup(cls.postgres.close)
            cls.address = cls.postgres.fresh_database()
        return ["--database", cls.address]
