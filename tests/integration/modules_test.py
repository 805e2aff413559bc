"""Modules on a live server: a plugin's routes come and go under load, its life is refused where others need it, what it
did is listed with the bill, events that could not be delivered are replayed, and browsers hear at once of what they may
read."""
import collections
import json
import pathlib
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import GUESTS, PASSWORD, ROOT, Client, Server, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"
PROBE = (ROOT / "tests/guests/probe/plugin.toml").read_text().replace(
    'plugins = [{ id = "ground", version = "^1.0" }]\n', "")
SUPPLIER = (ROOT / "tests/guests/supplier/plugin.toml").read_text().replace(
    "schema_version = 1\n", 'schema_version = 1\nplugins = [{ id = "probe", version = "^1.2" }]\n', 1)


def upload(client: Client, name: str, manifest: str):
    return client.upload(manifest.encode(), (GUESTS / f"{name}.wasm").read_bytes())


class Events(threading.Thread):
    """Listens to /api/v1/events as a browser would: messages and comments as they come."""

    def __init__(self, client: Client, last=None):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", client.connection.port), timeout=60)
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {client.cookie}\r\n"
        if last is not None:
            head += f"Last-Event-ID: {last}\r\n"
        self.socket.sendall((head + "\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass
        self.messages, self.comments, self.ended = [], 0, False
        self.start()

    def run(self):
        message = {}
        try:
            for line in self.lines():
                if line.startswith(":"):
                    self.comments += 1
                elif not line:
                    if "event" in message:
                        self.messages.append(message)
                    message = {}
                else:
                    name, _, value = line.partition(": ")
                    message[name] = value
        except (OSError, ValueError):
            pass
        self.ended = True

    def lines(self):
        rest = b""
        while size := int(self.file.readline().strip() or b"0", 16):
            rest += self.file.read(size)
            self.file.readline()
            *whole, rest = rest.split(b"\n")
            yield from (line.decode() for line in whole)

    def kinds(self):
        return [m["event"] for m in self.messages]

    def records(self):
        return [json.loads(m["data"]) for m in self.messages if m["event"] == "record"]

    def close(self):
        if not self.ended:
            self.socket.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self.file.close()
        self.socket.close()


class ModulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tenon-modules-")
        with Server("--demo-rows", "0", data=cls.folder.name) as server:
            boss = server.client().sign_in()
            for name in ("clerk", "idle"):  # they may see nothing
                made = boss.request("POST", "/api/v1/users", {"name": name, "roles": [], "password": PASSWORD})
                assert made.status == 201, made
        cls.dead = uuid.uuid4()
        cls.prepare(pathlib.Path(cls.folder.name) / "tenants/demo.db")
        cls.server = Server("--demo-rows", "0", data=cls.folder.name).start()
        cls.idle = Events(cls.server.client().sign_in(user="idle", password=PASSWORD))
        cls.idle_since = time.monotonic()

    @classmethod
    def prepare(cls, path: pathlib.Path) -> None:
        """An event that could not be delivered."""
        with sqlite3.connect(path) as database:
            database.execute("INSERT INTO outbox(id, type, aggregate, payload, correlation, hop, created_at, state, attempts,"
                             " next_at, error) VALUES(?, 'crm.customer.created', 'crm.customer/x', '{}', ?, 3, ?, 1, 8, 0, "
                             "'unavailable: as planted')",
                             (cls.dead.bytes, uuid.uuid4().bytes, int(time.time() * 1e6)))
        database.close()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, (code, cls.server.errors())
        cls.idle.join(10)
        assert cls.idle.ended, "a listener ends with the server"
        cls.idle.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    def setUp(self):
        self.client = self.server.client().sign_in()
        self.clerk = self.server.client().sign_in(user="clerk", password=PASSWORD)

    def problem(self, answer, status: int, reason: str) -> dict:
        self.assertEqual(answer.status, status, answer)
        body = answer.json()
        self.assertEqual(body["reason"], reason, body)
        return body

    def do(self, verb: str, plugin: str, status: int = 204):
        answer = self.client.request("POST", f"/api/v1/plugins/{plugin}/{verb}")
        self.assertEqual(answer.status, status, answer)
        return answer

    def remove(self, plugin: str) -> None:
        self.do("uninstall", plugin)
        self.do("purge", plugin)

    def ask(self, path: str, client=None, method: str = "GET"):
        return (client or self.client).request(method, path)

    # -- routes ------------------------------------------------------------------------------------------------

    def test_a_route_answers_right_after_the_install_and_is_gone_after_the_uninstall_under_load(self):
        stop, seen, other = threading.Event(), collections.Counter(), collections.Counter()

        def load(path: str, counter: collections.Counter):
            client = self.server.client().sign_in()
            while not stop.is_set():
                counter[client.request("GET", path).status] += 1

        threads = [threading.Thread(target=load, args=("/x/probe/hello", seen)) for _ in range(3)]
        threads += [threading.Thread(target=load, args=("/x/crm/summary", other))]
        for thread in threads:
            thread.start()
        try:
            for turn in range(6):
                self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
                answer = self.ask("/x/probe/hello")
                self.assertEqual((answer.status, answer.json()), (200, {"hello": "probe"}), turn)
                self.do("uninstall", "probe")
                self.assertEqual(self.ask("/x/probe/hello").status, 404, turn)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.do("purge", "probe")
        self.assertEqual(set(seen), {200, 404}, seen)
        self.assertEqual(set(other), {200}, other)
        self.assertGreater(min(seen.values()), 10, seen)

    def test_routes_ask_for_their_rights_and_tell_the_methods_they_take(self):
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        stranger = self.server.client()
        self.assertEqual(self.ask("/x/probe/notes/a", stranger).status, 401)
        self.assertEqual(self.ask("/x/nobody/has/this", stranger).status, 401, "a stranger is told nothing")
        self.assertEqual(self.ask("/x/nobody/has/this").status, 404)
        self.assertEqual(self.ask("/x/probe/hello", self.clerk).status, 200, "public to who is known")
        self.problem(self.ask("/x/probe/notes/a", self.clerk), 403, "permission")
        self.assertEqual(self.ask("/x/probe/notes/a", method="POST").status, 201)
        self.assertEqual(self.ask("/x/probe/notes/a").json(), {"count": 1})
        wrong = self.ask("/x/probe/hello", method="DELETE")
        self.problem(wrong, 405, "http.method")
        self.assertEqual(wrong.headers["allow"], "GET, HEAD")
        head = self.ask("/x/probe/hello", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.remove("probe")

    # -- life --------------------------------------------------------------------------------------------------

    def test_a_plugin_that_others_need_stays_and_they_are_named(self):
        self.problem(upload(self.client, "supplier", SUPPLIER), 409, "module.missing")
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        self.assertEqual(upload(self.client, "supplier", SUPPLIER).status, 201)
        row = self.ask("/api/v1/plugins/probe").json()
        self.assertEqual((row["state"], row["needed_by"], row["plugins"]), ("enabled", ["supplier"], []))
        self.assertEqual(self.ask("/api/v1/plugins/supplier").json()["plugins"], [{"id": "probe", "version": "^1.2"}])
        newer = PROBE.replace('version = "1.2.3"', 'version = "2.0.0"')
        self.problem(upload(self.client, "probe", newer), 409, "module.needed_version")
        for verb in ("disable", "uninstall"):
            body = self.problem(self.do(verb, "probe", 409), 409, "module.needed")
            self.assertEqual(body["details"], {"needed_by": ["supplier"]})
        self.problem(self.do("purge", "probe", 409), 409, "plugin.in_use")

        self.do("disable", "supplier")
        self.do("disable", "supplier")
        self.assertEqual(self.ask("/api/v1/supplier/supplier").status, 404)
        self.problem(self.do("uninstall", "probe", 409), 409, "module.needed")
        self.do("disable", "probe")
        self.problem(self.do("enable", "supplier", 409), 409, "module.missing")
        chinese = self.client.request("POST", "/api/v1/plugins/supplier/enable", headers={"Accept-Language": "zh-CN"})
        self.assertIn("模块", chinese.json()["message"])
        self.do("enable", "probe")
        self.do("enable", "supplier")
        self.assertEqual(self.ask("/x/probe/hello").status, 200)

        self.do("uninstall", "supplier")
        self.problem(self.do("enable", "supplier", 409), 409, "plugin.uninstalled")
        self.do("purge", "supplier")
        self.problem(self.do("purge", "supplier", 404), 404, "plugin.unknown")
        self.remove("probe")
        for method, path in [("GET", "/api/v1/plugins/probe"), ("GET", "/api/v1/plugins/probe/calls"),
                             ("POST", "/api/v1/plugins/probe/enable"), ("POST", "/api/v1/plugins/probe/uninstall")]:
            self.problem(self.ask(path, method=method), 404, "plugin.unknown")

    def test_what_is_uninstalled_keeps_its_data_until_it_is_purged(self):
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        self.ask("/x/probe/notes/kept", method="POST")
        self.do("uninstall", "probe")
        self.assertEqual(self.ask("/api/v1/probe/note").status, 404, "in quarantine")
        states = {row["id"]: row["state"] for row in self.ask("/api/v1/plugins").json()}
        self.assertEqual(states["probe"], "uninstalled")
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        notes = sorted(row["text"] for row in self.ask("/api/v1/probe/note").json())
        self.assertEqual(notes, ["created", "kept"], "met once, and nothing is lost")
        self.remove("probe")
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        self.assertEqual([row["text"] for row in self.ask("/api/v1/probe/note").json()], ["created"])
        self.remove("probe")

    def test_calls_are_listed_with_their_outcome_and_bill(self):
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        path = "/api/v1/probe/rpc/echo"
        self.assertEqual(self.client.request("POST", path, {}).status, 200)
        self.assertEqual(self.client.request("POST", path, {"refuse": True}).status, 409)
        calls = self.ask("/api/v1/plugins/probe/calls?limit=2").json()
        self.assertEqual([c["outcome"] for c in calls], ["conflict", "ok"])
        self.assertEqual(calls[0]["message"], "refused as asked")
        self.assertEqual((calls[1]["function"], calls[1]["subject"]), ("actions#run", "echo"))
        self.assertGreater(calls[1]["bill"]["fuel"], 0)
        self.assertEqual(len(calls[1]["trace_id"]), 32)
        link = self.ask("/api/v1/plugins/probe/calls?limit=2").headers["link"]
        older = self.ask(link[link.index("<") + 1:link.index(">")]).json()
        self.assertEqual([c["function"] for c in older], ["tenancy#on-tenant-created", "lifecycle#init"])
        self.do("disable", "probe")
        self.assertGreaterEqual(len(self.ask("/api/v1/plugins/probe/calls").json()), 4, "also while it is off")
        self.problem(self.ask("/api/v1/plugins/probe/calls?limit=0&nonsense=1"), 422, "query.invalid")
        self.remove("probe")

    def test_modules_say_how_they_are(self):
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        modules = {m["id"]: m for m in self.ask("/api/v1/modules").json()}
        self.assertEqual((modules["upkeep"]["type"], modules["upkeep"]["status"]), ("native", "healthy"))
        self.assertEqual((modules["probe"]["type"], modules["probe"]["status"]), ("wasm", "healthy"))
        self.assertEqual(modules["probe"]["details"]["notes"], 1)
        self.ask("/x/probe/notes/ill", method="POST")
        probe = {m["id"]: m for m in self.ask("/api/v1/modules").json()}["probe"]
        self.assertEqual((probe["status"], probe["message"]), ("failing", "there is a note that says so"))
        self.assertEqual(self.ask("/readyz").json()["status"], "ok", "one tenant's plugin is no matter of the server")
        self.remove("probe")

    def test_only_administrators_change_what_is_installed(self):
        stranger = self.server.client()
        for method, path in [("GET", "/api/v1/plugins"), ("GET", "/api/v1/plugins/crm"), ("GET", "/api/v1/modules"),
                             ("GET", "/api/v1/plugins/crm/calls"), ("POST", "/api/v1/plugins/crm/enable"),
                             ("POST", "/api/v1/plugins/crm/disable"), ("POST", "/api/v1/plugins/crm/uninstall"),
                             ("POST", "/api/v1/plugins/crm/purge"), ("GET", "/api/v1/events/dead"),
                             ("POST", f"/api/v1/events/dead/{self.dead}/replay")]:
            self.assertEqual(self.ask(path, stranger, method).status, 401, path)
            self.problem(self.ask(path, self.clerk, method), 403, "permission")
        self.assertEqual(self.ask("/api/v1/events", stranger).status, 401)

    # -- events ------------------------------------------------------------------------------------------------

    def test_dead_letters_are_listed_and_replayed(self):
        letters = self.ask("/api/v1/events/dead").json()
        self.assertEqual(len(letters), 1)
        letter = letters[0]
        self.assertEqual((letter["id"], letter["type"]), (str(self.dead), "crm.customer.created"))
        self.assertEqual((letter["attempts"], letter["error"]), (8, "unavailable: as planted"))
        self.assertEqual((letter["entity"], letter["record_id"]), ("crm.customer", "x"))
        self.assertEqual(self.ask("/api/v1/events/dead?type=nothing").json(), [])
        replay = f"/api/v1/events/dead/{self.dead}/replay"
        self.assertEqual(self.ask(replay, method="POST").status, 204)
        self.assertEqual(self.ask("/api/v1/events/dead").json(), [])
        self.problem(self.ask(replay, method="POST"), 404, "event.not_dead")
        self.problem(self.ask("/api/v1/events/dead/x/replay", method="POST"), 404, "event.not_dead")

    def test_each_listener_hears_only_of_records_it_may_read(self):
        boss, clerk = Events(self.client), Events(self.clerk)
        self.assertEqual((boss.status, clerk.status), (200, 200))
        made = self.client.request("POST", CUSTOMER, {"name": "听得见"}, {"Prefer": "return=representation"}).json()
        record = made[0] if isinstance(made, list) else made
        wait_until(lambda: boss.records(), what="the change is told")
        self.client.request("PATCH", f"{CUSTOMER}/{record['id']}", {"city": "苏州"})
        self.client.request("DELETE", f"{CUSTOMER}/{record['id']}")
        wait_until(lambda: any(r["action"] == "deleted" for r in boss.records()), what="the end is told")
        heard = [r for r in boss.records() if r["id"] == record["id"]]
        self.assertEqual({r["entity"] for r in heard}, {"crm.customer"})
        self.assertEqual(heard[0]["action"], "created")
        # A change of the menu is for everybody: what came before it has been told by then.
        self.assertEqual(upload(self.client, "probe", PROBE).status, 201)
        wait_until(lambda: "menu" in clerk.kinds(), what="the menu is told")
        self.assertEqual(clerk.kinds(), ["ready", "menu"])
        self.assertEqual(json.loads(clerk.messages[1]["data"]), {"plugin": "probe", "change": "installed"})
        self.remove("probe")
        boss.close()
        clerk.close()

    def test_a_listener_goes_on_after_a_break_and_ends_with_its_session(self):
        first = Events(self.client)
        self.client.request("POST", CUSTOMER, {"name": "之前"})
        wait_until(lambda: first.records(), what="the change is told")
        last = [m for m in first.messages if m["event"] == "record"][-1]["id"]
        first.close()
        self.client.request("POST", CUSTOMER, {"name": "其间"})
        second = Events(self.client, last)
        wait_until(lambda: second.records(), what="what was missed is told")
        self.assertEqual(second.records()[0]["action"], "created")
        lost = Events(self.client, 10**12)
        wait_until(lambda: lost.messages, what="an answer")
        self.assertEqual(lost.kinds()[0], "lost")
        lost.close()
        self.problem(self.client.request("GET", "/api/v1/events", headers={"Last-Event-ID": "x"}), 400, "events.last_id")
        self.assertEqual(self.client.request("DELETE", "/api/v1/session").status, 204)
        self.server.client().sign_in().request("POST", CUSTOMER, {"name": "之后"})
        wait_until(lambda: second.ended, what="the end of the stream")
        self.assertNotIn("之后", str(second.messages))
        second.close()

    def test_so_many_listeners_of_one_user_and_a_stream_lives_on_heartbeats(self):
        streams = [Events(self.clerk) for _ in range(16)]
        self.assertEqual({s.status for s in streams}, {200})
        self.problem(self.ask("/api/v1/events", self.clerk), 429, "events.listeners")
        for stream in streams:
            stream.close()
        wait_until(lambda: self.one_more(), what="they are given back")
        wait_until(lambda: self.idle.comments > 0, seconds=20, what="a heartbeat")

    def one_more(self) -> bool:
        stream = Events(self.clerk)
        stream.close()
        return stream.status == 200


class SubscriptionTest(unittest.TestCase):
    def test_a_version_that_no_longer_subscribes_is_told_nothing_more(self):
        manifest = (ROOT / "plugins/crm/plugin.toml").read_text()
        deaf = manifest.replace('subscribe = ["crm.customer.created"]', "subscribe = []").replace(
            'version = "1.0.0"', 'version = "1.0.1"', 1)
        self.assertNotEqual(deaf, manifest)
        again = manifest.replace('version = "1.0.0"', 'version = "1.0.2"', 1)
        with Server("--demo-rows", "0") as server:
            client = server.client().sign_in()
            file = pathlib.Path(server.data) / "tenants/demo.db"

            def told(name: str) -> int:
                """How many activities the module's handler has written about a customer once all events are delivered."""
                made = client.request("POST", CUSTOMER, {"name": name}, {"Prefer": "return=representation"}).json()
                made = made[0] if isinstance(made, list) else made
                wait_until(lambda: waiting_events(file) == 0, what="all events are delivered")
                return len(client.request("GET", f"/api/v1/crm/activity?customer=eq.{made['id']}").json())

            self.assertEqual(told("before"), 1)
            self.assertEqual(upload(client, "crm", deaf).status, 201)
            self.assertEqual(told("deaf"), 0)
            self.assertEqual(upload(client, "crm", again).status, 201)
            self.assertEqual(told("again"), 1)


def waiting_events(file: pathlib.Path) -> int:
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        return database.execute("SELECT count(*) FROM outbox WHERE state = 0").fetchone()[0]
    finally:
        database.close()


class AuditTest(unittest.TestCase):
    def test_each_step_of_a_plugins_life_is_in_the_audit(self):
        with tempfile.TemporaryDirectory(prefix="tenon-modules-") as data:
            with Server("--demo-rows", "0", data=data) as server:
                client = server.client().sign_in()
                self.assertEqual(upload(client, "probe", PROBE).status, 201)
                for verb in ("disable", "enable", "uninstall", "purge"):
                    self.assertEqual(client.request("POST", f"/api/v1/plugins/probe/{verb}").status, 204)
                user = client.request("GET", "/api/v1/session").json()["user"]["id"]
            database = sqlite3.connect(pathlib.Path(data) / "tenants/demo.db")
            rows = database.execute("SELECT action, \"user\", after, length(hash) FROM audit WHERE entity = "
                                    "'platform.plugin' AND after LIKE '%\"probe\"%' ORDER BY sequence").fetchall()
            database.close()
        self.assertEqual([r[0] for r in rows], ["installed", "disabled", "enabled", "uninstalled", "purged"])
        self.assertEqual({r[1] for r in rows}, {uuid.UUID(user).bytes})
        self.assertEqual({r[3] for r in rows}, {32}, "sealed")
        self.assertEqual(json.loads(rows[0][2])["version"], "1.2.3")


if __name__ == "__main__":
    unittest.main()
