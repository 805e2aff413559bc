"""What a client must not send, and what it is told: 4xx with the place and the reason, never a 5xx, and the next request
on the same connection goes on."""
import json
import pathlib
import sys
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, REVIEW, ShopTest, on_postgres, path  # noqa: E402
from tenon_server import ROOT  # noqa: E402

JSON = {"Content-Type": "application/json"}


class BadInputTest(ShopTest):
    def setUp(self):
        super().setUp()
        self.item = self.make(name="good", sku="GOOD", price="10", stock=5)

    def tearDown(self):
        """One bad request never disturbs another."""
        self.assertEqual(self.get(f"{ITEM}/{self.item['id']}").json()["name"], "good")
        self.assertEqual(len(self.rows()), 1)

    def refused(self, method: str, target: str, body=None, headers=None, status=(400, 422), place=None, reason=None):
        answer = self.client.request(method, target, body, headers)
        self.assertIn(answer.status, (status,) if isinstance(status, int) else status, (method, target, body, answer))
        problem = self.problem(answer, answer.status)
        self.assertTrue(problem["message"], problem)
        self.assertTrue(problem.get("reason"), problem)
        if reason:
            self.assertEqual(problem["reason"], reason, problem)
        if place:
            self.assertIn(place, [field["path"] for field in problem["fields"]], problem)
            self.assertTrue(all(field["code"] and field["message"] for field in problem["fields"]), problem)
        return problem

    # -- bodies --------------------------------------------------------------------------------------------------

    def test_malformed_json_is_refused_with_its_byte(self):
        cases = [b"", b"{", b'{"name": ', b'{"name":"a",}', b"{'name':'a'}", b"[1,2", b"nul", b'{"name":"a"} x',
                 b'{"name":NaN}', b'{"name":01}', b'{"name":"\x01"}', b"\xef\xbb\xbf{}", b'{"name":"\\x"}', b"\xff",
                 b'{"name":"a","name":"b"}', b'{"name":"\xc3\x28"}', b'{"name":"\xed\xa0\x80"}', b'{"name":"\\ud800"}',
                 b'{"stock":1e999}', b"[" * 65 + b"]" * 65, b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70]
        for method, target in [("POST", ITEM), ("PATCH", f"{ITEM}/{self.item['id']}"), ("PATCH", path(ITEM, sku="eq.GOOD")),
                               ("POST", "/api/v1/$batch"), ("POST", "/api/v1/crm/rpc/set_level"), ("POST", "/api/v1/views"),
                               ("PATCH", "/api/v1/preferences"), ("POST", "/api/v1/session")]:
            for body in cases:
                problem = self.refused(method, target, body, JSON, status=400)
                self.assertTrue(problem["reason"].startswith("json."), (method, target, body, problem))
                if problem["reason"] != "json.not_object":
                    self.assertIn("byte", problem["details"], (body, problem))

    def test_the_json_test_suite_does_no_harm(self):
        suite = ROOT.parent / "shared/corpora/json/test_parsing"
        if not suite.is_dir():
            self.skipTest("the corpus is not here")
        for file in sorted(suite.glob("*.json")):
            answer = self.client.request("POST", ITEM, file.read_bytes(), JSON)
            self.assertIn(answer.status, (400, 413, 422) if not file.name.startswith("y_") else (201, 400, 422),
                          (file.name, answer))
        self.client.request("DELETE", path(ITEM, sku="is.null"))

    def test_bodies_of_the_wrong_shape_are_refused(self):
        for body in (b"1", b'"text"', b"null", b"true", b"[1]", b"[[]]", b'[{"name":"a"},1]'):
            self.refused("POST", ITEM, body, JSON, status=400, reason="json.not_object")
        for body in (b"[]", b"1", b"null"):
            self.refused("PATCH", f"{ITEM}/{self.item['id']}", body, JSON, status=400, reason="json.not_object")
        self.refused("POST", ITEM, json.dumps([{"name": "a"}, 1]).encode(), JSON, status=400, place="/1")
        self.refused("POST", "/api/v1/$batch", {}, status=400, reason="batch.operation")
        self.assertEqual(self.client.request("POST", ITEM, []).status, 201, "nothing to do is no error")

    def test_other_media_types_are_415(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "", "application/xml"):
            self.refused("POST", ITEM, b"{}", {"Content-Type": kind} if kind else {"Content-Type": "a"}, status=415,
                         reason="http.media_type")
        self.refused("PATCH", f"{ITEM}/{self.item['id']}", b"a,b\n1,2", {"Content-Type": "text/csv"}, status=415)

    def test_too_much_at_once_is_413(self):
        self.refused("POST", ITEM, [{"name": "x"}] * 501, status=413, reason="limit.batch")
        self.refused("POST", ITEM, ("name\n" + "x\n" * 501).encode(), {"Content-Type": "text/csv"}, status=413,
                     reason="limit.batch")
        for body in (b'{"name":"' + b"a" * (1 << 20) + b'"}',):
            answer = self.client.request("POST", ITEM, body, JSON)
            self.assertEqual(answer.status, 413, answer)
            self.client = self.server.client().sign_in()

    def test_csv_that_is_wrong_is_refused_with_its_line(self):
        csv = {"Content-Type": "text/csv"}
        for body, reason in [(b'name\n"open', "csv.open_quote"), (b'name\n"a"b\n', "csv.after_quote"), (b"name,name\na,b\n",
                             "csv.header"), (b"name\n\xff\n", "data.fields"), (b"name\na,b\n", "data.fields"),
                             (b"nothing\na\n", "data.fields"), (b"name,stock\na,many\n", "data.fields"),
                             (b"," * 600 + b"\n", "csv.cells"), (b'na"me\n', "csv.quote")]:
            self.refused("POST", ITEM, body, csv, reason=reason)

    # -- fields --------------------------------------------------------------------------------------------------

    def test_every_wrong_value_is_told_with_its_field_and_rule(self):
        cases = {
            "name": [(1, "type"), (None, "required"), ("a" * 61, "max_length"), ("a\nb", "characters"), ("a\0b", "characters"),
                     ([], "type"), ({}, "type"), (True, "type")],
            "price": [("x", "type"), ("1.234", "scale"), ("-1", "minimum"), ("1000001", "maximum"), (True, "type"), ([], "type"),
                      ("99999999999999999999", "range"), (1e300, "range"), ("1e5", "type"), ("", "type"), (" 1", "type")],
            "stock": [("1", "type"), (1.5, "type"), (-1, "minimum"), (1001, "maximum"), (2**63, "range"), (2**64, "range"),
                      (True, "type"), ([1], "type")],
            "active": [(1, "type"), ("true", "type"), (0, "type")],
            "kind": [("other", "option"), (1, "type"), ([], "type")],
            "tags": [("red", "type"), (["green"], "option"), (["red", "red"], "option"), ([1], "type"), ({}, "type")],
            "released": [("2026-02-30", "type"), ("yesterday", "type"), (20260101, "type"), ("2026-1-1", "type")],
            "seen": [("2026-01-01", "type"), ("2026-01-01T25:00:00Z", "type"), (1, "type"), ("2026-01-01T00:00:00", "type")],
            "code": [("x", "type"), (1, "type"), (str(uuid.uuid4())[:-1], "type")],
            "category": [(str(uuid.uuid4()), "reference"), ("x", "type"), (1, "type"), (self.item["id"], "reference")],
            "photo": [(str(uuid.uuid4()), "reference"), ("x", "type")],
            "details": [("\0", "characters")],
            "nothing": [(1, "unknown")], "ID": [(1, "unknown")], "": [(1, "unknown")],
            "id": [(str(uuid.uuid4()), "read_only")], "version": [(7, "read_only")], "created_at": [("x", "read_only")],
        }
        for field, values in cases.items():
            for value, rule in values:
                for method, target, prefix in [("POST", ITEM, ""), ("PATCH", f"{ITEM}/{self.item['id']}", "")]:
                    problem = self.refused(method, target, {"name": "x", field: value} if method == "POST" else {field: value},
                                           status=422, place=f"{prefix}/{field}")
                    codes = {f["code"] for f in problem["fields"] if f["path"] == f"/{field}"}
                    self.assertTrue(codes & {rule, "type", "range"}, (field, value, rule, problem["fields"]))
        problem = self.refused("POST", ITEM, {"price": "x", "stock": "y", "nothing": 1}, status=422)
        self.assertEqual({f["path"] for f in problem["fields"]}, {"/name", "/price", "/stock", "/nothing"}, "all at once")
        self.refused("POST", ITEM, [{"name": "a"}, {"name": 1}], status=422, place="/1/name")

    # -- questions -----------------------------------------------------------------------------------------------

    def test_every_wrong_parameter_is_told_with_its_name_and_rule(self):
        deep = "(" * 9 + "name.eq.a" + ")" * 9
        nested = "and=(" + "or(" * 9 + "name.eq.a" + ")" * 9 + ")"
        for query, place, rule in [
            ("name=near.x", "name", "operator"), ("name=x", "name", "operator"), ("name=", "name", "operator"),
            ("name=eq", "name", "operator"), ("name=EQ.x", "name", "operator"), ("name=match.x", "name", "operator"),
            ("name=imatch.x", "name", "operator"), ("name=eq(any).x", "name", "syntax"), ("name=eq(some).{x}", "name", "operator"),
            ("name=in.x", "name", "syntax"), ("name=in.(x", "name", "syntax"), ('name=in.("x)', "name", "syntax"),
            ("name=is.maybe", "name", "operand"), ("name=is.true", "name", "operand"), ("stock=gt.abc", "stock", "type"),
            ("stock=eq.99999999999999999999", "stock", "range"), ("price=gt.1.234", "price", "scale"),
            ("released=eq.2026-13-01", "released", "type"), ("code=eq.x", "code", "type"), ("stock=like.1*", "stock", "operator"),
            ("name=cs.{a}", "name", "operator"), ("tags=cs.red", "tags", "syntax"), ("tags=eq.red", "tags", "operator"),
            ("name=like.a\\", "name", "operand"), ("name=like." + "a" * 1001, "name", "operand"),
            ("sku=fts.x", "sku", "operator"), ("name=fts.(a", "name", "syntax"), ("name=xfts.a", "name", "operator"),
            ("nothing=eq.1", "nothing", "unknown"), ("or=name.eq.a", "or", "syntax"), ("or=()", "or", "syntax"),
            ("or=(name)", "or", "syntax"), ("or=(name.eq.a", "or", "syntax"), ("and=" + deep, "and", "syntax"),
            (nested, "and", "limit"), ("or=(nothing.eq.1)", "or", "unknown"), ("or=(" + ",".join(["stock.eq.1"] * 51) + ")",
             "or", "limit"), ("name=in.(" + ",".join(["a"] * 101) + ")", "name", "limit"),
            ("select=nothing", "select", "unknown"), ("select=name,name", "select", "syntax"), ("select=name(", "select", "syntax"),
            ("select=nobody(id)", "select", "unknown"), ("select=name::int", "select", "unsupported"),
            ("select=name->x", "select", "unsupported"), ("select=name.sum()", "select", "unsupported"),
            ("select=a-b:name", "select", "syntax"), ("select=category(name,item(name,category(name,item(name,review(id)))))",
             "select", "limit"), ("select=...review(stars)", "select", "unsupported"),
            ("order=nothing", "order", "unknown"), ("order=name.up", "order", "syntax"), ("order=details", "order", "unsupported"),
            ("order=name.asc.nullsfirst.x", "order", "syntax"), ("order=category(name)", "order", "unknown"),
            ("order=" + ",".join(["name"] * 9), "order", "limit"), ("limit=x", "limit", "type"), ("limit=-1", "limit", "type"),
            ("limit=1001", "limit", "limit"), ("limit=99999999999999999999", "limit", "type"), ("offset=-1", "offset", "type"),
            ("offset=100001", "offset", "limit"), ("limit=1&limit=2", "limit", "syntax"), ("after=x&offset=1", "offset", "syntax"),
            ("review.stars=eq.1", "review.stars", "unknown"), ("select=review(stars)&review.after=x", "review.after", "unsupported"),
            ("select=review(stars)&review.stars=eq.x", "review.stars", "type"), ("select=review(stars)&review=eq.1", "review",
             "operator"), ("as_of=yesterday", "as_of", "type"), ("as_of=2026-01-01&as_of=2026-01-02", "as_of", "syntax"),
        ]:
            name, _, value = query.partition("=")
            problem = self.refused("GET", ITEM + "?" + "&".join(
                urllib.parse.quote(part, safe="=().,:{}!*") for part in query.split("&")), status=422, place=f"/query/{place}")
            codes = [f["code"] for f in problem["fields"] if f["path"] == f"/query/{place}"]
            self.assertIn(rule, codes, (query, problem["fields"]))
        problem = self.refused("GET", ITEM + "?stock=gt.x&nothing=eq.1&order=y", status=422)
        self.assertEqual(len(problem["fields"]), 3, "all at once")

    def test_a_cursor_that_is_no_cursor_of_this_question_is_refused(self):
        self.make(name="second")
        link = self.get(path(ITEM, limit=1, order="name")).headers["link"]
        cursor = urllib.parse.parse_qs(urllib.parse.urlsplit(link[1:link.index(">")]).query)["after"][0]
        changed = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
        for after in ("x", "", "!", changed, cursor[:-4], cursor + "AAAA", "A" * 3000, cursor[::-1]):
            self.refused("GET", path(ITEM, limit=1, order="name", after=after), status=422, place="/query/after",
                         reason="query.cursor")
        for other in (path(ITEM, limit=1, order="name.desc", after=cursor), path(ITEM, name="eq.a", order="name", after=cursor),
                      path(CATEGORY, order="name", after=cursor)):
            self.refused("GET", other, status=422, place="/query/after", reason="query.cursor")
        self.client.request("DELETE", path(ITEM, name="eq.second"))

    def test_encoding_that_is_wrong_is_refused(self):
        for query in ("name=eq.%", "name=eq.%zz", "name=eq.%ff", "%ff=eq.1", "name=eq.%00", "name=eq.%ed%a0%80", "name=eq.%c0%80"):
            self.refused("GET", ITEM + "?" + query, status=400)
        self.refused("GET", ITEM + "?" + "&".join(["stock=eq.1"] * 300), status=422)
        answer = self.client.request("GET", ITEM + "?name=eq." + "a" * 5000)
        self.assertEqual(answer.status, 414, answer)
        self.client = self.server.client().sign_in()

    def test_headers_that_are_wrong_are_refused(self):
        for name, value, status in [("Prefer", "return=everything", 400), ("Prefer", "count=some", 400),
                                    ("Prefer", "max-affected=x", 400), ("Prefer", "max-affected=1001", 400),
                                    ("Prefer", "max-affected=-1", 400), ("Prefer", "resolution=maybe", 400), ("Prefer", "tx=maybe", 400),
                                    ("Prefer", "missing=x", 400), ("Prefer", "handling=strict, unheard=of", 400),
                                    ("Accept", "image/png", 406), ("Range", "a-b", 400), ("Range", "5-1", 416),
                                    ("Range", "99999999999999999999-", 400)]:
            self.refused("GET", ITEM, headers={name: value}, status=status)
        self.assertEqual(self.get(ITEM, Prefer="unheard=of").status, 200)
        for value in ("7", "W/\"7\"", '"x"', '""', '"1", "2"', '"99999999999999999999"'):
            self.refused("PATCH", f"{ITEM}/{self.item['id']}", {"stock": 1}, {"If-Match": value}, status=400, reason="http.if_match")
        for value in ("a b", "a" * 256, "é".encode("utf-8").decode("latin-1")):
            self.refused("POST", ITEM, {"name": "x"}, {"Idempotency-Key": value}, status=400, reason="idempotency.key")

    # -- addresses -----------------------------------------------------------------------------------------------

    def test_what_is_not_there_is_404_and_what_is_not_done_is_405(self):
        for method, target in [("GET", "/api/v1/nothing"), ("GET", "/api/v1/shop/nothing"), ("GET", "/api/v1/nothing/item"),
                               ("GET", ITEM + "/x"), ("GET", f"{ITEM}/{uuid.uuid4()}"), ("PATCH", f"{ITEM}/{uuid.uuid4()}"),
                               ("DELETE", f"{ITEM}/{uuid.uuid4()}"), ("GET", f"{ITEM}/{uuid.uuid4()}/history"),
                               ("GET", f"{ITEM}/{self.item['id']}/nothing"), ("GET", "/api/v1/schema/nothing"),
                               ("GET", "/api/v1/trash/shop/nothing"), ("POST", f"/api/v1/trash/shop/item/{self.item['id']}/restore"),
                               ("GET", "/api/v1/views/x"), ("GET", f"/api/v1/views/{uuid.uuid4()}"),
                               ("GET", "/api/v1/files/shop/item/x/photo"), ("POST", "/api/v1/shop/rpc/nothing")]:
            answer = self.client.request(method, target, {} if method in ("PATCH", "POST") else None)
            self.assertEqual(self.problem(answer, 404)["code"], "not_found", (method, target))
        for method, target, allowed in [("PUT", ITEM, "GET"), ("PUT", f"{ITEM}/{self.item['id']}", "PATCH"),
                                        ("POST", "/api/v1/menu", "GET"), ("DELETE", "/api/v1/audit", "GET"),
                                        ("GET", "/api/v1/$batch", "POST"), ("PATCH", "/api/v1/files", "POST")]:
            answer = self.client.request(method, target, {} if method != "GET" else None)
            self.assertIn(answer.status, (404, 405) if target == "/api/v1/$batch" else (405,), (method, target, answer))
            if answer.status == 405:
                self.assertIn(allowed, answer.headers["allow"])

    def test_naughty_texts_come_back_as_they_were_or_are_refused(self):
        file = ROOT.parent / "shared/corpora/naughty-strings/blns.json"
        if not file.is_file():
            self.skipTest("the corpus is not here")
        for text in json.loads(file.read_text()):
            answer = self.client.request("POST", path(ITEM, select="name"), {"name": text}, {"Prefer": "return=representation"})
            self.assertIn(answer.status, (201, 422), (text, answer))
            if answer.status == 201:
                name = answer.json()[0]["name"]
                found = self.client.request("GET", ITEM + "?select=name&limit=1&name=eq." + urllib.parse.quote(name))
                self.assertEqual([row["name"] for row in found.json()], [name])
            for target in (f"{ITEM}?name=eq.{urllib.parse.quote(text)}", f"{ITEM}?fts={urllib.parse.quote(text)}",
                           f"{ITEM}?select={urllib.parse.quote(text)}", f"{ITEM}?order={urllib.parse.quote(text)}",
                           f"{ITEM}?or={urllib.parse.quote(text)}", f"{ITEM}?name=wfts.{urllib.parse.quote(text)}"):
                self.assertIn(self.client.request("GET", target[:4000]).status, (200, 400, 422), target)
        self.client.request("DELETE", path(ITEM, sku="is.null"))


globals().update(on_postgres(BadInputTest))

if __name__ == "__main__":
    unittest.main()
