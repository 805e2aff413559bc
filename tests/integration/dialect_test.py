"""PostgREST's dialect over a real socket, reading: select, embedding, operators, ranges, counts, forms of the answer."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, OBJECT, REVIEW, ShopTest, on_postgres, path  # noqa: E402


class DialectTest(ShopTest):
    def setUp(self):
        super().setUp()
        tools = self.make(CATEGORY, name="Tools")["id"]
        toys = self.make(CATEGORY, name="Toys")["id"]
        self.saw = self.make(name="Hand saw", sku="S1", category=tools, price="19.90", stock=3, active=True, kind="new",
                             tags=["red", "big"], released="2026-01-15", seen="2026-02-03T04:05:06Z", details={"a": 1})
        self.axe = self.make(name="Axe", sku="A1", category=tools, price="35.00", stock=0, active=False, kind="used",
                             tags=["red"], released="2026-03-01")
        self.ball = self.make(name="Rubber ball", sku="B1", category=toys, price="2.50", stock=40, tags=["blue"])
        self.odd = self.make(name="Odd thing")
        for stars in (5, 3):
            self.make(REVIEW, item=self.saw["id"], stars=stars)
        self.make(REVIEW, item=self.axe["id"], stars=1)

    # -- conditions --------------------------------------------------------------------------------------------

    def test_every_operator_finds_what_it_should(self):
        for name, condition, found in [
            ("name", "eq.Axe", ["Axe"]), ("stock", "neq.1", ["Axe", "Hand saw", "Rubber ball"]),
            ("price", "gt.19.90", ["Axe"]), ("price", "gte.19.90", ["Axe", "Hand saw"]),
            ("price", "lt.19.90", ["Rubber ball"]), ("price", "lte.19.90", ["Hand saw", "Rubber ball"]),
            ("sku", "in.(A1,\"B1\")", ["Axe", "Rubber ball"]), ("name", "like.*saw", ["Hand saw"]),
            ("name", "like.H%d*", ["Hand saw"]), ("name", "ilike.*BALL", ["Rubber ball"]),
            ("name", "like(any).{Axe,Hand*}", ["Axe", "Hand saw"]), ("name", "ilike(all).{*a*,*x*}", ["Axe"]),
            ("stock", "eq(any).{0,40}", ["Axe", "Rubber ball"]), ("active", "is.true", ["Hand saw"]),
            ("active", "is.null", ["Odd thing", "Rubber ball"]), ("active", "is.not_null", ["Axe", "Hand saw"]),
            ("active", "is.unknown", ["Odd thing", "Rubber ball"]), ("active", "not.is.false",
                                                                     ["Hand saw", "Odd thing", "Rubber ball"]),
            ("kind", "isdistinct.new", ["Axe", "Odd thing", "Rubber ball"]), ("tags", "cs.{red}", ["Axe", "Hand saw"]),
            ("tags", "cs.{red,big}", ["Hand saw"]), ("tags", "cd.{red,blue}", ["Axe", "Rubber ball"]),
            ("tags", "ov.{big,blue}", ["Hand saw", "Rubber ball"]), ("name", "contains.ubb", ["Rubber ball"]),
            ("name", "fts.saw", ["Hand saw"]), ("name", "fts(english).saw|ball", ["Hand saw", "Rubber ball"]),
            ("name", "plfts.saw hand", ["Hand saw"]), ("name", "phfts.hand saw", ["Hand saw"]),
            ("name", "phfts.saw hand", []), ("name", "wfts.ball or saw -hand", ["Rubber ball"]),
            ("name", "not.wfts.ball", ["Axe", "Hand saw", "Odd thing"]),
            ("released", "gte.2026-02-01", ["Axe"]), ("seen", "lt.2026-02-04T00:00:00Z", ["Hand saw"]),
            ("category", "not.is.null", ["Axe", "Hand saw", "Rubber ball"]),
            ("or", "(name.eq.Axe,and(stock.gt.10,tags.cs.{blue}))", ["Axe", "Rubber ball"]),
            ("not.or", "(name.eq.Axe,stock.gt.2)", ["Odd thing"]),
            ("and", "(price.gt.1,or(kind.eq.new,kind.eq.used),name.not.eq.Axe)", ["Hand saw"]),
            ("fts", "rubber", ["Rubber ball"]),
        ]:
            self.assertEqual(self.names(**{name: condition}), found, (name, condition))

    def test_a_filter_of_the_related_narrows_what_is_embedded_and_inner_the_records_too(self):
        some = self.rows(select="name,review(stars)", review__stars="gt.3", order="name")
        self.assertEqual([(row["name"], row["review"]) for row in some],
                         [("Axe", []), ("Hand saw", [{"stars": 5}]), ("Odd thing", []), ("Rubber ball", [])])
        self.assertEqual(self.rows(select="name,review!inner(stars)", review__stars="gt.3"),
                         [{"name": "Hand saw", "review": [{"stars": 5}]}])
        self.assertEqual(self.rows(select="name,category!inner(name)", category__name="eq.Toys"),
                         [{"name": "Rubber ball", "category": {"name": "Toys"}}])
        self.assertEqual(self.rows(select="name,review!inner()", review__or="(stars.eq.1,stars.eq.2)"),
                         [{"name": "Axe"}])
        self.assertEqual([row["name"] for row in self.rows(select="name,review()", review="is.null", order="name")],
                         ["Odd thing", "Rubber ball"])

    # -- what is selected ----------------------------------------------------------------------------------------

    def test_columns_are_renamed_and_cast_and_related_records_nested(self):
        self.assertEqual(self.rows(select="title:name,price::float8,stock::text", sku="eq.S1"),
                         [{"title": "Hand saw", "price": 19.9, "stock": "3"}])
        self.assertEqual(self.rows(CATEGORY, select="name,things:item(name,reviews:review(stars))", name="eq.Tools",
                                   things__order="name", **{"things__reviews__order": "stars.desc"}),
                         [{"name": "Tools", "things": [{"name": "Axe", "reviews": [{"stars": 1}]},
                                                       {"name": "Hand saw", "reviews": [{"stars": 5}, {"stars": 3}]}]}])
        self.assertEqual(self.rows(select="name,...category(group:name)", sku="eq.S1"),
                         [{"name": "Hand saw", "group": "Tools"}])
        self.assertEqual(self.rows(select="name,review(count)", sku="eq.S1"),
                         [{"name": "Hand saw", "review": [{"count": 2}]}])
        everything = self.rows(select="*,category(name)", sku="eq.S1")[0]
        self.assertEqual(everything["category"], {"name": "Tools"})

    def test_groups_are_computed(self):
        self.assertEqual(self.rows(select="kind,stock.sum(),n:count()", order="kind"),
                         [{"kind": "new", "sum": 3, "n": 1}, {"kind": "used", "sum": 0, "n": 1},
                          {"kind": None, "sum": 41, "n": 2}])
        self.assertEqual(self.rows(select="price.max(),low:price.min(),price.avg()::numeric"),
                         [{"max": "35.00", "low": "2.50", "avg": 19.133333}])

    def test_the_order_knows_nulls_and_related_records(self):
        self.assertEqual([row["name"] for row in self.rows(select="name", order="price.desc.nullslast")],
                         ["Axe", "Hand saw", "Rubber ball", "Odd thing"])
        self.assertEqual([row["name"] for row in self.rows(select="name", order="price.desc,name")][0], "Odd thing")
        self.assertEqual([row["name"] for row in
                          self.rows(select="name,category(name)", order="category(name).desc.nullslast,name")],
                         ["Rubber ball", "Axe", "Hand saw", "Odd thing"])

    # -- parts of a list -----------------------------------------------------------------------------------------

    def test_a_range_is_given_by_header_or_by_limit_and_offset(self):
        target = path(ITEM, select="name", order="name")
        answer = self.get(target, 206, Range="1-2", Prefer="count=exact")
        self.assertEqual([row["name"] for row in answer.json()], ["Hand saw", "Odd thing"])
        self.assertEqual(answer.headers["content-range"], "1-2/4")
        self.assertEqual(answer.headers["preference-applied"], "count=exact")
        answer = self.get(target, Range="1-2")
        self.assertEqual(answer.headers["content-range"], "1-2/*")
        answer = self.get(target + "&offset=1&limit=2", 206, Prefer="count=exact", Range="0-1")
        self.assertEqual(answer.headers["content-range"], "1-1/4", "both together: what both have")
        answer = self.get(target, Prefer="count=exact")
        self.assertEqual(answer.headers["content-range"], "0-3/4")
        self.assertEqual(len(self.get(target, Range="2-").json()), 2)
        self.assertEqual(len(self.get(target, Range="bytes=0-10").json()), 4, "bytes are nobody's unit here")

    def test_a_range_behind_the_end_is_416(self):
        target = path(ITEM, select="name")
        answer = self.get(target, 416, Range="10-20", Prefer="count=exact")
        self.problem(answer, 416, reason="http.range_empty")
        self.assertEqual(answer.headers["content-range"], "*/4")
        self.assertIn("only 4 rows", answer.json()["details"])
        self.assertEqual(self.get(target, Range="10-20").json(), [])
        self.problem(self.get(target, 416, Range="5-2"), 416)
        self.problem(self.get(target, 400, Range="x-2"), 400, reason="http.range")

    def test_counts_are_exact_planned_or_estimated(self):
        for kind in ("exact", "planned", "estimated", "capped"):
            answer = self.get(path(ITEM, select="name", limit=1), 206, Prefer=f"count={kind}")
            self.assertEqual(answer.headers["content-range"], "0-0/4", kind)
        for i in range(0, 1020, 340):
            rows = [{"name": f"bulk {i + j}"} for j in range(340)]
            self.assertEqual(self.client.request("POST", CATEGORY, rows).status, 201)
        answer = self.get(path(CATEGORY, select="name", limit=1), 206, Prefer="count=estimated")
        self.assertEqual((answer.headers["content-range"], answer.headers["x-count-capped"]), ("0-0/*", "1000"))
        answer = self.get(path(CATEGORY, select="name", limit=1), 206, Prefer="count=exact")
        self.assertEqual(answer.headers["content-range"], "0-0/1022")
        self.assertNotIn("x-count-capped", answer.headers)
        self.problem(self.client.request("DELETE", path(CATEGORY, name="like.bulk*")), 422, reason="data.max_affected")
        for some in ("bulk 1*", "bulk*"):
            self.assertEqual(self.client.request("DELETE", path(CATEGORY, name="like." + some)).status, 204, some)

    def test_pages_follow_each_other_by_cursor(self):
        seen, target = [], path(ITEM, select="name,category(name)", order="category(name),price.desc", limit=1)
        while target:
            answer = self.get(target)
            seen += [row["name"] for row in answer.json()]
            link = answer.headers.get("link", "")
            target = link[1:link.index(">")] if 'rel="next"' in link else None
        self.assertEqual(seen, ["Axe", "Hand saw", "Rubber ball", "Odd thing"])

    # -- forms of the answer -------------------------------------------------------------------------------------

    def test_an_object_is_given_for_exactly_one_row(self):
        answer = self.get(path(ITEM, sku="eq.S1", select="name"), Accept=OBJECT)
        self.assertEqual(answer.json(), {"name": "Hand saw"})
        self.assertTrue(answer.headers["content-type"].startswith(OBJECT), answer.headers)
        for target, rows in [(path(ITEM, sku="eq.none"), 0), (ITEM, 4)]:
            body = self.problem(self.get(target, 406, Accept=OBJECT), 406, "PGRST116", "query.singular")
            self.assertEqual(body["details"], f"The result contains {rows} rows")
            self.assertIsNotNone(body["message"])

    def test_csv_has_a_header_and_quotes_what_needs_it(self):
        self.make(name='Comma, "quote"', sku="C1")
        answer = self.get(path(ITEM, select="name,price,tags,category(name)", sku="in.(C1,S1)", order="name"),
                          Accept="text/csv")
        self.assertTrue(answer.headers["content-type"].startswith("text/csv"), answer.headers)
        self.assertEqual(answer.body.decode().splitlines(), [
            "name,price,tags,category", '"Comma, ""quote""",,,',
            'Hand saw,19.90,"[""red"",""big""]","{""name"":""Tools""}"'])
        answer = self.get(path(ITEM, select="name,price", sku="eq.none"), Accept="text/csv")
        self.assertEqual(answer.body.decode(), "name,price\r\n")

    def test_members_that_are_null_are_left_out_when_asked(self):
        for headers in ({"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}, {"Prefer": "nulls=stripped"}):
            answer = self.get(path(ITEM, select="name,price,category(name),review(stars)", name="eq.Odd thing"), **headers)
            self.assertEqual(answer.json(), [{"name": "Odd thing", "review": []}])
        answer = self.get(path(ITEM, select="name,price,details", sku="eq.S1"), Accept=OBJECT + ";nulls=stripped")
        self.assertEqual(answer.json(), {"name": "Hand saw", "price": "19.90", "details": {"a": 1}})

    def test_the_form_is_chosen_by_weight_and_what_is_unknown_is_406(self):
        csv = self.get(path(ITEM, select="name", sku="eq.S1"), Accept="application/json;q=0.5, text/csv")
        self.assertTrue(csv.body.startswith(b"name\r\n"))
        self.get(ITEM, Accept="text/html, */*;q=0.1")
        self.problem(self.get(ITEM, 406, Accept="image/png"), 406, "invalid", "http.not_acceptable")
        self.problem(self.get(ITEM, 406, Accept="application/vnd.pgrst.plan+text"), 406)

    def test_head_has_the_headers_of_get_and_no_body(self):
        answer = self.client.request("HEAD", path(ITEM, select="name", limit=1), headers={"Prefer": "count=exact"})
        self.assertEqual((answer.status, answer.body), (206, b""))
        self.assertEqual(answer.headers["content-range"], "0-0/4")

    def test_options_says_what_an_address_takes(self):
        answer = self.client.request("OPTIONS", ITEM)
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(set(answer.headers["allow"].split(", ")), {"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"})

    # -- one record ----------------------------------------------------------------------------------------------

    def test_one_record_has_a_tag_and_takes_select_and_forms(self):
        target = f"{ITEM}/{self.saw['id']}"
        answer = self.get(target)
        self.assertEqual(answer.json(), self.saw)
        etag = answer.headers["etag"]
        for known in (etag, f'"x", W/{etag}', "*"):
            again = self.get(target, 304, If_None_Match=known)
            self.assertEqual((again.body, again.headers["etag"]), (b"", etag))
        self.assertEqual(self.get(target + "?select=name,category(name)").json(),
                         {"name": "Hand saw", "category": {"name": "Tools"}})
        self.assertEqual(self.get(target + "?select=name,price", Accept="text/csv").body, b"name,price\r\nHand saw,19.90\r\n")
        self.assertEqual(self.get(target + "?select=name", Accept=OBJECT).json(), {"name": "Hand saw"})
        self.problem(self.get(target + "?select=count()", 400), 400)

    def test_the_picker_finds_names_by_their_beginning_and_inside(self):
        rows = self.get(ITEM + "/picker?q=ru").json()
        self.assertEqual(rows, [{"id": self.ball["id"], "label": "Rubber ball"}])
        self.assertEqual([row["label"] for row in self.get(ITEM + "/picker?q=saw").json()], ["Hand saw"])
        self.assertEqual(len(self.get(ITEM + "/picker").json()), 4)
        self.problem(self.get(ITEM + "/picker?x=1", 422), 422)
        self.problem(self.get(ITEM + "/picker?q=" + "a" * 300, 400), 400, reason="query.picker")


globals().update(on_postgres(DialectTest))

if __name__ == "__main__":
    unittest.main()
