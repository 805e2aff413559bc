"""Imports on a live server: a file is sent, its columns are guessed, tried and carried out with the rights of who began
it; every wrong cell is told with its place; a kill leaves the truth."""
import csv
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, ShopTest, on_postgres  # noqa: E402
from tenon_server import PASSWORD, Server, wait_until  # noqa: E402

IMPORTS = "/api/v1/imports"
CSV = {"Content-Type": "text/csv"}


def finished(client, job: dict, seconds: float = 60) -> dict:
    """The job when nobody works at it any more."""
    state = {}

    def ended():
        state.update(client.request("GET", f"{IMPORTS}/{job['id']}").json())
        return state["state"] not in ("waiting", "running", "undoing")

    wait_until(ended, seconds, f"the end of {job}")
    return state


class ImportsTest(ShopTest):
    def send(self, text, client=None, status: int = 201, headers=None, **parameters):
        query = "&".join(f"{name}={value}" for name, value in {"entity": "shop.item", **parameters}.items() if value)
        body = text if isinstance(text, bytes) else text.encode()
        answer = (client or self.client).request("POST", f"{IMPORTS}?{query}", body, headers or CSV)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def start(self, job: dict, client=None, status: int = 202, **body):
        answer = (client or self.client).request("POST", f"{IMPORTS}/{job['id']}/start", body)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def errors(self, job: dict, language: str = "en") -> list:
        return self.client.request("GET", f"{IMPORTS}/{job['id']}/errors", headers={"Accept-Language": language}).json()

    def test_columns_are_guessed_by_names_and_by_labels_of_both_languages(self):
        self.make(CATEGORY, name="书")
        text = "\ufeff名称,Price,stock,类别,Category.Name,编号,Nothing like it\r\nn,1.50,2,书,书,,x\r\n"
        job = self.send(text)
        self.assertEqual(job["state"], "uploaded")
        guessed = {c["header"]: (c["field"], c["by"]) for c in job["request"]["columns"]}
        self.assertEqual(guessed, {"名称": ("name", None), "Price": ("price", None), "stock": ("stock", None),
                                   "类别": ("category", "name"), "Category.Name": (None, None), "编号": (None, None),
                                   "Nothing like it": (None, None)})
        self.assertEqual(job["request"]["columns"][0]["samples"], ["n"])
        done = finished(self.client, self.start(job))
        self.assertEqual(done["state"], "done", done)
        self.assertEqual(done["progress"]["inserted"], 1)
        row, = self.rows(select="name,price,stock,category(name)")
        self.assertEqual(row, {"name": "n", "price": "1.50", "stock": 2, "category": {"name": "书"}})

    def test_a_dry_run_writes_nothing_and_may_be_followed_by_a_real_one(self):
        job = self.send("name,stock\na,1\nb,2\n", dry_run="true", status=202)
        tried = finished(self.client, job)
        self.assertEqual((tried["state"], tried["progress"]["inserted"], tried["progress"]["written"]), ("done", 2, False))
        self.assertEqual(self.rows(), [])
        done = finished(self.client, self.start(job, dry_run=False))
        self.assertEqual((done["state"], done["progress"]["written"]), ("done", True))
        self.assertEqual(self.names(), ["a", "b"])
        self.problem(self.client.request("POST", f"{IMPORTS}/{job['id']}/start", {}), 409, reason="imports.begun")

    def test_all_or_nothing_writes_nothing_when_a_row_is_wrong_and_tells_every_wrong_cell(self):
        text = "name,price,stock,kind\ngood,1.00,1,new\nbad,much,9999,green\n,1.00,1,new\n"
        job = finished(self.client, self.send(text, mode="all_or_nothing", status=202))
        self.assertEqual((job["state"], job["error"]["reason"]), ("failed", "imports.bad_rows"))
        self.assertEqual((job["progress"]["rows"], job["progress"]["bad"], job["progress"]["written"]), (3, 2, False))
        self.assertEqual(self.rows(), [])
        wrong = self.errors(job)
        self.assertEqual([(e["row"], e["line"], e["column"], e["path"]) for e in wrong if e["row"] == 3],
                         [(3, 4, "name", "/name")])
        self.assertEqual({e["column"] for e in wrong if e["row"] == 2}, {"price", "stock", "kind"})
        self.assertTrue(all(e["message"].isascii() for e in wrong), wrong)
        self.assertEqual([e["message"] for e in self.errors(job, "zh-CN") if e["row"] == 3], ["必填"])
        page = self.client.request("GET", f"{IMPORTS}/{job['id']}/errors?limit=1&after=1").json()
        self.assertEqual(page, [self.errors(job, "zh-CN")[1]])
        answer = self.client.request("GET", f"{IMPORTS}/{job['id']}/errors?format=csv")
        rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
        self.assertEqual(rows[0], ["name", "price", "stock", "kind", "行号", "原因"])
        self.assertEqual([r[:5] for r in rows[1:]], [["bad", "much", "9999", "green", "3"], ["", "1.00", "1", "new", "4"]])
        self.assertIn("必填", rows[2][5])

    def test_skipping_bad_rows_writes_the_others_and_a_key_changes_those_that_are_there(self):
        self.make(name="old", sku="A1", stock=1)
        text = "name,sku,stock\nnewer,A1,5\nfresh,A2,6\nwrong,A3,x\n"
        job = finished(self.client, self.send(text, mode="skip_bad_rows", key="sku", status=202))
        self.assertEqual(job["state"], "done", job)
        counts = {n: job["progress"][n] for n in ("rows", "inserted", "updated", "bad", "written")}
        self.assertEqual(counts, {"rows": 3, "inserted": 1, "updated": 1, "bad": 1, "written": True})
        self.assertEqual(self.rows(select="name,sku,stock", order="sku"),
                         [{"name": "newer", "sku": "A1", "stock": 5}, {"name": "fresh", "sku": "A2", "stock": 6}])

    def test_what_was_exported_comes_back_the_same(self):
        books = self.make(CATEGORY, name="=书")
        for i, text in enumerate(["=1+1", "'=x", "a,\"b\"", "正常"]):
            self.make(name=text, sku=f"S{i}", price="3.50", stock=i, active=bool(i % 2), released="2026-01-02",
                      tags=["red", "big"], details={"a": [i]}, category=books["id"])
        query = "select=name,sku,price,stock,active,released,tags,details,category(name)&order=sku"
        before = self.rows(**dict(p.split("=", 1) for p in query.split("&")))
        order = self.client.request("POST", "/api/v1/exports", {"entity": "shop.item", "query": query}).json()
        wait_until(lambda: self.client.request("GET", f"/api/v1/exports/{order['id']}").json()["state"] == "done")
        text = self.client.request("GET", f"/api/v1/exports/{order['id']}/content").body
        self.client.request("DELETE", ITEM + "?id=not.is.null")
        job = finished(self.client, self.send(text, mode="all_or_nothing", status=202))
        self.assertEqual((job["state"], job["error"]), ("done", None), job)
        self.assertEqual(self.rows(**dict(p.split("=", 1) for p in query.split("&"))), before)

    def test_gb18030_is_read_when_it_is_said_and_refused_with_what_to_do_when_not(self):
        text = "名称,货号\n上海,G1\n".encode("gb18030")
        answer = self.client.request("POST", f"{IMPORTS}?entity=shop.item", text, {**CSV, "Accept-Language": "en"})
        body = self.problem(answer, 400, reason="csv.encoding")
        self.assertIn("charset=gb18030", body["message"])
        job = self.send(text, headers={"Content-Type": "text/csv; charset=GBK"}, mode="all_or_nothing", status=202)
        self.assertEqual(finished(self.client, job)["state"], "done")
        self.assertEqual(self.names(sku="eq.G1"), ["上海"])

    def test_what_cannot_be_a_file_is_refused_at_once(self):
        def refused(text, status, reason, headers=CSV, query="entity=shop.item"):
            answer = self.client.request("POST", f"{IMPORTS}?{query}", text, headers)
            self.problem(answer, status, reason=reason)

        refused(b"", 400, "imports.empty")
        refused(b"\n\n", 400, "imports.empty")
        refused(b'name\n"a', 400, "csv.open_quote")
        refused(b"name\n", 415, "http.media_type", {"Content-Type": "multipart/form-data; boundary=x"})
        refused(b"name\n", 415, "http.media_type", {"Content-Type": "text/csv; charset=latin1"})
        refused(b"name\n", 404, "http.not_found", query="entity=shop.nothing")
        refused(b"name\n", 404, "bulk.named", query="import=shop.nothing")
        refused(b"name\n", 422, "query.parameter", query="entity=shop.item&nonsense=1")
        refused(b",".join([b"c"] * 501) + b"\n", 422, "csv.cells")
        refused(b"x" * (300 << 10) + b"\n", 422, "csv.cell_bytes")
        refused(b",".join([b"x" * (200 << 10)] * 6) + b"\n", 422, "csv.row_bytes")
        self.assertEqual(self.client.request("GET", IMPORTS + "/x").status, 404)

    def test_a_file_over_the_bound_is_refused_by_name_and_nothing_stays(self):
        client = self.server.client(timeout=60).sign_in()
        wire = client.connection  # the size is said before the bytes, so they need not be sent
        wire.putrequest("POST", f"{IMPORTS}?entity=shop.item")
        for name, value in (*CSV.items(), ("Cookie", client.cookie), ("Content-Length", str(66 << 20))):
            wire.putheader(name, value)
        wire.endheaders()
        answer = wire.getresponse()
        self.assertEqual((answer.status, json.loads(answer.read())["reason"]), (413, "http.body_too_large"))
        spool = pathlib.Path(self.server.data) / "bulk/imports/demo"
        wait_until(lambda: not list(spool.glob("*.new")), what="nothing is left")

    def test_more_wrong_rows_than_the_bound_end_it(self):
        job = self.send("name,stock\n" + "x,much\n" * 10_600, mode="skip_bad_rows", status=202)
        ended = finished(self.client, job)
        self.assertEqual((ended["state"], ended["error"]["reason"]), ("failed", "import.errors"), ended)
        self.assertEqual(len(self.client.request("GET", f"{IMPORTS}/{job['id']}/errors?limit=1000").json()), 1000)

    def test_a_plan_that_does_not_fit_the_file_or_the_entity_is_refused_before_it_begins(self):
        job = self.send("name,stock\na,1\n")
        answer = self.client.request("POST", f"{IMPORTS}/{job['id']}/start", {
            "columns": [{"header": "nope", "field": "name"}, {"header": "stock", "nonsense": 1}], "mode": "half"})
        body = self.problem(answer, 422, reason="data.fields")
        self.assertEqual({f["path"] for f in body["fields"]}, {"/columns/0/header", "/columns/1/nonsense", "/mode"})
        for plan, reason in [({"columns": [{"header": "name", "field": "nothing"}]}, "import.column"),
                             ({"columns": [{"header": "name"}, {"header": "stock"}]}, "import.column"),
                             ({"key": ["sku"]}, "import.key"), ({"key": ["stock"]}, None)]:
            answer = self.client.request("POST", f"{IMPORTS}/{job['id']}/start", plan)
            if reason:
                self.problem(answer, 400, reason=reason)

    def test_rights_are_those_of_who_began_it(self):
        def user(name, permissions):
            role = self.client.request("POST", "/api/v1/roles", {"name": name, "permissions": [
                {"permission": one, "scope": "all"} for one in permissions]})
            self.assertEqual(role.status, 201, role)
            made = self.client.request("POST", "/api/v1/users", {"name": name, "roles": [role.json()["id"]],
                                                                "password": PASSWORD})
            self.assertEqual(made.status, 201, made)
            return self.server.client().sign_in(user=name, password=PASSWORD)

        reader = user("importreader", ["shop.item.list"])
        writer = user("importwriter", ["shop.item.list", "shop.item.manage"])
        answer = reader.request("POST", f"{IMPORTS}?entity=shop.item", b"name\nx\n", CSV)
        self.problem(answer, 403, reason="permission")
        job = finished(writer, self.send("name\nx\n", writer, mode="all_or_nothing", status=202))
        self.assertEqual(job["state"], "done", job)
        for client in (reader, self.client):
            for path in ("", "/errors", "/start", "/cancel"):
                method = "POST" if path in ("/start", "/cancel") else "GET"
                self.problem(client.request(method, f"{IMPORTS}/{job['id']}{path}", {} if path == "/start" else None),
                             404, reason="bulk.unknown")
        self.assertEqual(self.server.client().request("GET", IMPORTS).status, 401)
        self.assertEqual(writer.request("DELETE", f"{IMPORTS}/{job['id']}").status, 204)


class KilledImportsTest(unittest.TestCase):
    """kill -9 while an import writes; then a server of the same folder says what became of it."""

    ROWS = 30_000

    def killed(self, mode: str, when: int) -> tuple:
        folder = tempfile.TemporaryDirectory(prefix="tenon-imports-")
        self.addCleanup(folder.cleanup)
        with Server("--demo-rows", "0", data=folder.name) as server:
            client = server.client().sign_in()
            text = "name,city\n" + "".join(f"n{i},上海\n" for i in range(self.ROWS))
            job = client.request("POST", f"{IMPORTS}?entity=crm.customer&mode={mode}", text.encode(), CSV).json()
            seen = {}

            def far_enough():
                seen.update(client.request("GET", f"{IMPORTS}/{job['id']}").json())
                progress = seen["progress"]
                return not progress.get("checking", True) and progress["rows"] >= when

            wait_until(far_enough, 60, f"{when} rows of {seen}")
            self.assertEqual(seen["state"], "running", seen)
            server.kill()
        server = Server("--demo-rows", "0", data=folder.name)
        self.addCleanup(server.__exit__)
        client = server.start().client().sign_in()
        state = finished(client, job, 100)
        answer = client.request("GET", "/api/v1/crm/customer?limit=1", headers={"Prefer": "count=exact"})
        return state, int(answer.headers["content-range"].split("/")[1])

    def test_all_or_nothing_leaves_nothing(self):
        state, rows = self.killed("all_or_nothing", 3000)
        self.assertEqual((state["state"], state["error"]["reason"]), ("interrupted", "imports.interrupted"), state)
        self.assertEqual((state["progress"]["written"], rows), (False, 0))

    def test_skipping_bad_rows_says_how_many_are_written(self):
        state, rows = self.killed("skip_bad_rows", 3000)
        self.assertEqual((state["state"], state["error"]["reason"]), ("interrupted", "imports.interrupted_half"), state)
        self.assertGreater(rows, 0)
        self.assertEqual((state["progress"]["inserted"], state["progress"]["written"]), (rows, True))


class LongImportsTest(unittest.TestCase):
    def test_a_long_one_is_told_on_the_feed_is_bounded_and_is_cancelled_without_a_trace(self):
        with Server("--demo-rows", "0") as server:
            client = server.client().sign_in()
            text = ("name,city\n" + "".join(f"n{i},上海\n" for i in range(40_000))).encode()
            jobs = [client.request("POST", f"{IMPORTS}?entity=crm.customer&mode=all_or_nothing", text, CSV).json()
                    for _ in range(4)]
            more = client.request("POST", f"{IMPORTS}?entity=crm.customer&mode=all_or_nothing", b"name\nx\n", CSV)
            self.assertEqual((more.status, more.json()["reason"]), (429, "imports.active"), more)
            for job in jobs:
                self.assertEqual(client.request("POST", f"{IMPORTS}/{job['id']}/cancel").status, 200)
            for job in jobs:
                ended = finished(client, job, 100)
                self.assertEqual((ended["state"], ended["progress"].get("written", False)), ("cancelled", False), ended)
            self.assertEqual(client.request("GET", "/api/v1/crm/customer?limit=1").json(), [])


globals().update(on_postgres(ImportsTest))

if __name__ == "__main__":
    unittest.main()
