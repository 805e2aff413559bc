"""Who may do what, over a real socket: the first start, invitations, roles with data scopes and column rights, sessions
that outlive the process, API tokens, a second factor, throttling, another's eyes, the operator and his companies. Every
endpoint is walked by strangers, by users without the right and by the administrator of another company."""
import base64
import hashlib
import hmac
import pathlib
import re
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres  # noqa: E402
from tenon_server import BINARY, GUESTS, PASSWORD, ROOT, Client, Server, create_tenant, wait_until  # noqa: E402

import json  # noqa: E402
import subprocess  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
NOBODY = "01890000-0000-7000-8000-000000000000"


def tenon(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([str(BINARY), *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


def one_time_code(secret: str, at: float) -> str:
    """RFC 6238 in Python's own words."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


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


class FirstStartTest(Case):
    def test_the_first_company_is_made_by_the_link_of_the_first_start_and_its_session_outlives_the_process(self):
        with Server(demo=False) as server:
            link = server.process.stdout.readline() + server.process.stdout.readline()
            token = re.search(r"/setup#(\S+)", link).group(1)
            client = server.client()
            self.assertEqual(self.good(client.request("GET", "/api/v1/setup")), {"needed": True})
            wish = {"token": token, "company": "acme", "user": "anna", "password": PASSWORD}
            self.problem(client.request("POST", "/api/v1/setup", {**wish, "token": "x"}), 403, "ticket.invalid")
            self.problem(client.request("POST", "/api/v1/setup", {**wish, "password": "password1"}), 422, "user.password")
            self.problem(client.request("POST", "/api/v1/setup", {**wish, "user": ""}), 422, "schema.fields")
            self.problem(client.request("POST", "/api/v1/setup", {**wish, "company": "../x"}), 400, "tenant.name")
            self.good(client.request("POST", "/api/v1/setup", wish), 201)
            self.problem(client.request("POST", "/api/v1/setup", {**wish, "company": "beta"}), 403, "ticket.invalid")
            self.assertEqual(self.good(client.request("GET", "/api/v1/setup")), {"needed": False})
            client.sign_in("acme", "anna", PASSWORD)
            self.assertTrue(self.good(client.request("GET", "/api/v1/session"))["user"]["administrator"])
            cookie = client.cookie
            self.assertEqual(server.stop(), 0)
            server.start()
            again = server.client()
            again.cookie = cookie
            self.assertEqual(self.good(again.request("GET", "/api/v1/session"))["user"]["name"], "anna")
            self.assertEqual((pathlib.Path(server.data) / "secret.key").stat().st_mode & 0o777, 0o600)

    def test_without_tls_in_front_the_cookie_is_named_otherwise_and_behind_it_it_is_bound_to_the_host(self):
        for arguments, begin, flag in ((), "tenon-sid=", False), (("--public-url", "https://erp.example.com"),
                                                                  "__Host-tenon-sid=", True):
            with Server("--demo-rows", "0", *arguments) as server:
                answer = server.client().request("POST", "/api/v1/session",
                                                 {"company": "demo", "user": "demo", "password": "demo"})
                cookie = answer.headers["set-cookie"]
                self.assertTrue(cookie.startswith(begin), cookie)
                self.assertIn("HttpOnly", cookie)
                self.assertIn("SameSite=Lax", cookie)
                self.assertEqual("Secure" in cookie, flag, cookie)


class IdentityTest(Case):
    """One server with two companies, each with the crm module."""

    @classmethod
    def database(cls) -> list:
        return []

    @classmethod
    def setUpClass(cls):
        cls.server = Server(demo=False)
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

    # -- users -------------------------------------------------------------------------------------------------

    def test_an_invited_user_chooses_a_password_by_a_link_that_works_once(self):
        made = self.good(self.anna.request("POST", "/api/v1/users", {"name": "invited", "email": "i@example.com"}), 201)
        self.assertEqual(made["state"], "invited")
        self.assertRegex(made["invitation"]["link"], r"^http://127\.0\.0\.1:\d+/welcome#acme\.")
        token = made["invitation"]["token"]
        stranger = self.server.client()
        look = self.good(stranger.request("POST", "/api/v1/session/ticket", {"token": token}))
        self.assertEqual(look, {"company": "acme", "user": "invited", "purpose": "invitation"})
        for wrong in (token + "x", "beta." + token.split(".")[1], "acme.x", "nowhere." + token.split(".")[1], ""):
            answer = stranger.request("PUT", "/api/v1/session/ticket", {"token": wrong, "password": PASSWORD})
            self.assertIn(answer.status, (403, 422), (wrong, answer))
        self.problem(stranger.request("PUT", "/api/v1/session/ticket", {"token": token, "password": "invited1"}), 422,
                     "user.password")
        self.good(stranger.request("PUT", "/api/v1/session/ticket", {"token": token, "password": PASSWORD}))
        self.problem(stranger.request("PUT", "/api/v1/session/ticket", {"token": token, "password": PASSWORD}), 403,
                     "ticket.invalid")
        stranger.sign_in("acme", "INVITED", PASSWORD)
        reset = self.good(self.anna.request("POST", f"/api/v1/users/{made['id']}/link", {}), 201)
        self.assertEqual(reset["purpose"], "reset")
        self.good(self.server.client().request("PUT", "/api/v1/session/ticket",
                                               {"token": reset["token"], "password": "another password 2"}))
        self.problem(stranger.request("GET", "/api/v1/session"), 401, "http.unauthenticated")

    def test_users_are_listed_read_changed_and_versioned(self):
        user = self.user()
        path = f"/api/v1/users/{user['id']}"
        answer = self.anna.request("GET", path)
        self.assertEqual(answer.headers["etag"], '"1"')
        changed = self.anna.request("PATCH", path, {"full_name": "Bert B.", "locale": "en"}, {"If-Match": '"1"'})
        self.assertEqual(self.good(changed)["full_name"], "Bert B.")
        self.problem(self.anna.request("PATCH", path, {"full_name": "x"}, {"If-Match": '"1"'}), 412, "data.version")
        wrong = self.anna.request("PATCH", path, {"locale": "fr", "nonsense": 1, "email": "x"}).json()
        self.assertEqual({field["path"] for field in wrong["fields"]}, {"/nonsense"}, wrong)
        wrong = self.anna.request("PATCH", path, {"locale": "fr", "email": "x"}).json()
        self.assertEqual({field["path"] for field in wrong["fields"]}, {"/locale", "/email"}, wrong)
        names, url = [], "/api/v1/users?limit=2"
        while url:
            page = self.anna.request("GET", url)
            names += [one["name"] for one in self.good(page)]
            link = page.headers.get("link")
            url = link[link.index("<") + 1:link.index(">")] if link else None
        self.assertEqual(names, sorted(names))
        self.assertIn(user["name"], names)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual([one["name"] for one in self.good(self.anna.request("GET", f"/api/v1/users?q={user['name']}"))],
                         [user["name"]])
        self.problem(self.anna.request("GET", "/api/v1/users?limit=0"), 422, "query.parameter")
        self.problem(self.anna.request("GET", "/api/v1/users?limit=201"), 422, "query.parameter")
        self.problem(self.anna.request("POST", "/api/v1/users", {"name": user["name"].upper()}), 409, "user.exists")

    def test_who_has_left_hands_over_records_and_loses_every_way_in(self):
        role = self.role("crm.customer.list:self", "crm.customer.manage:self")
        leaving, staying = self.user([role]), self.user([role])
        client, heir = self.enter(leaving), self.enter(staying)
        token = self.good(client.request("POST", "/api/v1/tokens", {"name": "import"}), 201)["token"]
        made = [self.customer(client) for _ in range(3)]
        self.assertEqual(heir.request("GET", f"{CUSTOMER}/{made[0]['id']}").status, 404)
        done = self.good(self.anna.request("POST", f"/api/v1/users/{leaving['id']}/deactivate",
                                           {"hand_over_to": staying["id"]}))
        self.assertTrue(done["complete"])
        self.assertGreaterEqual(done["handed_over"], 3)
        self.problem(client.request("GET", CUSTOMER), 401, "http.unauthenticated")
        self.problem(self.server.client().request("GET", CUSTOMER, headers=self.bearer(token)), 401, "http.token")
        answer = self.server.client().request("POST", "/api/v1/session", {"company": "acme", "user": leaving["name"],
                                                                         "password": PASSWORD})
        self.problem(answer, 401, "http.login_failed")
        for one in made:
            row = self.good(heir.request("GET", f"{CUSTOMER}/{one['id']}"))
            self.assertEqual(row["owner"], staying["id"])
        self.problem(self.anna.request("POST", f"/api/v1/users/{leaving['id']}/deactivate",
                                       {"hand_over_to": leaving["id"]}), 409, "user.successor")
        self.good(self.anna.request("POST", f"/api/v1/users/{leaving['id']}/reactivate", {}))
        self.enter(leaving)

    def test_the_last_administrator_cannot_lock_himself_out(self):
        me = self.good(self.anna.request("GET", "/api/v1/session"))["user"]["id"]
        self.problem(self.anna.request("POST", f"/api/v1/users/{me}/deactivate", {}), 409, "user.self")
        self.problem(self.anna.request("PUT", f"/api/v1/users/{me}/roles", {"roles": []}), 409, "user.last_administrator")

    # -- roles and data scopes ---------------------------------------------------------------------------------

    def test_roles_are_made_of_the_permissions_of_the_installed_modules(self):
        known = {one["permission"]: one for one in self.good(self.anna.request("GET", "/api/v1/permissions"))}
        self.assertEqual(known["crm.customer.list"]["scopes"], ["self", "department", "department_tree", "all"])
        self.assertEqual(known["tenon.users.manage"]["scopes"], ["all"])
        self.assertIn("crm.activity.list", known, "an entity without declared permissions has list and manage")
        for wrong, path in (({"permission": "crm.customer.fly"}, "/permissions/0/permission"),
                            ({"permission": "crm.customer.list", "scope": "none"}, "/permissions/0/scope"),
                            ({"permission": "tenon.users.read", "scope": "self"}, "/permissions/0/scope"),
                            ("crm.customer.list", "/permissions/0")):
            answer = self.anna.request("POST", "/api/v1/roles", {"name": self.fresh("role"), "permissions": [wrong]})
            self.assertEqual(self.problem(answer, 422, "schema.fields")["fields"][0]["path"], path)
        for wrong, path in (({"entity": "crm.nothing", "column": "x", "right": "hidden"}, "/columns/0/entity"),
                            ({"entity": "crm.customer", "column": "x", "right": "hidden"}, "/columns/0/column"),
                            ({"entity": "crm.customer", "column": "id", "right": "hidden"}, "/columns/0/column"),
                            ({"entity": "crm.customer", "column": "city", "right": "x"}, "/columns/0/right")):
            answer = self.anna.request("POST", "/api/v1/roles", {"name": self.fresh("role"), "columns": [wrong]})
            self.assertEqual(self.problem(answer, 422, "schema.fields")["fields"][0]["path"], path)
        role = self.role("crm.customer.list:self")
        path = f"/api/v1/roles/{role}"
        etag = self.anna.request("GET", path).headers["etag"]
        self.good(self.anna.request("PATCH", path, {"description": "x"}, {"If-Match": etag}))
        self.problem(self.anna.request("PATCH", path, {"description": "y"}, {"If-Match": etag}), 412, "data.version")
        kept = self.good(self.anna.request("GET", path))
        self.assertEqual(kept["permissions"], [{"permission": "crm.customer.list", "scope": "self"}])
        self.assertEqual(self.anna.request("DELETE", path).status, 204)
        self.problem(self.anna.request("GET", path), 404, "role.unknown")
        built_in = next(one for one in self.good(self.anna.request("GET", "/api/v1/roles")) if one["built_in"])
        self.problem(self.anna.request("DELETE", f"/api/v1/roles/{built_in['id']}"), 403, "role.built_in")

    def test_a_scope_decides_which_records_are_seen_and_which_are_changed(self):
        company = self.department()
        north, south = self.department(company), self.department(company)
        seller = self.role("crm.customer.list:department", "crm.customer.manage:self")
        head = self.role("crm.customer.list:department_tree", "crm.customer.manage:department_tree")
        own = self.role("crm.customer.list:self", "crm.customer.manage:self")
        a, b = self.enter(self.user([seller], north)), self.enter(self.user([seller], north))
        c, boss = self.enter(self.user([own], south)), self.enter(self.user([head], company))
        of_a, of_c = self.customer(a), self.customer(c)
        status = lambda client, row: client.request("GET", f"{CUSTOMER}/{row['id']}").status  # noqa: E731
        self.assertEqual([status(one, of_a) for one in (a, b, c, boss, self.anna)], [200, 200, 404, 200, 200])
        self.assertEqual([status(one, of_c) for one in (a, b, c, boss, self.anna)], [404, 404, 200, 200, 200])
        listed = lambda client: {row["id"] for row in self.good(client.request("GET", CUSTOMER))}  # noqa: E731
        self.assertEqual(listed(b), {of_a["id"]})
        self.assertEqual(listed(c), {of_c["id"]})
        self.problem(b.request("PATCH", f"{CUSTOMER}/{of_a['id']}", {"city": "x"}), 403, "data.scope")
        self.problem(b.request("DELETE", f"{CUSTOMER}/{of_a['id']}"), 403, "data.scope")
        self.problem(c.request("PATCH", f"{CUSTOMER}/{of_a['id']}", {"city": "x"}), 404, "data.not_found")
        self.assertEqual(boss.request("PATCH", f"{CUSTOMER}/{of_a['id']}", {"city": "x"}).status, 204)
        self.assertEqual(a.request("PATCH", f"{CUSTOMER}/{of_a['id']}", {"city": "y"}).status, 204)
        self.problem(self.enter(self.user()).request("GET", CUSTOMER), 403, "permission")

    def test_hidden_and_locked_columns_are_so_on_every_path(self):
        role = self.role("crm.customer.list", "crm.customer.manage",
                         columns=[{"entity": "crm.customer", "column": "credit_limit", "right": "hidden"},
                                  {"entity": "crm.customer", "column": "city", "right": "locked"}])
        client = self.enter(self.user([role]))
        row = self.customer(self.anna, city="上海", credit_limit="77.00")
        seen = self.good(client.request("GET", f"{CUSTOMER}/{row['id']}"))
        self.assertNotIn("credit_limit", seen)
        self.assertEqual(seen["city"], "上海")
        for query in ("credit_limit=eq.77.00", "order=credit_limit.asc", "select=credit_limit"):
            self.assertEqual(client.request("GET", f"{CUSTOMER}?{query}").status, 422, query)
        answer = client.request("PATCH", f"{CUSTOMER}/{row['id']}", {"city": "x"})
        self.assertEqual(answer.json()["fields"][0]["code"], "read_only", answer)
        answer = client.request("PATCH", f"{CUSTOMER}/{row['id']}", {"credit_limit": "1.00"})
        self.assertGreaterEqual(answer.status, 400)

    def test_a_changed_right_holds_for_the_open_session_at_once(self):
        user = self.user()
        client = self.enter(user)
        self.problem(client.request("GET", CUSTOMER), 403, "permission")
        role = self.role("crm.customer.list")
        self.good(self.anna.request("PUT", f"/api/v1/users/{user['id']}/roles", {"roles": [role]}))
        self.good(client.request("GET", CUSTOMER))
        self.assertEqual(self.anna.request("DELETE", f"/api/v1/roles/{role}").status, 204)
        self.problem(client.request("GET", CUSTOMER), 403, "permission")
        self.good(self.anna.request("DELETE", f"/api/v1/users/{user['id']}/sessions"))
        self.problem(client.request("GET", CUSTOMER), 401, "http.unauthenticated")

    def test_departments_are_a_tree_without_a_cycle(self):
        top = self.department()
        below = self.department(top)
        self.problem(self.anna.request("PATCH", f"/api/v1/departments/{top}", {"parent": below}), 422, "department.cycle")
        self.problem(self.anna.request("DELETE", f"/api/v1/departments/{top}"), 409, "department.in_use")
        self.problem(self.anna.request("POST", "/api/v1/departments", {"name": "x", "parent": NOBODY}), 422, "schema.fields")
        user = self.user(department=below)
        rows = {one["id"]: one for one in self.good(self.anna.request("GET", "/api/v1/departments"))}
        self.assertEqual(rows[below]["members"], 1)
        self.assertEqual([one["id"] for one in self.good(self.anna.request("GET", f"/api/v1/users?department={below}"))],
                         [user["id"]])

    # -- sessions ----------------------------------------------------------------------------------------------

    def test_the_own_sessions_are_listed_and_ended(self):
        user = self.user()
        first, second = self.enter(user), self.enter(user)
        rows = self.good(second.request("GET", "/api/v1/sessions"))
        self.assertEqual([row["current"] for row in rows].count(True), 1)
        other = next(row for row in rows if not row["current"])
        self.assertEqual(self.anna.request("DELETE", f"/api/v1/sessions/{other['id']}").status, 404)
        self.assertEqual(second.request("DELETE", f"/api/v1/sessions/{other['id']}").status, 204)
        self.problem(first.request("GET", "/api/v1/session"), 401, "http.unauthenticated")
        third = self.enter(user)
        self.assertEqual(self.good(second.request("DELETE", "/api/v1/sessions"))["ended"], 1)
        self.problem(third.request("GET", "/api/v1/session"), 401, "http.unauthenticated")
        self.good(second.request("GET", "/api/v1/session"))

    def test_a_new_password_ends_the_other_sessions_and_changes_the_token_of_this_one(self):
        user = self.user()
        here, there = self.enter(user), self.enter(user)
        old = here.cookie
        wish = {"password": PASSWORD, "new_password": "a better password"}
        self.problem(here.request("POST", "/api/v1/session/password", {**wish, "password": "wrong"}), 403,
                     "user.wrong_password")
        self.problem(here.request("POST", "/api/v1/session/password", {**wish, "new_password": "short"}), 422,
                     "user.password")
        self.assertEqual(here.request("POST", "/api/v1/session/password", wish).status, 204)
        self.assertNotEqual(here.cookie, old)
        self.good(here.request("GET", "/api/v1/session"))
        self.problem(there.request("GET", "/api/v1/session"), 401, "http.unauthenticated")
        here.cookie = old
        self.problem(here.request("GET", "/api/v1/session"), 401, "http.unauthenticated")

    def test_a_planted_cookie_is_not_taken_over_by_a_sign_in(self):
        victim = self.enter(self.user())
        planted = victim.cookie
        victim.sign_in("acme", "anna", PASSWORD)
        self.assertNotEqual(victim.cookie, planted)
        victim.cookie = planted
        self.problem(victim.request("GET", "/api/v1/session"), 401, "http.unauthenticated")

    def test_a_second_factor_is_asked_for_and_each_code_works_once(self):
        user = self.user()
        client = self.enter(user)
        offered = self.good(client.request("POST", "/api/v1/session/totp", {"password": PASSWORD}))
        self.assertIn(offered["secret"], offered["address"])
        self.problem(client.request("PUT", "/api/v1/session/totp", {"code": "000000"}), 422, "totp.code")
        begin = time.time()
        code = one_time_code(offered["secret"], begin)
        codes = self.good(client.request("PUT", "/api/v1/session/totp", {"code": code}))["recovery_codes"]
        self.assertEqual(len(codes), 10)
        self.good(client.request("GET", "/api/v1/session"))
        entry = {"company": "acme", "user": user["name"], "password": PASSWORD}
        self.problem(self.server.client().request("POST", "/api/v1/session", entry), 401, "session.code_required")
        self.problem(self.server.client().request("POST", "/api/v1/session", {**entry, "code": code}), 401,
                     "session.code_wrong")
        later = one_time_code(offered["secret"], begin + 30)  # the next step is near enough
        self.good(self.server.client().request("POST", "/api/v1/session", {**entry, "code": later}))
        self.problem(self.server.client().request("POST", "/api/v1/session", {**entry, "code": later}), 401,
                     "session.code_wrong")
        self.good(self.server.client().request("POST", "/api/v1/session", {**entry, "code": codes[0]}))
        self.problem(self.server.client().request("POST", "/api/v1/session", {**entry, "code": codes[0]}), 401,
                     "session.code_wrong")
        self.assertEqual(self.anna.request("DELETE", f"/api/v1/users/{user['id']}/totp").status, 204)
        self.good(self.server.client().request("POST", "/api/v1/session", entry))

    def test_guessing_is_throttled_alike_for_names_that_exist_and_names_that_do_not(self):
        for name in (self.user()["name"], "nobody-at-all"):
            entry = {"company": "acme", "user": name, "password": "wrong password"}
            statuses = [self.server.client().request("POST", "/api/v1/session", entry).status for _ in range(5)]
            self.assertEqual(statuses, [401] * 5, name)
            answer = self.server.client().request("POST", "/api/v1/session", {**entry, "password": PASSWORD})
            self.problem(answer, 429, "session.throttled")
            self.assertGreater(int(answer.headers["retry-after"]), 30)

    def test_an_administrator_looks_with_another_users_eyes_and_changes_nothing(self):
        role = self.role("crm.customer.list:self", "crm.customer.manage:self")
        user = self.user([role])
        row = self.customer(self.enter(user))
        root = self.server.client().sign_in("acme", "anna", PASSWORD)
        others = self.customer(root)
        self.assertEqual(root.request("POST", "/api/v1/session/view-as", {"user": user["id"]}).status, 204)
        me = self.good(root.request("GET", "/api/v1/session"))
        self.assertEqual((me["user"]["name"], me["session"]["read_only"], me["session"]["actor"]["name"]),
                         (user["name"], True, "anna"))
        self.assertEqual({one["id"] for one in self.good(root.request("GET", CUSTOMER))}, {row["id"]})
        self.assertEqual(root.request("GET", f"{CUSTOMER}/{others['id']}").status, 404)
        for method, path, body in (("PATCH", f"{CUSTOMER}/{row['id']}", {"city": "x"}), ("POST", CUSTOMER, {"name": "x"}),
                                   ("DELETE", f"{CUSTOMER}/{row['id']}", None), ("POST", "/api/v1/tokens", {"name": "x"}),
                                   ("POST", "/api/v1/crm/rpc/set_level", {"ids": [row["id"]], "level": "A"}),
                                   ("PATCH", "/api/v1/session", {"locale": "en"})):
            self.problem(root.request(method, path, body), 403, "session.read_only")
        self.assertEqual(root.request("DELETE", "/api/v1/session/view-as").status, 204)
        self.assertTrue(self.good(root.request("GET", "/api/v1/session"))["user"]["administrator"])
        self.assertEqual(self.good(root.request("GET", f"{CUSTOMER}/{row['id']}"))["version"], row["version"])
        client = self.enter(user)
        self.problem(client.request("POST", "/api/v1/session/view-as", {"user": user["id"]}), 403, "permission")

    # -- API tokens --------------------------------------------------------------------------------------------

    def test_a_token_reaches_no_further_than_it_says_and_ends_at_once(self):
        wish = {"name": "report", "scopes": ["crm.customer.list"]}
        made = self.good(self.anna.request("POST", "/api/v1/tokens", wish), 201)
        machine = self.server.client()
        headers = self.bearer(made["token"])
        self.good(machine.request("GET", CUSTOMER, headers=headers))
        self.problem(machine.request("POST", CUSTOMER, {"name": "x"}, headers), 403, "permission")
        for path in ("/api/v1/users", "/api/v1/tokens", "/api/v1/sessions", "/api/v1/plugins", "/api/v1/roles"):
            self.problem(machine.request("GET", path, headers=headers), 403, "permission")
        self.problem(machine.request("POST", "/api/v1/tokens", {"name": "x"}, headers), 403, "permission")
        listed = self.good(self.anna.request("GET", "/api/v1/tokens"))
        self.assertNotIn("token", next(one for one in listed if one["id"] == made["id"]))
        whole = self.good(self.anna.request("POST", "/api/v1/tokens", {"name": "all"}), 201)
        self.good(machine.request("GET", "/api/v1/users", headers=self.bearer(whole["token"])))
        self.problem(machine.request("GET", "/api/v1/tokens", headers=self.bearer(whole["token"])), 403, "permission")
        for one in (made, whole):
            self.assertEqual(self.anna.request("DELETE", f"/api/v1/tokens/{one['id']}").status, 204)
            self.problem(machine.request("GET", CUSTOMER, headers=self.bearer(one["token"])), 401, "http.token")
        for wrong in ("x", "acme." + "A" * 43, made["token"][:-1], "operator~" + "A" * 43):
            self.problem(machine.request("GET", CUSTOMER, headers=self.bearer(wrong)), 401, "http.token")
        user = self.enter(self.user([self.role("crm.customer.list")]))
        self.problem(user.request("POST", "/api/v1/tokens", {"name": "x", "scopes": ["tenon.users.manage"]}), 422,
                     "schema.fields")
        self.problem(user.request("POST", "/api/v1/tokens", {"name": "x", "expires_at": "2001-01-01T00:00:00Z"}), 422,
                     "schema.fields")

    # -- explain -----------------------------------------------------------------------------------------------

    def explain(self, client: Client, **query) -> dict:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.good(client.request("GET", f"/api/v1/permissions/explain?{text}",
                                        headers={"Accept-Language": "en"}))

    def test_the_rule_that_decided_is_told(self):
        role = self.role("crm.customer.list:self", columns=[{"entity": "crm.customer", "column": "notes",
                                                             "right": "hidden"}])
        user = self.user([role])
        client = self.enter(user)
        other = self.customer(self.anna)
        rule = lambda answer: (answer["allowed"], answer["decided_by"]["rule"])  # noqa: E731
        of = {"user": user["id"], "entity": "crm.customer"}
        self.assertEqual(rule(self.explain(self.anna, **of)), (True, "permission"))
        self.assertEqual(self.explain(self.anna, **of)["decided_by"]["roles"][0]["scope"], "self")
        self.assertEqual(rule(self.explain(self.anna, **of, action="manage")), (False, "permission"))
        scoped = self.explain(self.anna, **of, id=other["id"])
        self.assertEqual(rule(scoped), (False, "scope.list"))
        self.assertEqual(scoped["decided_by"]["owner"], other["owner"])
        self.assertEqual(rule(self.explain(self.anna, **of, id=NOBODY)), (False, "record.exists"))
        self.assertEqual(rule(self.explain(self.anna, **of, field="notes")), (False, "field.hidden"))
        self.assertEqual(rule(self.explain(self.anna, **of, field="city")), (True, "field.hidden"))
        self.assertEqual(rule(self.explain(self.anna, user=user["id"], action="tenon.users.read")), (False, "permission"))
        self.assertEqual(rule(self.explain(self.anna, user=user["id"], entity="no.thing")), (False, "module"))
        self.assertEqual(rule(self.explain(self.anna, entity="crm.customer")), (True, "role.administrator"))
        # About himself everybody may ask, and learns nothing of a record that he cannot see.
        hidden = self.explain(client, entity="crm.customer", id=other["id"])
        missing = self.explain(client, entity="crm.customer", id=NOBODY)
        self.assertEqual(hidden, missing)
        self.assertEqual(rule(hidden), (False, "scope.list"))
        self.problem(client.request("GET", f"/api/v1/permissions/explain?user={other['owner']}&entity=crm.customer"), 403,
                     "permission")
        self.problem(client.request("GET", "/api/v1/permissions/explain?entity=x"), 422, "query.parameter")

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

    # -- every door --------------------------------------------------------------------------------------------

    def doors(self, user: str, role: str, department: str, session: str, token: str) -> list:
        """Every endpoint of this area that needs a right, with ids of things of this company."""
        return [("GET", "/api/v1/users", None), ("POST", "/api/v1/users", {"name": "x"}),
                ("GET", f"/api/v1/users/{user}", None), ("PATCH", f"/api/v1/users/{user}", {"full_name": "x"}),
                ("PUT", f"/api/v1/users/{user}/roles", {"roles": [role]}),
                ("POST", f"/api/v1/users/{user}/deactivate", {}), ("POST", f"/api/v1/users/{user}/reactivate", {}),
                ("POST", f"/api/v1/users/{user}/link", {}), ("DELETE", f"/api/v1/users/{user}/totp", None),
                ("DELETE", f"/api/v1/users/{user}/sessions", None), ("GET", "/api/v1/roles", None),
                ("POST", "/api/v1/roles", {"name": "x"}), ("GET", f"/api/v1/roles/{role}", None),
                ("PATCH", f"/api/v1/roles/{role}", {"description": "x"}), ("DELETE", f"/api/v1/roles/{role}", None),
                ("GET", "/api/v1/permissions", None), ("POST", "/api/v1/departments", {"name": "x"}),
                ("PATCH", f"/api/v1/departments/{department}", {"name": "x"}),
                ("DELETE", f"/api/v1/departments/{department}", None),
                ("DELETE", f"/api/v1/sessions/{session}", None), ("DELETE", f"/api/v1/tokens/{token}", None),
                ("POST", "/api/v1/session/view-as", {"user": user}),
                ("GET", "/api/v1/tenants", None), ("POST", "/api/v1/tenants", {"name": "x", "administrator": "x"}),
                ("GET", "/api/v1/tenants/acme", None), ("PATCH", "/api/v1/tenants/acme", {"plan": {}}),
                ("POST", "/api/v1/tenants/acme/link", {"user": "anna"})]

    def test_no_door_opens_for_a_stranger_a_user_without_the_right_or_another_company(self):
        role = self.role("crm.customer.list")
        user = self.user([role])
        department = self.department()
        client = self.enter(user)
        session = self.good(client.request("GET", "/api/v1/sessions"))[0]["id"]
        token = self.good(client.request("POST", "/api/v1/tokens", {"name": "x"}), 201)["id"]
        doors = self.doors(user["id"], role, department, session, token)
        plain = self.enter(self.user())
        beta = self.server.client().sign_in("beta", "anna", PASSWORD)
        walked = 0
        for method, path, body in doors:
            self.assertEqual(self.server.client().request(method, path, body).status, 401, (method, path))
            answer = plain.request(method, path, body)
            self.assertIn(answer.status, (403, 404), (method, path, answer))
            foreign = beta.request(method, path, body)
            if path.startswith("/api/v1/tenants"):
                self.assertEqual(foreign.status, 403, (method, path, foreign))
            elif path.count("/") > 3 and not path.endswith("view-as") or "view-as" in path:
                unknown = beta.request(method, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", NOBODY, path),
                                       json.loads(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", NOBODY, json.dumps(body))))
                self.assertEqual(foreign.status, 404, (method, path, foreign))
                same = lambda one: {k: v for k, v in one.json().items() if k != "trace_id"}  # noqa: E731
                self.assertEqual(same(foreign), same(unknown), "what is another's answers as what is not")
            walked += 3
        self.assertGreater(walked, 75)
        # Nothing of it has happened.
        self.assertEqual(self.good(client.request("GET", CUSTOMER + "?limit=1&select=id")) is not None, True)
        self.assertEqual(self.good(self.anna.request("GET", f"/api/v1/roles/{role}"))["description"], "")
        self.assertEqual(self.good(self.anna.request("GET", f"/api/v1/departments/{department}"))["version"], 1)

    def test_a_refusal_for_want_of_a_right_is_in_the_audit(self):
        plain = self.enter(self.user())
        self.problem(plain.request("GET", "/api/v1/users"), 403, "permission")

    def test_problems_of_this_area_speak_both_languages(self):
        for language, word in (("zh-CN", "权限"), ("en", "right")):
            answer = self.enter(self.user()).request("GET", "/api/v1/users", headers={"Accept-Language": language})
            self.assertIn(word, answer.json()["message"] + answer.json()["hint"], answer)
        answer = self.server.client().request("POST", "/api/v1/session",
                                              {"company": "acme", "user": "x", "password": "y"},
                                              {"Accept-Language": "zh-CN"})
        self.assertIn("公司", answer.json()["message"])


class IdentityOnPostgresTest(IdentityTest):
    """All of the above for companies in PostgreSQL."""

    @classmethod
    def database(cls) -> list:
        if not hasattr(cls, "postgres"):
            cls.postgres = PrivatePostgres.required()
            cls.addClassCleanup(cls.postgres.close)
            cls.address = cls.postgres.fresh_database()
        return ["--database", cls.address]


class CommandLineTest(Case):
    def setUp(self):
        self.server = Server(demo=False)
        self.data = self.server.data
        self.assertEqual(create_tenant(self.data, "acme").returncode, 0)

    def tearDown(self):
        self.server.__exit__()

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
        with self.server:
            self.refused("user", "list", "acme", word="open")
            client = self.server.client()
            self.good(client.request("PUT", "/api/v1/session/ticket",
                                     {"token": link.split("#")[1], "password": PASSWORD}))
            client.sign_in("acme", "bert", PASSWORD)
            done = tenon("operator", "create", "ops", "--data", self.data, "--json")
            token = json.loads(done.stdout)["token"]
            headers = {"Authorization": f"Bearer {token}"}
            self.good(self.server.client().request("GET", "/api/v1/tenants", headers=headers))
            self.assertEqual([one["operator"] for one in self.command("operator", "list")], ["ops"])
            self.command("operator", "remove", "ops")
            self.problem(self.server.client().request("GET", "/api/v1/tenants", headers=headers), 401, "http.token")
            self.server.stop()
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
            with self.server:
                self.server.client().sign_in("acme", "anna", PASSWORD)
                self.server.stop()


if __name__ == "__main__":
    unittest.main()
