"""The first vertical over a real socket: sign-in, records of the crm module in the dialect of the record API, the
module's hook, event handler, action and route, a second module uploaded at run time, and what wrong input gets."""
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from private_postgres import PrivatePostgres  # noqa: E402
from served import ServedTest  # noqa: E402
from tenon_server import GUESTS, ROOT, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
REPRESENTATION = {"Prefer": "return=representation"}


def query(**parameters) -> str:
    return CUSTOMER + "?" + urllib.parse.urlencode(parameters, safe="*(),.:")


class ApiTest(ServedTest):
    demo_rows = 500

    def create(self, **fields) -> dict:
        answer = self.client.request("POST", CUSTOMER, fields, REPRESENTATION)
        self.assertEqual(answer.status, 201, answer)
        body = answer.json()
        return body[0] if isinstance(body, list) else body

    def problem(self, answer, status: int, code: str) -> dict:
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(answer.headers["content-type"].startswith("application/problem+json"), answer.headers)
        body = answer.json()
        self.assertEqual(body["code"], code, body)
        for member in ("type", "title", "status", "message", "details", "hint", "fields", "trace_id"):
            self.assertIn(member, body)
        return body

    # -- access ------------------------------------------------------------------------------------------------

    def test_no_route_is_open_that_should_not_be(self):
        stranger = self.server.client()
        for method, path in [("GET", CUSTOMER), ("POST", CUSTOMER), ("GET", "/api/v1/menu"), ("GET", "/api/v1/plugins"),
                             ("POST", "/api/v1/plugins"), ("GET", "/api/v1/schema/crm"), ("GET", CUSTOMER + "/x"),
                             ("POST", "/api/v1/crm/rpc/set_level"), ("GET", "/x/crm/summary"), ("GET", "/api/v1/session")]:
            answer = stranger.request(method, path, {} if method == "POST" else None)
            self.assertEqual(answer.status, 401, (method, path, answer))
        for path in ("/healthz", "/readyz"):
            self.assertEqual(stranger.request("GET", path).status, 200)

    def test_a_wrong_password_is_refused_and_a_signed_out_session_is_dead(self):
        answer = self.server.client().request("POST", "/api/v1/session",
                                              {"company": "demo", "user": "demo", "password": "wrong"})
        self.problem(answer, 401, "denied")
        client = self.server.client().sign_in()
        cookie = client.cookie
        self.assertEqual(client.request("DELETE", "/api/v1/session").status, 204)
        client.cookie = cookie
        self.assertEqual(client.request("GET", CUSTOMER).status, 401)

    def test_writes_from_another_site_are_refused(self):
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            self.problem(self.client.request("POST", CUSTOMER, {"name": "x"}, headers), 403, "denied")

    # -- records -----------------------------------------------------------------------------------------------

    def test_a_customer_is_created_read_changed_and_deleted(self):
        made = self.create(name="  华东　贸易  ", phone="138-1234 5678", city="上海", level="A", credit_limit="1200.50")
        self.assertEqual(made["name"].strip(), made["name"], "the hook normalises")
        self.assertEqual(made["credit_limit"], "1200.50")
        path = f"{CUSTOMER}/{made['id']}"

        read = self.client.request("GET", path)
        self.assertEqual(read.status, 200)
        self.assertEqual(read.json(), made)
        etag = read.headers["etag"]

        changed = self.client.request("PATCH", path, {"city": "苏州"}, {"If-Match": etag, **REPRESENTATION})
        self.assertEqual(changed.status, 200, changed)
        stale = self.client.request("PATCH", path, {"city": "杭州"}, {"If-Match": etag})
        self.problem(stale, 412, "conflict")

        self.assertEqual(self.client.request("DELETE", path).status, 204)
        self.problem(self.client.request("GET", path), 404, "not_found")

    def test_the_hook_rejects_with_the_fields_named(self):
        body = self.problem(self.client.request("POST", CUSTOMER, {"name": "   "}), 422, "invalid")
        self.assertEqual(body["fields"][0]["path"], "/name", body)

    def test_a_guests_field_error_has_its_path_and_the_language_that_was_asked_for(self):
        for language, words in (("en", ("this customer cannot be saved", "a customer has a name")),
                                ("zh-CN", ("客户信息有误，未保存", "请填写客户名称"))):
            answer = self.client.request("POST", CUSTOMER, {"name": " ", "phone": "?"}, {"Accept-Language": language})
            body = self.problem(answer, 422, "invalid")
            self.assertEqual(answer.headers["content-language"], language)
            told = {one["path"]: one for one in body["fields"]}
            self.assertEqual({path: one["code"] for path, one in told.items()}, {"/name": "required", "/phone": "format"}, body)
            self.assertEqual((body["message"], told["/name"]["message"]), words)

    def test_filters_select_order_limit_cursor_and_count(self):
        answer = self.client.request("GET", query(select="id,name,city", city="eq.上海", order="name.asc", limit=5),
                                     headers={"Prefer": "count=exact"})
        self.assertEqual(answer.status, 206, "a part of what was counted, as PostgREST has it")
        rows = answer.json()
        self.assertLessEqual(len(rows), 5)
        for row in rows:
            self.assertEqual(set(row), {"id", "name", "city"})
            self.assertEqual(row["city"], "上海")
        total = int(answer.headers["content-range"].split("/")[1])

        seen, path = [], query(select="id", city="eq.上海", order="name.asc", limit=7)
        while path:
            page = self.client.request("GET", path)
            self.assertEqual(page.status, 200, page)
            seen += [row["id"] for row in page.json()]
            link = page.headers.get("link", "")
            path = link[link.index("<") + 1:link.index(">")] if 'rel="next"' in link else None
        self.assertEqual(len(seen), total)
        self.assertEqual(len(set(seen)), total)

    def test_every_filter_operator_answers(self):
        for name, value in [("credit_limit", "gt.1000"), ("credit_limit", "lt.1000"), ("credit_limit", "gte.0"),
                            ("credit_limit", "lte.0"), ("city", "in.(上海,北京)"), ("name", "like.*公司*"),
                            ("name", "ilike.*公司*"), ("notes", "is.null"), ("city", "neq.上海"), ("active", "is.true"),
                            ("city", "not.eq.上海"), ("or", "(city.eq.上海,level.eq.A)")]:
            answer = self.client.request("GET", query(**{name: value, "limit": 3}))
            self.assertEqual(answer.status, 200, (name, value, answer))

    def test_related_records_groups_and_search_answer(self):
        made = self.create(name="榫卯家具有限公司", city="拉萨河谷", credit_limit="12.50")
        self.create(name="榫头五金", city="拉萨河谷", credit_limit="7.25")
        path = f"/api/v1/crm/activity?customer=eq.{made['id']}"
        wait_until(lambda: len(self.client.request("GET", path).json()) == 1, what="the event handler's row")
        rows = self.client.request("GET", query(select="name,activities:activity(id,customer(name))",
                                                id=f"eq.{made['id']}")).json()
        self.assertEqual(rows[0]["activities"][0]["customer"], {"name": made["name"]})
        one = self.client.request("GET", f"{CUSTOMER}/{made['id']}?select=name,activity(id)")
        self.assertEqual(set(one.json()), {"name", "activity"})
        self.assertIn("etag", one.headers)
        groups = self.client.request("GET", query(select="city,credit_limit.sum(),n:count()", city="eq.拉萨河谷")).json()
        self.assertEqual(groups, [{"city": "拉萨河谷", "sum": "19.75", "n": 2}])
        for text, found in [("榫", 2), ("榫卯", 1), ("家具有限", 1), ("榫卯 五金", 0)]:
            self.assertEqual(len(self.client.request("GET", query(fts=text, select="name")).json()), found, text)
        self.assertEqual(len(self.client.request("GET", query(name="contains.头五金")).json()), 1)
        for wrong in ("select=name,nobody(id)", "select=city.sum()", "name=match.x", "select=activity(nam)"):
            self.problem(self.client.request("GET", f"{CUSTOMER}?{wrong}"), 422, "invalid")

    # -- what the module brings ----------------------------------------------------------------------------------

    def test_the_event_handler_runs_after_the_commit(self):
        made = self.create(name="事件客户")
        path = f"/api/v1/crm/activity?customer=eq.{made['id']}"
        wait_until(lambda: len(self.client.request("GET", path).json()) == 1, what="the event handler's row")

    def test_the_module_serves_a_route_of_its_own(self):
        answer = self.client.request("GET", "/x/crm/summary")
        self.assertEqual(answer.status, 200, answer)
        self.assertIsInstance(answer.json(), (dict, list))
        self.problem(self.client.request("GET", "/x/crm/nothing"), 404, "not_found")

    def test_menu_and_schema_come_from_the_manifest_in_both_languages(self):
        menu = self.client.request("GET", "/api/v1/menu").json()
        item = next(i for g in menu["groups"] for i in g["items"] if i["plugin"] == "crm" and i["entity"] == "customer")
        self.assertEqual(set(item["label"]), {"zh-CN", "en"})
        schema = self.client.request("GET", "/api/v1/schema/crm").json()
        entity = next(e for e in schema["entities"] if e["name"] == "customer")
        self.assertTrue(any(f["name"] == "name" and f["required"] for f in entity["fields"]))

    # -- a module uploaded while the server runs -----------------------------------------------------------------

    def test_a_module_uploaded_at_run_time_brings_menu_schema_and_records(self):
        manifest = (ROOT / "tests/guests/supplier/plugin.toml").read_bytes()
        component = (GUESTS / "supplier.wasm").read_bytes()
        answer = self.client.upload(manifest, component)
        self.assertEqual(answer.status, 201, answer)
        menu = self.client.request("GET", "/api/v1/menu").json()
        self.assertTrue(any(i["plugin"] == "supplier" for g in menu["groups"] for i in g["items"]))
        self.assertEqual(self.client.request("GET", "/api/v1/supplier/supplier").json(), [])

    def test_a_trap_in_the_hook_leaves_no_row(self):
        manifest = (ROOT / "tests/guests/trapping/plugin.toml").read_bytes()
        answer = self.client.upload(manifest, (GUESTS / "trapping.wasm").read_bytes())
        self.assertEqual(answer.status, 201, answer)
        schema = self.client.request("GET", "/api/v1/schema/trapping").json()
        entities = [f"/api/v1/trapping/{e['name']}" for e in schema["entities"]]
        for name, code in [("trap", "internal"), ("loop", "exhausted"), ("bomb", "exhausted"), ("stack", "exhausted"),
                           ("utf8", "internal")]:
            answer = self.client.request("POST", entities[0], {"name": name})
            self.assertGreaterEqual(answer.status, 400, (name, answer))
            self.assertEqual(answer.json()["code"], code, (name, answer))
            for entity in entities:
                self.assertEqual(self.client.request("GET", entity).json(), [], f"{name} left a row in {entity}")
        self.assertEqual(self.client.request("POST", entities[0], {"name": "fine"}).status, 201)

    # -- wrong input ---------------------------------------------------------------------------------------------

    def test_wrong_requests_get_a_problem_document(self):
        client = self.client
        raw = lambda body: client.request("POST", CUSTOMER, body, {"Content-Type": "application/json"})  # noqa: E731
        self.problem(raw(b'{"name": '), 400, "invalid")
        self.problem(raw(b'{"name":"a","name":"b"}'), 400, "invalid")
        self.problem(raw(b"[" * 100_000), 400, "invalid")
        self.problem(raw(b'{"name":"\xff"}'), 400, "invalid")
        self.assertIn(raw(b'{"name":"a","no_such_field":1}').status, (400, 422))
        self.assertIn(raw(b'{"name":"a","credit_limit":"12.345"}').status, (400, 422))
        self.assertIn(raw(b'{"name":"a","id":"x"}').status, (400, 422))
        self.problem(client.request("POST", CUSTOMER, b"name=a", {"Content-Type": "text/plain"}), 415, "invalid")
        for bad in ("city=near.x", "no_such=eq.1", "limit=-1", "limit=abc", "order=nothing.asc", "select=nothing",
                    "after=forged", "credit_limit=gt.abc"):
            answer = client.request("GET", f"{CUSTOMER}?{bad}")
            self.assertIn(answer.status, (400, 422), (bad, answer))
            self.assertEqual(answer.json()["code"], "invalid")
        self.problem(client.request("GET", f"{CUSTOMER}/not-an-id"), 404, "not_found")
        self.problem(client.request("GET", "/api/v1/crm/nothing"), 404, "not_found")
        self.problem(client.request("GET", "/api/v1/nothing/customer"), 404, "not_found")
        wrong_method = client.request("PUT", "/api/v1/menu", {})
        self.problem(wrong_method, 405, "invalid")
        self.assertIn("GET", wrong_method.headers["allow"])

    def test_problems_speak_the_readers_language(self):
        for language, word in (("zh-CN", "请"), ("en", "Check")):
            answer = self.client.request("GET", f"{CUSTOMER}/not-an-id", headers={"Accept-Language": language})
            self.assertIn(word, answer.json()["hint"])

    def test_wrong_modules_are_refused_with_the_reason(self):
        manifest = (ROOT / "tests/guests/supplier/plugin.toml").read_bytes().replace(b'id = "supplier"', b'id = "other"')
        component = (GUESTS / "supplier.wasm").read_bytes()
        cases = {
            "truncated": (manifest, component[:len(component) // 2]),
            "not wasm": (manifest, b"hello"),
            "empty": (manifest, b""),
            "a core module": (manifest, b"\0asm\1\0\0\0"),
            "a broken manifest": (b"[metadata\n", component),
            "an unknown key": (manifest + b"\n[nonsense]\na = 1\n", component),
        }
        for name, (wrong_manifest, wrong_component) in cases.items():
            answer = self.client.upload(wrong_manifest, wrong_component)
            self.assertIn(answer.status, (400, 422), (name, answer))
            self.assertEqual(answer.json()["code"], "invalid", name)
        self.assertEqual(self.client.request("GET", CUSTOMER + "?limit=1").status, 200)


class ApiOnPostgresTest(ApiTest):
    """All of the above for a tenant in PostgreSQL."""

    @classmethod
    def database(cls) -> list:
        cls.postgres = PrivatePostgres.required()
        cls.addClassCleanup(cls.postgres.close)
        return ["--database", cls.postgres.fresh_database()]


if __name__ == "__main__":
    unittest.main()
