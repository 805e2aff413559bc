"""The ways in: the link of the first start, sessions that outlive the process, passwords, a second factor, throttling, API
tokens, and another's eyes."""
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import CUSTOMER, Case, Companies, OnPostgres  # noqa: E402
from one_time_code import one_time_code  # noqa: E402
from tenon_server import PASSWORD, Server  # noqa: E402


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
        for arguments, begin, flag in ((), "tenon-sid=", False), (("--set", "server.public_url=https://erp.example.com"),
                                                                  "__Host-tenon-sid=", True):
            with Server("--demo-rows", "0", *arguments) as server:
                answer = server.client().request("POST", "/api/v1/session",
                                                 {"company": "demo", "user": "demo", "password": "demo"})
                cookie = answer.headers["set-cookie"]
                self.assertTrue(cookie.startswith(begin), cookie)
                self.assertIn("HttpOnly", cookie)
                self.assertIn("SameSite=Lax", cookie)
                self.assertEqual("Secure" in cookie, flag, cookie)


class AddressTest(Case):
    def test_one_address_tries_thirty_times_a_minute_and_is_told_how_long_to_wait(self):
        with Server("--demo-rows", "0", fast=False) as server:
            client = server.client()
            entry = {"company": "demo", "password": "wrong password"}
            answers = [client.request("POST", "/api/v1/session", {**entry, "user": f"user{i}"}) for i in range(40)]
            self.assertEqual([one.status for one in answers[:30]], [401] * 30)
            refused = [one for one in answers if one.status == 429]
            self.assertGreater(len(refused), 0)
            self.problem(refused[0], 429, "session.throttled")
            self.assertGreaterEqual(int(refused[0].headers["retry-after"]), 1)


class SessionTest(Companies):
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


class SessionOnPostgresTest(OnPostgres, SessionTest):
    pass


if __name__ == "__main__":
    unittest.main()
