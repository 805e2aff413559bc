"""Users, roles with data scopes and column rights, departments, why somebody may not, and every door of this area walked by
strangers, by users without the right and by the administrator of another company."""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import CUSTOMER, NOBODY, Companies, OnPostgres  # noqa: E402
from tenon_server import PASSWORD, Client, wait_until  # noqa: E402


class IdentityTest(Companies):
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

    def test_refusals_are_in_the_audit_and_no_secret_is(self):
        user = self.user()
        plain = self.enter(user)
        self.problem(plain.request("GET", "/api/v1/users"), 403, "permission")
        self.problem(self.server.client().request("POST", "/api/v1/session", {"company": "acme", "user": "no-such-name",
                                                                             "password": "a guess to look for"}), 401,
                     "http.login_failed")
        wait_until(lambda: any("GET /api/v1/users" in row for row in self.audit("permission_refused")),
                   what="the refused right in the audit")
        wait_until(lambda: any("no-such-name" in row for row in self.audit("sign_in_refused")),
                   what="the refused sign-in in the audit")
        self.assertTrue(any(user["name"] in row for row in self.audit("created")))
        for action in ("created", "signed_in", "sign_in_refused", "password_changed", "ticket_made"):
            for row in self.audit(action):
                for secret in (PASSWORD, "a guess to look for", "argon2"):
                    self.assertNotIn(secret, row or "", action)

    def test_problems_of_this_area_speak_both_languages(self):
        for language, word in (("zh-CN", "权限"), ("en", "right")):
            answer = self.enter(self.user()).request("GET", "/api/v1/users", headers={"Accept-Language": language})
            self.assertIn(word, answer.json()["message"] + answer.json()["hint"], answer)
        answer = self.server.client().request("POST", "/api/v1/session",
                                              {"company": "acme", "user": "x", "password": "y"},
                                              {"Accept-Language": "zh-CN"})
        self.assertIn("公司", answer.json()["message"])


class IdentityOnPostgresTest(OnPostgres, IdentityTest):
    pass


if __name__ == "__main__":
    unittest.main()
