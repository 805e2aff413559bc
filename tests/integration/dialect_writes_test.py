"""PostgREST's dialect over a real socket, writing: representations, upserts, filtered changes, dry runs, CSV in; actions,
batches, the trash, and conditions on versions."""
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, OBJECT, REPRESENTATION, REVIEW, ShopTest, on_postgres, path  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"


class DialectWritesTest(ShopTest):
    def send(self, method: str, target: str, body=None, status: int = 200, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.request(method, target, body, headers)
        self.assertEqual(answer.status, status, (method, target, answer))
        return answer

    # -- what an answer shows ------------------------------------------------------------------------------------

    def test_a_write_shows_nothing_its_place_or_its_rows(self):
        answer = self.send("POST", ITEM, {"name": "a"}, 201)
        self.assertEqual(answer.body, b"")
        self.assertTrue(answer.headers["location"].startswith(ITEM + "/"))
        answer = self.send("POST", ITEM, {"name": "b"}, 201, Prefer="return=headers-only")
        self.assertEqual(answer.body, b"")
        self.assertEqual(answer.headers["preference-applied"], "return=headers-only")
        answer = self.send("POST", path(ITEM, select="name,stock,category(name)"), [{"name": "c"}, {"name": "d"}], 201,
                           Prefer="return=representation")
        self.assertEqual(answer.json(), [{"name": "c", "stock": 1, "category": None},
                                         {"name": "d", "stock": 1, "category": None}])
        self.assertEqual(answer.headers["content-range"], "*/2")
        answer = self.send("POST", path(ITEM, select="name"), {"name": "e"}, 201, Accept=OBJECT, **REPRESENTATION)
        self.assertEqual(answer.json(), {"name": "e"})
        answer = self.send("POST", path(ITEM, select="name,price"), {"name": "f"}, 201, Accept="text/csv", **REPRESENTATION)
        self.assertEqual(answer.body, b"name,price\r\nf,\r\n")

    def test_rows_come_back_in_the_order_they_were_sent(self):
        rows = [{"name": f"row {i}"} for i in range(200)]
        for target in (ITEM, path(ITEM, select="name")):
            answer = self.send("POST", target, rows, 201, **REPRESENTATION)
            self.assertEqual([row["name"] for row in answer.json()], [row["name"] for row in rows])

    def test_two_rows_are_no_object_and_nothing_is_written(self):
        answer = self.client.request("POST", ITEM, [{"name": "x"}, {"name": "y"}], {"Accept": OBJECT})
        self.problem(answer, 406, "PGRST116", "query.singular")
        self.assertEqual(self.names(), [])

    # -- filtered changes ----------------------------------------------------------------------------------------

    def test_all_rows_that_match_are_changed_or_deleted(self):
        for name, stock in (("a", 1), ("b", 2), ("c", 3)):
            self.make(name=name, stock=stock)
        answer = self.send("PATCH", path(ITEM, stock="gte.2", select="name,stock", order="name.desc"), {"stock": 9},
                           **REPRESENTATION)
        self.assertEqual(answer.json(), [{"name": "c", "stock": 9}, {"name": "b", "stock": 9}])
        self.assertEqual(answer.headers["content-range"], "0-1/2")
        answer = self.send("PATCH", path(ITEM, stock="eq.77"), {"stock": 1}, 204)
        self.assertEqual(answer.headers["content-range"], "*/0")
        answer = self.send("PATCH", path(ITEM, stock="eq.77"), {"stock": 1}, **REPRESENTATION)
        self.assertEqual(answer.json(), [])
        answer = self.send("PATCH", path(ITEM, name="eq.a", select="stock"), {"stock": 4}, Accept=OBJECT, **REPRESENTATION)
        self.assertEqual(answer.json(), {"stock": 4})
        self.problem(self.send("PATCH", path(ITEM, stock="eq.9"), {"stock": 5}, 406, Accept=OBJECT), 406)
        self.assertEqual(len(self.rows(stock="eq.9")), 2, "what was refused is undone")
        answer = self.send("DELETE", path(ITEM, stock="eq.9", select="name", order="name"), **REPRESENTATION)
        self.assertEqual(answer.json(), [{"name": "b"}, {"name": "c"}])
        self.assertEqual(self.names(), ["a"])

    def test_a_change_of_all_rows_needs_a_filter_and_a_bound_holds(self):
        for name in "abc":
            self.make(name=name)
        for method, body in (("PATCH", {"stock": 1}), ("DELETE", None)):
            self.problem(self.client.request(method, ITEM, body), 400, "invalid", "data.filter_required")
            self.problem(self.client.request(method, path(ITEM, name="in.(a,b,c)"), body,
                                             {"Prefer": "max-affected=2, handling=strict"}),
                         422, reason="data.max_affected")
        self.assertEqual(self.names(stock="eq.1"), ["a", "b", "c"])
        self.send("DELETE", path(ITEM, name="in.(a,b,c)"), None, 204, Prefer="max-affected=3")

    def test_a_related_filter_may_choose_what_is_changed(self):
        a, b = self.make(name="a"), self.make(name="b")
        self.make(REVIEW, item=a["id"], stars=1)
        self.send("PATCH", path(ITEM, select="name,review!inner()", review__stars="eq.1", id=f"in.({a['id']},{b['id']})"),
                  {"stock": 8}, 204)
        self.assertEqual(self.names(stock="eq.8"), ["a"])

    # -- upserts -------------------------------------------------------------------------------------------------

    def test_rows_that_are_there_are_merged_or_left_alone(self):
        self.make(name="old", sku="K1", stock=5)
        rows = [{"name": "new", "sku": "K1"}, {"name": "second", "sku": "K2"}]
        target = path(ITEM, on_conflict="sku", select="name,sku,stock", order="sku")
        answer = self.send("POST", target, rows, 201, Prefer="resolution=merge-duplicates,return=representation")
        self.assertEqual(answer.json(), [{"name": "new", "sku": "K1", "stock": 5}, {"name": "second", "sku": "K2", "stock": 1}])
        self.assertIn("resolution=merge-duplicates", answer.headers["preference-applied"])
        answer = self.send("POST", target, rows, 200, Prefer="resolution=merge-duplicates,return=representation")
        self.assertEqual(len(answer.json()), 2)
        rows = [{"name": "ignored", "sku": "K1"}, {"name": "third", "sku": "K3"}]
        answer = self.send("POST", target, rows, 201, Prefer="resolution=ignore-duplicates,return=representation")
        self.assertEqual(answer.json(), [{"name": "third", "sku": "K3", "stock": 1}])
        self.assertEqual(self.names(sku="eq.K1"), ["new"])
        conflict = self.client.request("POST", ITEM, {"name": "plain", "sku": "K1"})
        body = self.problem(conflict, 409, "conflict", "data.unique")
        self.assertEqual(body["fields"][0]["path"], "/sku")
        wrong = self.client.request("POST", path(ITEM, on_conflict="name"), {"name": "x"},
                                    {"Prefer": "resolution=merge-duplicates"})
        self.problem(wrong, 400, reason="data.on_conflict")

    def test_an_upsert_by_id_changes_what_is_there_and_makes_what_has_none(self):
        made = self.make(name="first")
        for target in (ITEM, path(ITEM, on_conflict="id")):
            answer = self.send("POST", target, [{"id": made["id"], "name": target}, {"name": "fresh"}], 201,
                               Prefer="resolution=merge-duplicates,return=representation")
            self.assertEqual([row["name"] for row in answer.json()], [target, "fresh"])
            self.assertEqual(answer.json()[0]["id"], made["id"])
        wrong = self.client.request("POST", ITEM, [{"id": str(uuid.uuid4()), "name": "x"}],
                                    {"Prefer": "resolution=merge-duplicates"})
        self.assertEqual(self.problem(wrong, 422)["fields"][0]["path"], "/id")

    # -- columns, CSV and dry runs -------------------------------------------------------------------------------

    def test_columns_choose_members_and_what_is_missing_is_null_or_the_default(self):
        rows = [{"name": "a", "stock": 7, "price": "5"}, {"name": "b"}]
        target = path(ITEM, columns='"name","stock"', select="name,stock,price")
        answer = self.send("POST", target, rows, 201, **REPRESENTATION)
        self.assertEqual(answer.json(), [{"name": "a", "stock": 7, "price": None}, {"name": "b", "stock": None, "price": None}])
        answer = self.send("POST", target, rows, 201, Prefer="return=representation,missing=default")
        self.assertEqual(answer.json()[1], {"name": "b", "stock": 1, "price": None})
        self.send("PATCH", path(ITEM, name="eq.a", columns="price"), {"price": "6", "stock": 1}, 204)
        self.assertEqual({(row["stock"], row["price"]) for row in self.rows(name="eq.a")}, {(7, "6.00")})
        wrong = self.client.request("POST", path(ITEM, columns="nothing"), rows)
        self.assertEqual(self.problem(wrong, 422)["fields"][0]["path"], "/query/columns")

    def test_csv_is_taken_in(self):
        csv = 'name,stock,price,active,tags,released\r\n"Comma, here",3,4.50,true,red|big,2026-01-02\r\nplain,NULL,,,,\r\n'
        answer = self.send("POST", path(ITEM, select="name,stock,price,active,tags,released"), csv.encode(), 201,
                           Content_Type="text/csv", **REPRESENTATION)
        self.assertEqual(answer.json(), [
            {"name": "Comma, here", "stock": 3, "price": "4.50", "active": True, "tags": ["red", "big"],
             "released": "2026-01-02"},
            {"name": "plain", "stock": None, "price": None, "active": None, "tags": None, "released": None}])
        wrong = self.client.request("POST", ITEM, b"name,stock\na,x\nb,1,2\n", {"Content-Type": "text/csv"})
        self.assertEqual([(f["path"], f["code"]) for f in self.problem(wrong, 422)["fields"]],
                         [("/0/stock", "type"), ("/1", "cells")])

    def test_a_dry_run_answers_like_the_real_one_and_keeps_nothing(self):
        answer = self.send("POST", ITEM, {"name": "ghost"}, 201, Prefer="tx=rollback,return=representation")
        self.assertEqual(answer.json()[0]["name"], "ghost")
        self.assertIn("tx=rollback", answer.headers["preference-applied"])
        self.assertEqual(self.names(), [])
        made = self.make(name="stays")
        self.send("DELETE", f"{ITEM}/{made['id']}", None, 204, Prefer="tx=rollback")
        self.send("PATCH", f"{ITEM}/{made['id']}", {"name": "else"}, 204, Prefer="tx=rollback")
        self.assertEqual(self.names(), ["stays"])
        self.problem(self.client.request("POST", ITEM, {"nothing": 1}, {"Prefer": "tx=rollback"}), 422)

    # -- versions ------------------------------------------------------------------------------------------------

    def test_a_version_that_is_gone_is_412_and_shows_the_current_one(self):
        made = self.make(name="one")
        target = f"{ITEM}/{made['id']}"
        self.send("PATCH", target, {"stock": 2}, 204, If_Match='"1"')
        for method, body in (("PATCH", {"stock": 3}), ("DELETE", None)):
            details = self.problem(self.client.request(method, target, body, {"If-Match": '"1"'}), 412, "conflict",
                                   "data.version")["details"]
            self.assertEqual((details["current"], details["record"]["stock"]), (2, 2))
        answer = self.send("PATCH", target + "?select=name,stock", {"stock": 3}, If_Match='"2"', **REPRESENTATION)
        self.assertEqual(answer.json(), {"name": "one", "stock": 3})
        self.assertEqual(answer.headers["etag"], '"3"')
        answer = self.send("DELETE", target + "?select=name", **REPRESENTATION)
        self.assertEqual(answer.json(), {"name": "one"})

    # -- once ----------------------------------------------------------------------------------------------------

    def test_a_key_makes_any_write_happen_once(self):
        made = self.make(name="once", stock=1)
        for method, target, body, status in [
            ("POST", path(ITEM, select="name"), [{"name": "twice"}], 201),
            ("PATCH", path(ITEM, name="eq.once"), {"stock": 2}, 200),
            ("DELETE", path(ITEM, name="eq.twice"), None, 200),
            ("DELETE", f"{ITEM}/{made['id']}", None, 200),
        ]:
            key = {"Idempotency-Key": str(uuid.uuid4()), **REPRESENTATION}
            first = self.client.request(method, target, body, key)
            again = self.client.request(method, target, body, key)
            self.assertEqual((first.status, again.status), (status, status), (method, first, again))
            self.assertEqual(first.body, again.body)
            self.assertEqual(first.headers.get("content-range"), again.headers.get("content-range"))
            self.assertEqual(again.headers["idempotency-replayed"], "true")

    # -- several entities as one ---------------------------------------------------------------------------------

    def test_a_batch_is_all_or_nothing_and_refers_to_earlier_items(self):
        batch = [{"op": "insert", "entity": "shop.category", "as": "c", "fields": {"name": "Batch"}},
                 {"op": "insert", "entity": "shop.item", "as": "i",
                  "fields": {"name": "in it", "sku": "BA", "category": {"$ref": "c/id"}}},
                 {"op": "update", "entity": "shop.item", "id": {"$ref": "i/id"}, "version": 1, "fields": {"stock": 6}},
                 {"op": "upsert", "entity": "shop.item", "fields": {"sku": "BA", "name": "renamed"}, "on_conflict": ["sku"]},
                 {"op": "insert", "entity": "shop.review", "as": "r", "fields": {"item": {"$ref": "i/id"}, "stars": 2}},
                 {"op": "delete", "entity": "shop.review", "id": {"$ref": "r/id"}}]
        answer = self.send("POST", "/api/v1/$batch", batch, **REPRESENTATION)
        results = answer.json()
        self.assertEqual([r["entity"] for r in results][:2], ["shop.category", "shop.item"])
        self.assertEqual(results[3]["record"]["name"], "renamed")
        self.assertEqual(results[3]["version"], 3)
        self.assertEqual(self.rows(select="name,stock,category(name)"),
                         [{"name": "renamed", "stock": 6, "category": {"name": "Batch"}}])
        self.assertEqual(self.rows(REVIEW), [])
        minimal = self.send("POST", "/api/v1/$batch", [{"op": "insert", "entity": "shop.item", "fields": {"name": "m"}}])
        self.assertNotIn("record", minimal.json()[0])

    def test_a_batch_that_fails_says_where_and_leaves_nothing(self):
        good = {"op": "insert", "entity": "shop.item", "fields": {"name": "good"}}
        for bad, status, where in [
            ({"op": "insert", "entity": "shop.item", "fields": {"nothing": 1}}, 422, "/1/nothing"),
            ({"op": "insert", "entity": "shop.nothing", "fields": {}}, 404, "/1"),
            ({"op": "jump", "entity": "shop.item", "fields": {}}, 422, "/1/op"),
            ({"op": "update", "entity": "shop.item", "id": {"$ref": "5/id"}, "fields": {}}, 422, "/1/id"),
            ({"op": "update", "entity": "shop.item", "id": str(uuid.uuid4()), "fields": {}}, 404, "/1"),
        ]:
            body = self.problem(self.client.request("POST", "/api/v1/$batch", [good, bad]), status)
            self.assertEqual(body["fields"][0]["path"], where, body)
        self.assertEqual(self.names(), [])
        self.problem(self.client.request("POST", "/api/v1/$batch", [good] * 501), 413, reason="batch.size")
        self.send("POST", "/api/v1/$batch", [good], Prefer="tx=rollback")
        self.assertEqual(self.names(), [])
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        first = self.client.request("POST", "/api/v1/$batch", [good], headers)
        self.assertEqual(self.client.request("POST", "/api/v1/$batch", [good], headers).body, first.body)
        self.assertEqual(self.names(), ["good"])

    def test_the_hooks_of_modules_run_in_upserts_and_batches(self):
        customer = {"name": "  Hooked　name ", "code": "HK-" + uuid.uuid4().hex[:6].upper()}
        answer = self.send("POST", path(CUSTOMER, on_conflict="code", select="name"), customer, 201,
                           Prefer="resolution=merge-duplicates,return=representation")
        self.assertEqual(answer.json()[0]["name"], answer.json()[0]["name"].strip())
        refused = self.client.request("POST", "/api/v1/$batch",
                                      [{"op": "insert", "entity": "crm.customer", "fields": {"name": "   "}}])
        self.assertEqual(self.problem(refused, 422)["fields"][0]["path"], "/0/name")

    # -- actions -------------------------------------------------------------------------------------------------

    def test_an_action_runs_by_post_and_a_read_must_not_write(self):
        customer = self.client.request("POST", CUSTOMER, {"name": "levelled", "level": "C"}, REPRESENTATION).json()[0]
        target = "/api/v1/crm/rpc/set_level"
        answer = self.send("POST", target, {"ids": [customer["id"]], "level": "A"}, Prefer="tx=rollback")
        self.assertIsInstance(answer.json(), dict)
        level = lambda: self.get(f"{CUSTOMER}/{customer['id']}").json()["level"]  # noqa: E731
        self.assertEqual(level(), "C")
        self.send("POST", target, {"ids": [customer["id"]], "level": "A"}, Accept=OBJECT)
        self.assertEqual(level(), "A")
        reading = self.client.request("GET", target + f'?ids=["{customer["id"]}"]&level=B')
        self.problem(reading, 405, reason="rpc.writes")
        self.assertEqual(reading.headers["allow"], "POST")
        self.assertEqual(level(), "A")
        self.problem(self.client.request("GET", target + "?nothing=1"), 422, reason="query.parameter")
        self.problem(self.client.request("POST", "/api/v1/crm/rpc/nothing", {}), 404)
        self.problem(self.client.request("POST", target, [1]), 400, reason="json.not_object")

    # -- the trash -----------------------------------------------------------------------------------------------

    def test_what_was_deleted_is_in_the_trash_and_comes_back_or_goes_for_good(self):
        item = self.make(name="thrown away")
        self.make(REVIEW, item=item["id"], stars=4)
        self.send("DELETE", f"{ITEM}/{item['id']}", None, 204)
        heaps = {(h["plugin"], h["entity"]): h["rows"] for h in self.get("/api/v1/trash").json()}
        self.assertGreaterEqual(heaps[("shop", "item")], 1)
        target = f"/api/v1/trash/shop/item/{item['id']}"
        answer = self.get("/api/v1/trash/shop/item?select=name&order=id.desc&limit=1", 206, Prefer="count=exact")
        self.assertEqual(answer.json(), [{"name": "thrown away"}])
        back = self.send("POST", target + "/restore").json()
        self.assertEqual(back["name"], "thrown away")
        self.assertEqual([row["stars"] for row in self.rows(REVIEW, item=f"eq.{item['id']}")], [4], "with what hung on it")
        self.problem(self.client.request("POST", target + "/restore"), 404)
        self.send("DELETE", f"{ITEM}/{item['id']}", None, 204)
        self.send("POST", f"{ITEM}/{item['id']}/restore")
        self.send("DELETE", f"{ITEM}/{item['id']}", None, 204)
        self.send("DELETE", target, None, 204)
        self.problem(self.client.request("POST", target + "/restore"), 404)


globals().update(on_postgres(DialectWritesTest))

if __name__ == "__main__":
    unittest.main()
