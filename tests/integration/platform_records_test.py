"""Around the records: files, saved views, preferences, the audit, and the documents the web application is drawn from."""
import hashlib
import http.client
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from shop import CATEGORY, ITEM, ShopTest, on_postgres, path  # noqa: E402

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
FILES = "/api/v1/files"


class PlatformRecordsTest(ShopTest):
    def upload(self, content: bytes, name: str = "a.bin", **headers):
        headers.setdefault("Content-Type", "application/octet-stream")
        return self.client.request("POST", path(FILES, name=name), content, headers)

    # -- files ---------------------------------------------------------------------------------------------------

    def test_a_file_goes_in_as_a_stream_and_out_through_its_record(self):
        answer = self.upload(PNG, "../会议\r\n纪要.png")
        self.assertEqual(answer.status, 201, answer)
        info = answer.json()
        self.assertEqual((info["size"], info["type"], info["sha256"]),
                         (len(PNG), "image/png", hashlib.sha256(PNG).hexdigest()))
        item = self.make(name="with photo", photo=info["id"])
        target = f"{FILES}/shop/item/{item['id']}/photo"
        answer = self.get(target)
        self.assertEqual(answer.body, PNG)
        headers = answer.headers
        self.assertEqual((headers["content-type"], headers["content-length"]), ("image/png", str(len(PNG))))
        self.assertIn("sandbox", headers["content-security-policy"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertTrue(headers["content-disposition"].startswith("attachment; filename="), headers)
        self.assertIn("filename*=UTF-8''%E4%BC%9A", headers["content-disposition"])
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertTrue(self.get(target + "?disposition=inline").headers["content-disposition"].startswith("inline"))
        self.assertEqual(self.get(target, 304, If_None_Match=headers["etag"]).body, b"")
        part = self.get(target, 206, Range="bytes=10-19")
        self.assertEqual((part.body, part.headers["content-range"]), (PNG[10:20], f"bytes 10-19/{len(PNG)}"))
        self.assertEqual(self.get(target, 206, Range="bytes=-5").body, PNG[-5:])
        self.problem(self.get(target, 416, Range=f"bytes={len(PNG)}-"), 416)
        self.assertEqual(self.get(target + "/info").json()["id"], info["id"])
        head = self.client.request("HEAD", target)
        self.assertEqual((head.status, head.body, head.headers["content-length"]), (200, b"", str(len(PNG))))

    def test_markup_is_never_shown_inline(self):
        info = self.upload(b"<html><script>alert(1)</script>", "page.png").json()
        self.assertEqual(info["type"], "text/html")
        item = self.make(name="page", photo=info["id"])
        answer = self.get(f"{FILES}/shop/item/{item['id']}/photo?disposition=inline")
        self.assertTrue(answer.headers["content-disposition"].startswith("attachment"), answer.headers)

    def test_a_file_is_reached_through_the_record_alone(self):
        info = self.upload(b"secret").json()
        item = self.make(name="holder", photo=info["id"])
        target = f"{FILES}/shop/item/{item['id']}/photo"
        stranger = self.server.client()
        self.assertEqual(stranger.request("GET", target).status, 401)
        self.assertEqual(stranger.request("POST", FILES, b"x", {"Content-Type": "text/plain"}).status, 401)
        self.problem(self.get(f"{FILES}/{info['id']}", 404), 404)
        self.problem(self.get(f"{FILES}/shop/item/{uuid.uuid4()}/photo", 404), 404)
        self.problem(self.get(f"{FILES}/shop/item/{item['id']}/name", 422), 422, reason="files.field")
        self.problem(self.get(f"{FILES}/shop/item/{item['id']}/nothing", 422), 422)
        self.client.request("DELETE", f"{ITEM}/{item['id']}")
        self.problem(self.get(target, 404), 404)

    def test_a_large_file_comes_whole_and_a_larger_one_is_refused(self):
        content = bytes(range(256)) * 40_000  # 10 MB
        info = self.upload(content).json()
        item = self.make(name="large", photo=info["id"])
        self.assertEqual(hashlib.sha256(self.get(f"{FILES}/shop/item/{item['id']}/photo").body).hexdigest(), info["sha256"])
        before = self.server.resident_bytes()
        too_large = bytes(26 << 20)
        for _ in range(3):
            try:
                self.problem(self.upload(too_large), 413)
            except (BrokenPipeError, ConnectionResetError, http.client.HTTPException):
                pass  # the server may answer and close before all is sent
            self.client = self.server.client().sign_in()
        chunks = (bytes(1 << 20) for _ in range(26))
        try:
            self.client.connection.request("POST", FILES, chunks, {"Cookie": self.client.cookie, "Content-Type": "a/b"},
                                           encode_chunked=True)
            self.assertEqual(self.client.connection.getresponse().status, 413)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.client = self.server.client().sign_in()
        self.assertLess(self.server.resident_bytes() - before, 20 << 20, "no upload is held in memory")
        self.assertEqual(len(self.rows()), 1)

    def test_wrong_uploads_are_told_what_to_do(self):
        self.problem(self.upload(b"", "x"), 422, reason="files.empty")
        for form in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
            self.problem(self.upload(b"x", **{"Content-Type": form}), 415, reason="http.media_type")
        wrong = self.client.request("POST", FILES + "?nothing=1", b"x", {"Content-Type": "text/plain"})
        self.problem(wrong, 422, reason="query.parameter")
        self.client = self.server.client().sign_in()
        other = self.make(name="first", photo=self.upload(b"one").json()["id"])
        self.assertIsNotNone(other["photo"])
        self.problem(self.client.request("POST", ITEM, {"name": "x", "photo": str(uuid.uuid4())}), 422)

    # -- what a user keeps ---------------------------------------------------------------------------------------

    def test_a_view_is_saved_changed_by_version_and_deleted(self):
        view = {"entity": "shop.item", "name": "Cheap", "definition": {"filter": "price=lt.5", "columns": ["name"]}}
        answer = self.client.request("POST", "/api/v1/views", view)
        self.assertEqual(answer.status, 201, answer)
        made = answer.json()
        self.assertEqual({**view, "shared": False, "mine": True, "version": 1}, {k: made[k] for k in
                         ("entity", "name", "definition", "shared", "mine", "version")})
        target = answer.headers["location"]
        self.assertEqual(self.get(target).json(), made)
        self.assertIn(made, self.get("/api/v1/views?entity=shop.item").json())
        self.assertEqual(self.get("/api/v1/views?entity=shop.category").json(), [])
        answer = self.client.request("PATCH", target, {"name": "Cheaper", "shared": True}, {"If-Match": '"1"'})
        self.assertEqual((answer.status, answer.json()["version"], answer.json()["shared"]), (200, 2, True), answer)
        self.problem(self.client.request("PATCH", target, {"name": "x"}, {"If-Match": '"1"'}), 412, reason="data.version")
        for wrong in ({"name": ""}, {"name": 1}, {"shared": 1}, {"definition": []}, {"nothing": 1}, {"entity": "crm.customer"}):
            self.problem(self.client.request("PATCH", target, wrong), 422, "invalid")
        self.problem(self.client.request("POST", "/api/v1/views", {"entity": "shop.nothing", "name": "x"}), 404)
        self.problem(self.client.request("POST", "/api/v1/views", {"entity": "shop.item"}), 422)
        self.assertEqual(self.client.request("DELETE", target).status, 204)
        self.problem(self.get(target, 404), 404, reason="view.missing")

    def test_preferences_are_merged_and_removed_by_null(self):
        target = "/api/v1/preferences"
        answer = self.client.request("PATCH", target, {"list/shop.item": {"columns": [1, 2]}, "theme": "dark"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.client.request("PATCH", target, {"theme": None}).json(),
                         {"list/shop.item": {"columns": [1, 2]}})
        self.assertEqual(self.get(target).json(), {"list/shop.item": {"columns": [1, 2]}})
        for wrong in ({"a b": 1}, {"": 1}, {"x": "a" * 20_000}, {"x": "\0"}):
            self.problem(self.client.request("PATCH", target, wrong), 422, "invalid")
        many = {f"k{i}": i for i in range(201)}
        self.problem(self.client.request("PATCH", target, many), 422, reason="preference.count")
        self.client.request("PATCH", target, {"list/shop.item": None})
        self.assertEqual(self.get(target).json(), {})

    # -- the audit -----------------------------------------------------------------------------------------------

    def test_the_audit_is_listed_by_what_when_and_which_and_its_chain_holds(self):
        made = self.make(CATEGORY, name="audited")
        self.client.request("PATCH", f"{CATEGORY}/{made['id']}", {"name": "renamed"})
        rows = self.get(f"/api/v1/audit?record={made['id']}").json()
        self.assertEqual([row["action"] for row in rows], ["updated", "created"])
        self.assertEqual((rows[0]["entity"], rows[0]["changed"], rows[0]["before"]["name"], rows[0]["record"]["name"]),
                         ("shop.category", ["name"], "audited", "renamed"))
        first = self.get(f"/api/v1/audit?record={made['id']}&limit=1")
        link = first.headers["link"]
        self.assertEqual([row["action"] for row in self.get(link[1:link.index(">")]).json()], ["created"])
        user = rows[0]["user"]
        for narrowed in (f"user={user}", "action=updated", f"trace={rows[0]['trace']}", "from=2020-01-01", "plugin="):
            answer = self.client.request("GET", f"/api/v1/audit?record={made['id']}&{narrowed}")
            self.assertIn(answer.status, (200, 422), answer)
        self.assertEqual(self.get(f"/api/v1/audit?record={made['id']}&until=2020-01-01").json(), [])
        self.assertEqual(self.get(f"/api/v1/audit?record={made['id']}&user={uuid.uuid4()}").json(), [])
        self.client.request("PATCH", "/api/v1/preferences", {"theme": "x"})
        self.assertEqual(self.get("/api/v1/audit?entity=platform.preference&limit=1").json()[0]["action"], "updated")
        report = self.client.request("POST", "/api/v1/audit/verify", {}).json()
        self.assertEqual((report["intact"], report["fault"]), (True, ""), report)
        self.assertGreater(report["sealed"] + report["unsealed"], 2)
        for wrong in ("record=x", "user=1", "from=yesterday", "limit=0", "limit=1000", "before=x", "nothing=1"):
            self.problem(self.get("/api/v1/audit?" + wrong, 422), 422, "invalid", "query.parameter")

    # -- what the web application is drawn from --------------------------------------------------------------------

    def test_menu_and_schema_carry_a_tag(self):
        for target in ("/api/v1/menu", "/api/v1/schema/shop"):
            etag = self.get(target).headers["etag"]
            self.assertEqual(self.get(target, 304, If_None_Match=etag).body, b"")
        entities = self.get("/api/v1/schema/shop").json()["entities"]
        self.assertEqual([entity["name"] for entity in entities], ["category", "item", "review"])


globals().update(on_postgres(PlatformRecordsTest))

if __name__ == "__main__":
    unittest.main()
