"""The operator and his companies, over HTTP and from the command line."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import CUSTOMER, Case, Companies, OnPostgres, tenon  # noqa: E402
from private_postgres import PrivatePostgres  # noqa: E402
from tenon_server import PASSWORD, Server, create_tenant  # noqa: E402


class OperatorTest(Companies):
    # -- the operator ------------------------------------------------------------------------------------------

    def test_the_operator_makes_companies_and_sets_their_plans(self):
        operator = self.server.client()
        headers = self.bearer(self.operator_token)
        name = self.fresh("company")
        wish = {"name": name, "administrator": "root", "plan": {"name": "small", "limits": {"users": 1}}}
        for wrong in ({**wish, "administrator": ""}, {**wish, "plan": {"limits": {"wishes": 3}}},
                      {**wish, "plan": {"limits": {"users": 0}}}, {**wish, "plan": 7}):
            self.problem(operator.request("POST", "/api/v1/tenants", wrong, headers), 422, "schema.fields")
        made = self.good(operator.request("POST", "/api/v1/tenants", wish, headers), 201)
        self.problem(operator.request("POST", "/api/v1/tenants", wish, headers), 409, "tenant.exists")
        root = self.server.client()
        self.good(root.request("PUT", "/api/v1/session/ticket",
                               {"token": made["invitation"]["token"], "password": PASSWORD}))
        root.sign_in(name, "root", PASSWORD)
        self.problem(root.request("POST", "/api/v1/users", {"name": "second"}), 409, "plan.users")
        changed = self.good(operator.request("PATCH", f"/api/v1/tenants/{name}", {"plan": {"limits": {"users": 2}}},
                                             headers))
        self.assertEqual((changed["plan"]["name"], changed["plan"]["limits"]["users"], changed["usage"]["users"]),
                         ("standard", 2, 1))
        self.good(root.request("POST", "/api/v1/users", {"name": "second"}), 201)
        listed = {one["name"] for one in self.good(operator.request("GET", "/api/v1/tenants", headers=headers))}
        self.assertLessEqual({"acme", "beta", name}, listed)
        self.problem(operator.request("GET", "/api/v1/tenants/nowhere", headers=headers), 404, "tenant.unknown")
        link = self.good(operator.request("POST", f"/api/v1/tenants/{name}/link", {"user": "root"}, headers), 201)
        self.assertEqual(link["purpose"], "reset")
        # A full company reads and deletes, and writes nothing more.
        self.good(operator.request("PATCH", f"/api/v1/tenants/{name}", {"plan": {"limits": {"storage_bytes": 1}}}, headers))
        self.problem(root.request("POST", "/api/v1/users", {"name": "third"}), 507, "plan.storage")
        self.good(root.request("GET", "/api/v1/users"))
        # The operator opens no company's records, and no user of a company is an operator.
        self.assertEqual(operator.request("GET", CUSTOMER, headers=headers).status, 401)
        self.problem(self.anna.request("GET", "/api/v1/tenants"), 403, "permission")
        self.problem(self.server.client().request("GET", "/api/v1/tenants"), 401, "http.unauthenticated")


class OperatorOnPostgresTest(OnPostgres, OperatorTest):
    pass


class CommandLineTest(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.assertEqual(create_tenant(self.data, "acme").returncode, 0)

    def command(self, *arguments: str):
        done = tenon(*arguments, "--data", self.data, "--json")
        self.assertEqual(done.returncode, 0, (arguments, done))
        return json.loads(done.stdout)

    def refused(self, *arguments: str, word: str) -> None:
        done = tenon(*arguments, "--data", self.data)
        self.assertEqual(done.returncode, 2, (arguments, done))
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(word, done.stderr)

    def test_users_and_roles_are_managed_from_the_command_line(self):
        self.command("role", "create", "acme", "people", "--grant", "tenon.users.read", "--grant", "tenon.users.manage:all")
        self.refused("role", "create", "acme", "x", "--grant", "tenon.fly", word="tenon.fly")
        self.refused("role", "create", "acme", "x", "--grant", "tenon.users.read:self", word="scope")
        self.assertIn("tenon.roles.manage", {one["permission"] for one in self.command("role", "permissions", "acme")})
        made = self.command("user", "create", "acme", "bert", "--role", "people", "--email", "b@example.com",
                            "--url", "https://erp.example.com")
        self.assertTrue(made["link"].startswith("https://erp.example.com/welcome#acme."))
        self.refused("user", "create", "acme", "BERT", word="used already")
        self.refused("user", "create", "acme", "x", "--role", "nothing", word="nothing")
        self.assertEqual({one["name"]: one["state"] for one in self.command("user", "list", "acme")},
                         {"anna": "active", "bert": "invited"})
        self.assertEqual([one["users"] for one in self.command("role", "list", "acme")], [1, 1])
        self.command("user", "assign", "acme", "bert", "--role", "administrator")
        self.refused("user", "deactivate", "acme", "anna", word="last active administrator")
        self.command("user", "deactivate", "acme", "bert")
        self.command("user", "reactivate", "acme", "bert")
        link = self.command("user", "reset-password", "acme", "bert")["link"]
        self.command("role", "delete", "acme", "people")
        self.refused("user", "reset-password", "acme", "nobody", word="nobody")
        with Server(data=self.data, demo=False) as server:
            self.refused("user", "list", "acme", word="open")
            client = server.client()
            self.good(client.request("PUT", "/api/v1/session/ticket",
                                     {"token": link.split("#")[1], "password": PASSWORD}))
            client.sign_in("acme", "bert", PASSWORD)
            done = tenon("operator", "create", "ops", "--data", self.data, "--json")
            token = json.loads(done.stdout)["token"]
            headers = {"Authorization": f"Bearer {token}"}
            self.good(server.client().request("GET", "/api/v1/tenants", headers=headers))
            self.assertEqual([one["operator"] for one in self.command("operator", "list")], ["ops"])
            self.command("operator", "remove", "ops")
            self.problem(server.client().request("GET", "/api/v1/tenants", headers=headers), 401, "http.token")
        verified = tenon("audit", "verify", "--data", self.data, "--tenant", "acme")
        self.assertEqual(verified.returncode, 0, verified)

    def test_a_tenant_that_moves_takes_its_people_along(self):
        self.command("user", "create", "acme", "bert")
        postgres = PrivatePostgres.required()
        self.addCleanup(postgres.close)
        for place in (["--database", postgres.fresh_database()], ["--file"]):
            moved = tenon("tenant", "move", "acme", "--data", self.data, *place)
            self.assertEqual(moved.returncode, 0, moved)
            self.assertEqual([one["name"] for one in self.command("user", "list", "acme")], ["anna", "bert"])
            with Server(data=self.data, demo=False) as server:
                server.client().sign_in("acme", "anna", PASSWORD)


if __name__ == "__main__":
    unittest.main()
