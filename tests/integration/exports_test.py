"""Exports on a live server: lists leave as CSV, workbooks and JSON lines with the rights of who asked, whole, for that
user alone, and the truth about them outlives a kill."""
import csv
import datetime
import io
import json
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, REPRESENTATION, ShopTest, on_postgres  # noqa: E402
from spreadsheet import openpyxl, sheets  # noqa: E402
from tenon_server import PASSWORD, Server, wait_until  # noqa: E402

EXPORTS = "/api/v1/exports"
HOSTILE = ["=1+1", "+1-1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\ttab", "'=quoted", "a,\"b\";c", "<script>", "正常"]


def finished(client, job: dict, seconds: float = 60) -> dict:
    """The job when nobody works at it any more."""
    state = {}

    def ended():
        state.update(client.request("GET", f"{EXPORTS}/{job['id']}").json())
        return state["state"] not in ("waiting", "running")

    wait_until(ended, seconds, f"the end of {job}")
    return state


class ExportsTest(ShopTest):
    def order(self, client=None, status: int = 202, **body):
        answer = (client or self.client).request("POST", EXPORTS, {"entity": "shop.item", **body})
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def export(self, client=None, **body) -> bytes:
        """The bytes of an export that goes well."""
        client = client or self.client
        job = finished(client, self.order(client, **body))
        self.assertEqual((job["state"], job["error"]), ("done", None), job)
        answer = client.request("GET", f"{EXPORTS}/{job['id']}/content")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(len(answer.body), job["progress"]["bytes"])
        self.headers = answer.headers
        return answer.body

    def rows_of_csv(self, **body) -> list:
        text = self.export(**body).decode("utf-8")
        return list(csv.reader(io.StringIO(text, newline="")))

    def user(self, name: str, permissions: list) -> object:
        role = self.client.request("POST", "/api/v1/roles", {"name": name, "permissions": [
            {"permission": one, "scope": "all"} for one in permissions]})
        self.assertEqual(role.status, 201, role)
        made = self.client.request("POST", "/api/v1/users", {"name": name, "roles": [role.json()["id"]],
                                                            "password": PASSWORD})
        self.assertEqual(made.status, 201, made)
        return self.server.client().sign_in(user=name, password=PASSWORD)

    def test_a_list_leaves_as_csv_with_headings_of_the_language_and_only_what_was_asked(self):
        books = self.make(CATEGORY, name="书")
        self.make(name="b", price="12.50", stock=3, category=books["id"])
        self.make(name="a", price="1.00", stock=9)
        self.make(name="hidden", stock=0)
        query = "select=name,price,stock,category(name)&stock=gt.0&order=name.asc"
        rows = self.rows_of_csv(query=query, locale="zh-CN")
        self.assertEqual(rows, [["\ufeff名称", "价格", "库存", "类别.名称"], ["a", "1.00", "9", ""],
                                ["b", "12.50", "3", "书"]])
        self.assertIn("attachment", self.headers["content-disposition"])
        self.assertIn(".csv", self.headers["content-disposition"])
        self.assertIn("sandbox", self.headers["content-security-policy"])
        rows = self.rows_of_csv(query=query, headings="names", byte_order_mark=False)
        self.assertEqual(rows[0], ["name", "price", "stock", "category.name"])
        lines = self.export(query="select=name,stock&order=name", format="json_lines").decode().splitlines()
        self.assertEqual([json.loads(line) for line in lines],
                         [{"name": "a", "stock": 9}, {"name": "b", "stock": 3}, {"name": "hidden", "stock": 0}])
        self.assertEqual(self.rows_of_csv(query="select=name&name=eq.nobody", byte_order_mark=False), [["名称"]])

    def test_cells_that_begin_like_formulas_are_guarded_in_csv_and_in_workbooks(self):
        for text in HOSTILE:
            self.make(name=text)
        expected = sorted("'" + t if t.lstrip("'")[:1] in "=+-@\t" else t for t in HOSTILE)
        rows = self.rows_of_csv(query="select=name", byte_order_mark=False)[1:]
        self.assertEqual(sorted(r[0] for r in rows), expected)
        (_, rows), = sheets(self.export(query="select=name", format="xlsx")).items()
        self.assertEqual(sorted(r[0] for r in rows[1:]), expected)
        rows = self.rows_of_csv(query="select=name", byte_order_mark=False, guard_formulas=False)[1:]
        self.assertEqual(sorted(r[0] for r in rows), sorted(HOSTILE), "for machines they stay as they are")

    def test_a_workbook_has_typed_cells_a_frozen_bold_heading_and_widths(self):
        self.make(name="n", price="1234.50", stock=7, active=True, released="2026-02-28", seen="2026-01-02T03:04:05Z",
                  kind="new", tags=["red", "big"], details={"a": [1]})
        self.make(name="old", released="1899-12-31")
        content = self.export(query="select=name,price,stock,active,released,seen,kind,tags,details&order=name",
                              format="xlsx", locale="en")
        (title, rows), = sheets(content).items()
        self.assertEqual(title, "Item")
        self.assertEqual(rows[0][:6], ("Name", "Price", "Stock", "For sale", "Released", "Seen"))
        self.assertEqual(rows[1], ("n", 1234.5, 7, True, datetime.datetime(2026, 2, 28),
                                   datetime.datetime(2026, 1, 2, 3, 4, 5), "new", '["red","big"]', '{"a":[1]}'))
        self.assertEqual(rows[2][4], "1899-12-31", "a day before the calendar of workbooks is exact text")
        sheet = openpyxl().load_workbook(io.BytesIO(content)).active
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertTrue(sheet["A1"].font.bold)
        self.assertGreater(sheet.column_dimensions["A"].width, 10)
        self.assertEqual((sheet["B2"].number_format, sheet["E2"].number_format), ("#,##0.00", "yyyy-mm-dd"))

    def test_what_is_wrong_with_an_order_is_told_at_once(self):
        def refused(status, reason, **body):
            return self.problem(self.client.request("POST", EXPORTS, body), status, reason=reason)

        wrong = refused(422, "data.fields", entity=7, format="pdf", nonsense=1)
        self.assertEqual({f["path"] for f in wrong["fields"]}, {"/entity", "/format", "/nonsense"})
        refused(422, "data.fields")
        refused(404, "http.not_found", entity="shop.nothing")
        refused(404, "bulk.named", export="shop.nothing")
        refused(422, "query.parameter", entity="shop.item", query="select=nothing")
        refused(400, "export.shape", entity="shop.item", query="select=stock.sum()")
        refused(400, "export.shape", entity="shop.item", query="select=name,review(stars)")
        self.assertEqual(self.client.request("GET", EXPORTS + "/x").status, 404)

    def test_a_text_too_long_for_a_workbook_is_named_and_csv_takes_it(self):
        self.make(name="long", details={"t": "x" * 40_000})
        job = finished(self.client, self.order(query="select=name,details", format="xlsx", locale="en"))
        self.assertEqual((job["state"], job["error"]["reason"]), ("failed", "exports.cell"), job)
        answer = self.client.request("GET", f"{EXPORTS}/{job['id']}/content")
        self.problem(answer, 409, reason="exports.not_ready")
        self.assertGreater(len(self.export(query="select=name,details")), 40_000)

    def test_only_its_owner_sees_an_export_and_rights_are_the_owners(self):
        self.make(name="visible", price="5.00")
        job = finished(self.client, self.order(query="select=name"))
        reader = self.user("reader", ["shop.item.list"])
        idle = self.user("idle", [])
        for path in ("", "/content", "/cancel"):
            method = "POST" if path == "/cancel" else "GET"
            self.problem(reader.request(method, f"{EXPORTS}/{job['id']}{path}"), 404, reason="bulk.unknown")
        self.assertEqual(self.server.client().request("GET", f"{EXPORTS}/{job['id']}/content").status, 401)
        self.problem(idle.request("POST", EXPORTS, {"entity": "shop.item"}), 403, reason="permission")
        mine = finished(reader, self.order(reader, query="select=name"))
        self.assertEqual(mine["state"], "done")
        self.assertEqual([j["id"] for j in reader.request("GET", EXPORTS).json()], [mine["id"]])
        self.assertEqual(reader.request("DELETE", f"{EXPORTS}/{mine['id']}").status, 204)
        self.problem(reader.request("GET", f"{EXPORTS}/{mine['id']}/content"), 404, reason="bulk.gone")


class LongExportsTest(unittest.TestCase):
    """A hundred thousand rows."""

    ROWS = 100_000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tenon-exports-")
        cls.server = Server("--demo-rows", str(cls.ROWS), data=cls.folder.name).start()
        cls.client = cls.server.client(timeout=120).sign_in()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def order(self, **body):
        answer = self.client.request("POST", EXPORTS, {"entity": "crm.customer", **body})
        self.assertEqual(answer.status, 202, answer)
        return answer.json()

    def test_a_hundred_thousand_rows_in_a_workbook_take_constant_memory_and_read_back(self):
        finished(self.client, self.order(query="select=id&limit=1"))  # the pools are there
        before, most = self.server.resident_bytes(), 0
        job = self.order(format="xlsx", query="select=id,name,city,credit_limit&order=id")
        while True:
            state = self.client.request("GET", f"{EXPORTS}/{job['id']}").json()
            most = max(most, self.server.resident_bytes())
            if state["state"] not in ("waiting", "running"):
                break
            time.sleep(0.05)
        self.assertEqual((state["state"], state["progress"]["rows"]), ("done", self.ROWS), state)
        self.assertLess(most - before, 40 << 20, "more than a page's worth")
        content = self.client.request("GET", f"{EXPORTS}/{job['id']}/content").body
        (_, rows), = sheets(content).items()
        self.assertEqual(len(rows), self.ROWS + 1)
        self.assertEqual(len({row[0] for row in rows}), self.ROWS + 1)
        took = datetime.datetime.fromisoformat(state["finished_at"]) - datetime.datetime.fromisoformat(
            state["started_at"])
        print(f"\n{self.ROWS} rows, 4 columns: {took.total_seconds():.1f} s, {len(content) >> 10} KiB, "
              f"{(most - before) >> 20} MiB more")

    def test_a_long_one_is_cancelled_and_so_many_run_at_once(self):
        jobs = [self.order(format="xlsx") for _ in range(4)]
        answer = self.client.request("POST", EXPORTS, {"entity": "crm.customer"}, {"Accept-Language": "en"})
        self.assertEqual((answer.status, answer.json()["reason"]), (429, "exports.active"), answer)
        self.assertEqual(answer.json()["details"]["limit"], 4)
        for job in jobs:
            self.assertEqual(self.client.request("POST", f"{EXPORTS}/{job['id']}/cancel").status, 200)
        for job in jobs:
            self.assertEqual(finished(self.client, job)["state"], "cancelled")
        spool = pathlib.Path(self.folder.name) / "bulk/exports/demo"
        wait_until(lambda: not [p for p in spool.iterdir() if jobs[0]["id"] in p.name], what="nothing is left")

    def test_z_a_kill_leaves_the_truth(self):
        job = self.order(format="xlsx")
        wait_until(lambda: self.client.request("GET", f"{EXPORTS}/{job['id']}").json()["state"] == "running")
        self.server.kill()
        type(self).server = Server("--demo-rows", "0", data=self.folder.name).start()
        client = self.server.client().sign_in()
        state = finished(client, job)
        self.assertEqual((state["state"], state["error"]["reason"]), ("interrupted", "bulk.interrupted"))
        self.assertEqual(client.request("GET", f"{EXPORTS}/{job['id']}/content").status, 409)
        self.assertEqual(self.server.stop(), 0, self.server.errors())


globals().update(on_postgres(ExportsTest))

if __name__ == "__main__":
    unittest.main()
