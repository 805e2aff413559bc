"""Print templates on a live server and in a real browser: a document shows what its reader may see, in his language;
hostile values run nothing, which the same page without escaping shows to be no accident; two hundred lines are several
pages with the heading of the table on each."""
import http.server
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from served import ServedTest  # noqa: E402
from tenon_server import GUESTS, PASSWORD, wait_until  # noqa: E402

DOCUMENT = "/api/v1/paper/document"
LINE = "/api/v1/paper/line"
HOSTILE = ["<script>document.title='ran'</script>", "\"><img src=x onerror=\"document.title='ran'\">",
           "javascript:document.title='ran'", "'-document.title='ran'-'", "\u2028document.title='ran'\u2029",
           "</style><script>document.title='ran'</script>", "{{body}}", "<svg/onload=document.title='ran'>",
           "&lt;script&gt;", "${document.title='ran'}", "<!--", "`onmouseover=document.title='ran'"]

MANIFEST = '''
[metadata]
id = "paper"
name = { "zh-CN" = "单据", en = "Paper" }
version = "1.0.0"
author = "Tenon"
license = "Apache-2.0"
min_platform_version = "0.1.0"
contract = "v1.0"
schema_version = 1

[[permissions]]
code = "document.list"
name = { en = "List documents", "zh-CN" = "查看单据" }
[[permissions]]
code = "line.list"
name = { en = "List lines", "zh-CN" = "查看明细" }
[[permissions]]
code = "document.print"
name = { en = "Print documents", "zh-CN" = "打印单据" }

[[schema.entities]]
name = "party"
display_name = { en = "Party", "zh-CN" = "往来单位" }
label_field = "name"
fields = [{ name = "name", field_type = "string", display_name = { en = "Name", "zh-CN" = "名称" } },
          { name = "city", field_type = "string", display_name = { en = "City", "zh-CN" = "城市" } }]

[[schema.entities]]
name = "document"
display_name = { en = "Document", "zh-CN" = "单据" }
label_field = "title"
fields = [
  { name = "title", field_type = "string", display_name = { en = "Title", "zh-CN" = "标题" } },
  { name = "body", field_type = "text", display_name = { en = "Body", "zh-CN" = "正文" } },
  { name = "day", field_type = "date", display_name = { en = "Day", "zh-CN" = "日期" } },
  { name = "total", field_type = "money", display_name = { en = "Total", "zh-CN" = "合计" } },
  { name = "paid", field_type = "boolean", display_name = { en = "Paid", "zh-CN" = "已付" } },
  { name = "kind", field_type = "select", display_name = { en = "Kind", "zh-CN" = "种类" }, options = [
    { value = "a", label = { en = "Alpha", "zh-CN" = "甲" } }] },
  { name = "party", field_type = "reference", ref_entity = "party", display_name = { en = "Party", "zh-CN" = "单位" } }]

[[schema.entities]]
name = "line"
display_name = { en = "Line", "zh-CN" = "明细" }
fields = [
  { name = "document", field_type = "reference", ref_entity = "document", required = true, on_delete = "cascade", filterable = true, display_name = { en = "Document", "zh-CN" = "单据" } },
  { name = "what", field_type = "string", display_name = { en = "What", "zh-CN" = "内容" } },
  { name = "amount", field_type = "money", display_name = { en = "Amount", "zh-CN" = "金额" } }]

[[templates]]
name = "invoice"
display_name = { en = "Invoice", "zh-CN" = "发票" }
entity = "document"
permission = "document.print"
html = """
<style>h1 { font-size: 18pt; } .amount { text-align: right; }</style>
<h1 title="{{title}}">{{title}}</h1>
<p class="of">{{party}} / {{party.city}} / {{day}} / {{total}} / {{kind}}{{#paid}} PAID{{/paid}}{{^paid}} OPEN{{/paid}}</p>
<div>{{body}}</div>
<table><thead><tr><th>No.</th><th>Heading of the table</th><th>Amount</th></tr></thead>
<tbody>{{#line}}<tr><td>{{print.index}}</td><td>{{what}}</td><td class="amount">{{amount}}</td></tr>{{/line}}
{{^line}}<tr><td colspan="3">NOTHING</td></tr>{{/line}}</tbody></table>
"""

[[export]]
name = "open_documents"
display_name = { en = "Open documents", "zh-CN" = "未结单据" }
entity = "document"
query = "select=title,total&order=title"
format = "csv"

[[import]]
name = "documents"
display_name = { en = "Documents", "zh-CN" = "单据导入" }
entity = "document"
columns = [{ header = "Subject", field = "title" }, { header = "Sum", field = "total" }, { header = "Title" }]
mode = "skip_bad_rows"
'''


class Page(http.server.ThreadingHTTPServer):
    """Hands a browser the page exactly as the server gave it: body and policy."""

    def __init__(self, body: bytes, headers: dict):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/"
                self.send_response(200 if found else 404)
                for name, value in headers.items() if found else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if found else 0))
                self.end_headers()
                self.wfile.write(body if found else b"")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()


def chromium(*arguments: str) -> str:
    program = shutil.which("chromium")
    if not program:
        raise unittest.SkipTest("chromium is missing: run ./dev setup")
    with tempfile.TemporaryDirectory(prefix="tenon-chromium-") as profile:
        return subprocess.run([program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                               f"--user-data-dir={profile}", *arguments], capture_output=True, text=True, timeout=120,
                              check=True).stdout


def title_in_browser(body: bytes, headers: dict) -> str:
    """The title of the page after everything on it that can run has run."""
    with Page(body, headers) as address:
        page = chromium("--virtual-time-budget=2000", "--dump-dom", address)
    return re.search(r"<title>(.*?)</title>", page, re.S).group(1)


class PrintTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        answer = cls.server.client().sign_in().upload(MANIFEST.encode(), (GUESTS / "supplier.wasm").read_bytes())
        assert answer.status == 201, answer

    def make(self, entity: str, **fields) -> dict:
        answer = self.client.request("POST", entity, fields, {"Prefer": "return=representation"})
        self.assertEqual(answer.status, 201, answer)
        return answer.json()[0]

    def page(self, document: dict, language: str = "en", client=None, status: int = 200):
        answer = (client or self.client).request("GET", f"{DOCUMENT}/{document['id']}/print/invoice",
                                                 headers={"Accept-Language": language})
        self.assertEqual(answer.status, status, answer)
        return answer

    def test_a_document_is_written_in_the_language_of_the_reader_with_lines_and_labels(self):
        party = self.make("/api/v1/paper/party", name="榫卯", city="上海")
        document = self.make(DOCUMENT, title="T1", day="2026-01-02", total="-1234567.50", paid=True, kind="a",
                             party=party["id"])
        for i in range(3):
            self.make(LINE, document=document["id"], what=f"w{i}", amount=f"{i}.00")
        answer = self.page(document)
        text = answer.body.decode()
        self.assertIn("榫卯 / 上海 / 2 Jan 2026 / -1,234,567.50 / Alpha PAID", text)
        self.assertEqual(re.findall(r"<tr><td>(\d+)</td><td>(\w+)</td><td class=\"amount\">([\d.]+)</td>", text),
                         [("1", "w0", "0.00"), ("2", "w1", "1.00"), ("3", "w2", "2.00")])
        self.assertNotIn("NOTHING", text)
        self.assertIn("榫卯 / 上海 / 2026-01-02 / -1,234,567.50 / 甲 PAID", self.page(document, "zh-CN").body.decode())
        empty = self.page(self.make(DOCUMENT, title="T2")).body.decode()
        self.assertIn("NOTHING", empty)
        self.assertIn(" OPEN", empty)
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"style-src 'nonce-([0-9a-f]{32})'", policy).group(1)
        self.assertTrue(policy.startswith("default-src 'none';"), policy)
        self.assertNotIn("script-src", policy)
        self.assertEqual(text.count("<style"), text.count(f'<style nonce="{nonce}">'))
        names = self.client.request("GET", f"{DOCUMENT}/{document['id']}/print").json()
        self.assertEqual(names, [{"name": "invoice", "label": "发票"}])

    def test_it_is_for_who_may_read_the_record_and_holds_the_right_to_print(self):
        document = self.make(DOCUMENT, title="secret")

        def user(name, *permissions):
            role = self.client.request("POST", "/api/v1/roles", {"name": name, "permissions": [
                {"permission": one, "scope": "all"} for one in permissions]})
            made = self.client.request("POST", "/api/v1/users", {"name": name, "roles": [role.json()["id"]],
                                                                "password": PASSWORD})
            self.assertEqual(made.status, 201, made)
            return self.server.client().sign_in(user=name, password=PASSWORD)

        self.page(document, client=user("nobody"), status=403)
        self.page(document, client=user("looker", "paper.document.list", "paper.line.list"), status=403)
        printer = user("printer", "paper.document.list", "paper.line.list", "paper.document.print")
        party = self.make("/api/v1/paper/party", name="out of reach")
        changed = self.client.request("PATCH", f"{DOCUMENT}/{document['id']}", {"party": party["id"]})
        self.assertEqual(changed.status, 204, changed)
        text = self.page(document, client=printer).body.decode()
        self.assertIn("secret", text)
        for word in ("out of reach", party["id"]):
            self.assertNotIn(word, text, "what the reader may not see is left out")
        self.page(document, client=self.server.client(), status=401)
        self.page({"id": "00000000-0000-7000-8000-000000000000"}, status=404)
        self.page({"id": "x"}, status=404)
        self.assertEqual(self.client.request("GET", f"{DOCUMENT}/{document['id']}/print/nothing").status, 404)

    def test_hostile_values_run_nothing_and_the_same_page_without_escaping_does(self):
        document = self.make(DOCUMENT, title=HOSTILE[1], body="\n".join(HOSTILE) + "x" * (64 << 10))
        for text in HOSTILE:
            self.make(LINE, document=document["id"], what=text.replace("\u2028", "").replace("\u2029", "") or "x")
        answer = self.page(document)
        headers = {name: answer.headers[name] for name in ("content-type", "content-security-policy")}
        plain = {"content-type": headers["content-type"]}
        self.assertEqual(title_in_browser(answer.body, headers), "Invoice")
        self.assertEqual(title_in_browser(answer.body, plain), "Invoice", "the escaping alone is enough")
        planted = answer.body.replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&quot;", b'"').replace(
            b"&#39;", b"'")
        self.assertEqual(title_in_browser(planted, plain), "ran", "the check sees what runs")
        self.assertEqual(title_in_browser(planted, headers), "Invoice", "the policy alone is enough")

    def test_two_hundred_lines_are_several_pages_with_the_heading_on_each(self):
        document = self.make(DOCUMENT, title="long")
        lines = [{"document": document["id"], "what": f"line {i} of many", "amount": "1.00"} for i in range(200)]
        self.assertEqual(self.client.request("POST", LINE, lines).status, 201)
        answer = self.page(document)
        headers = {name: answer.headers[name] for name in ("content-type", "content-security-policy")}
        with tempfile.TemporaryDirectory(prefix="tenon-print-") as folder:
            paper = pathlib.Path(folder) / "paper.pdf"
            with Page(answer.body, headers) as address:
                chromium("--no-pdf-header-footer", f"--print-to-pdf={paper}", address)
            text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True,
                                  check=True).stdout
        pages = text.split("\f")[:-1]
        self.assertGreater(len(pages), 3)
        for number, page in enumerate(pages, 1):
            self.assertIn("Heading of the table", page, number)
            self.assertRegex(page, rf"\b{number} ?/ ?{len(pages)}\b")
        self.assertEqual(len(re.findall(r"line \d+ of many", text)), 200)

    def test_what_a_manifest_names_is_exported_and_imported_under_its_name(self):
        sent = self.client.request("POST", "/api/v1/imports?import=paper.documents&mode=all_or_nothing",
                                   "Subject,Sum,Title\nnamed,7.00,not this\n".encode(), {"Content-Type": "text/csv"})
        self.assertEqual(sent.status, 202, sent)
        self.wait("imports", sent.json())
        order = self.client.request("POST", "/api/v1/exports", {"export": "paper.open_documents", "locale": "en"})
        self.assertEqual(order.status, 202, order)
        job = self.wait("exports", order.json())
        self.assertTrue(job["name"].startswith("Open documents"), job)
        text = self.client.request("GET", f"/api/v1/exports/{job['id']}/content").body.decode("utf-8-sig")
        self.assertEqual(text.splitlines()[0], "Title,Total")
        self.assertIn("named,7.00", text)

    def wait(self, kind: str, job: dict) -> dict:
        state = {}

        def ended():
            state.update(self.client.request("GET", f"/api/v1/{kind}/{job['id']}").json())
            return state["state"] not in ("waiting", "running")

        wait_until(ended, 20)
        self.assertEqual(state["state"], "done", state)
        return state


if __name__ == "__main__":
    unittest.main()
