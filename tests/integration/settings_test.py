"""Settings of the company and of plugins, and number sequences, on a live server: schema, values, defaults, refusals with
their places, versions, audit, rights."""
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import GUESTS, PASSWORD, ROOT, Server  # noqa: E402

PROBE = (ROOT / "tests/guests/probe/plugin.toml").read_text().replace(
    'plugins = [{ id = "ground", version = "^1.0" }]\n', "") + """
[[settings]]
name = "days"
field_type = "integer"
display_name = { "zh-CN" = "天数", en = "Days" }
validation = { minimum = 1, maximum = 31 }
default = 7

[[schema.entities.fields]]
name = "number"
field_type = "sequence"
display_name = { "zh-CN" = "编号", en = "Number" }

[[numbering]]
entity = "note"
field = "number"
format = "N{yyyy}-{0000}"
mode = "gapless"
"""


class SettingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo-rows", "0").start()
        boss = cls.server.client().sign_in()
        made = boss.request("POST", "/api/v1/users", {"name": "clerk", "roles": [], "password": PASSWORD})
        assert made.status == 201, made
        answer = boss.upload(cls.manifest().encode(), (GUESTS / "probe.wasm").read_bytes())
        assert answer.status == 201, answer

    @staticmethod
    def manifest() -> str:
        # The fields of the entity stand with it.
        head, field = PROBE.split("[[schema.entities.fields]]\nname = \"number\"")
        field, rest = field.split("\n[[numbering]]")
        before, after = head.split("\n[[settings]]\nname = \"greeting\"")
        return (before + '\n[[schema.entities.fields]]\nname = "number"' + field + '\n[[settings]]\nname = "greeting"'
                + after + "\n[[numbering]]" + rest)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, (code, cls.server.errors())
        cls.server.__exit__()

    def setUp(self):
        self.client = self.server.client().sign_in()

    def get(self, path: str):
        answer = self.client.request("GET", path)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def patch(self, path: str, body, status: int = 200, **headers):
        answer = self.client.request("PATCH", path, body, headers)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def audit(self, entity: str):
        file = pathlib.Path(self.server.data) / "tenants/demo.db"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT action, after FROM audit WHERE entity = ?", (entity,)).fetchall()
        database.close()
        return rows

    def test_a_plugins_settings_are_listed_changed_and_counted(self):
        owners = [one["owner"] for one in self.get("/api/v1/settings")]
        self.assertEqual(owners[0], "company")
        self.assertIn("probe", owners)
        shown = self.get("/api/v1/settings/probe")
        self.assertEqual(shown["values"], {"greeting": "hello", "days": 7})
        self.assertEqual((shown["given"], shown["version"]), ([], 0))
        days = next(field for field in shown["fields"] if field["name"] == "days")
        self.assertEqual((days["type"], days["minimum"], days["maximum"], days["default"]), ("integer", 1, 31, 7))
        changed = self.patch("/api/v1/settings/probe", {"version": 0, "values": {"days": 14, "greeting": "你好"}})
        self.assertEqual((changed["values"], changed["version"]), ({"greeting": "你好", "days": 14}, 1))
        stale = self.patch("/api/v1/settings/probe", {"version": 0, "values": {"days": 3}}, 409)
        self.assertEqual(stale["reason"], "settings.version")
        back = self.patch("/api/v1/settings/probe", {"version": 1, "values": {"days": None}})
        self.assertEqual((back["values"]["days"], back["given"]), (7, ["greeting"]))
        self.assertEqual([row[0] for row in self.audit("platform.settings")].count("changed"), 2)

    def test_what_is_wrong_is_named_with_its_place_and_nothing_is_kept(self):
        before = self.get("/api/v1/settings/probe")
        body = self.patch("/api/v1/settings/probe", {"values": {"days": 32, "greeting": 1, "nothing": 1}}, 422)
        self.assertEqual({field["path"] for field in body["fields"]}, {"/days", "/greeting", "/nothing"})
        self.assertEqual(self.get("/api/v1/settings/probe"), before)
        zone = self.patch("/api/v1/settings/company", {"values": {"time_zone": "Mars/Olympus"}}, 422,
                          **{"Accept-Language": "en"})
        self.assertEqual(zone["fields"][0]["path"], "/time_zone")
        for body in ({}, {"values": 1}, {"values": {}, "version": "x"}, {"values": {}, "more": 1}):
            self.assertEqual(self.patch("/api/v1/settings/probe", body, 422)["reason"], "schema.fields", body)
        self.assertEqual(self.patch("/api/v1/settings/nobody", {"values": {}}, 404)["reason"], "settings.unknown")

    def test_the_company_has_a_name_a_language_a_zone_and_a_currency(self):
        self.assertEqual(self.get("/api/v1/settings/company")["values"],
                         {"name": None, "locale": "zh-CN", "time_zone": "Asia/Shanghai", "currency": "CNY"})
        changed = self.patch("/api/v1/settings/company", {"values": {"name": "榫卯公司", "currency": "EUR"}})
        self.assertEqual((changed["values"]["name"], changed["values"]["currency"]), ("榫卯公司", "EUR"))

    def test_the_next_number_can_only_be_made_larger(self):
        one, = [row for row in self.get("/api/v1/numbering") if row["plugin"] == "probe"]
        self.assertEqual((one["sequence"], one["format"], one["mode"]),
                         ("probe.note.number", "N{yyyy}-{0000}", "gapless"))
        first = one["next"]
        path = "/api/v1/numbering/probe.note.number"
        raised = self.patch(path, {"next": first + 499})
        self.assertEqual(raised["next"], first + 499)
        lower = self.patch(path, {"next": first}, 422)
        self.assertEqual((lower["reason"], lower["fields"][0]["path"]), ("number.backwards", "/next"))
        made = self.client.request("POST", "/x/probe/notes/numbered")
        self.assertEqual(made.status, 201, made)
        answer = self.client.request("GET", "/api/v1/probe/note?text=eq.numbered")
        self.assertTrue(answer.json()[0]["number"].endswith(f"-{first + 499:04}"), answer)
        self.assertEqual(self.patch(path, {"format": "X{000}"}, 422)["fields"][0]["path"], "/format")
        for body in ({"next": 0}, {"next": "5"}, {}, {"next": 10**19}, {"other": 1}):
            self.assertEqual(self.patch(path, body, 422)["reason"], "schema.fields", body)
        self.assertEqual(self.patch("/api/v1/numbering/nothing", {"next": 5}, 404)["reason"], "number.sequence_unknown")
        self.assertEqual([row[0] for row in self.audit("platform.numbering")], ["changed"])

    def test_who_has_no_right_sees_and_changes_nothing(self):
        clerk = self.server.client().sign_in(user="clerk", password=PASSWORD)
        for method, path, body in (("GET", "/api/v1/settings", None), ("GET", "/api/v1/settings/probe", None),
                                   ("PATCH", "/api/v1/settings/company", {"values": {}}),
                                   ("GET", "/api/v1/numbering", None),
                                   ("PATCH", "/api/v1/numbering/probe.note.number", {"next": 9999})):
            answer = clerk.request(method, path, body)
            self.assertEqual((answer.status, answer.json()["reason"]), (403, "permission"), path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
