"""Webhooks: signed, tried again, logged, switched off, and neither lost nor renamed when the server is killed."""
import pathlib
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import NOBODY, Companies, OnPostgres  # noqa: E402
from receiver import Receiver, content, identity, is_signed  # noqa: E402
from tenon_server import Server, wait_until  # noqa: E402

HOOKS = "/api/v1/webhooks"


class WebhooksTest(Companies):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = Receiver()
        cls.receiver.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.receiver.__exit__()
        super().tearDownClass()

    def tearDown(self):
        for row in self.good(self.anna.request("GET", HOOKS)):
            self.good(self.anna.request("DELETE", f"{HOOKS}/{row['id']}"), 204)

    def hook(self, word: str = "ok", events=("crm.customer.*",), **fields) -> dict:
        more = self.fresh("p")
        body = {"name": more, "url": self.receiver.url(word, more), "events": list(events)} | fields
        made = self.good(self.anna.request("POST", HOOKS, body), 201)
        made["path"] = f"/{word}/{more}"
        return made

    def log(self, hook: dict, query: str = "") -> list:
        return self.good(self.anna.request("GET", f"{HOOKS}/{hook['id']}/deliveries{query}"))

    def came(self, hook: dict, count: int = 1, seconds: float = 15) -> list:
        wait_until(lambda: len(self.receiver.of(hook["path"])) >= count, seconds, f"{count} messages at {hook['path']}")
        return self.receiver.of(hook["path"])

    def settled(self, hook: dict, seconds: float = 20, **wanted) -> dict:
        def found():
            return [row for row in self.log(hook) if all(row[name] == value for name, value in wanted.items())]
        wait_until(lambda: bool(found()), seconds, f"a delivery with {wanted}")
        return found()[0]

    def test_an_event_comes_signed_to_who_wants_it_and_only_to_them(self):
        wants, other = self.hook(), self.hook(events=["sales.*", "crm.visit.*"])
        self.assertTrue(wants["secret"].startswith("whsec_"))
        customer = self.customer(self.anna, name="signed")
        message = self.came(wants)[0]
        self.assertTrue(is_signed(message, wants["secret"]), message)
        self.assertFalse(is_signed(message, other["secret"]))
        body = content(message)
        self.assertEqual((body["type"], body["subject"], body["data"]["record"]["name"]),
                         ("crm.customer.created", f"crm.customer/{customer['id']}", "signed"))
        row = self.settled(wants, state="delivered")
        self.assertEqual((row["id"], row["status"], row["answer"], row["attempts"]), (identity(message), 200, "thanks", 1))
        self.assertEqual(self.receiver.of(other["path"]), [])
        self.assertNotIn("secret", self.good(self.anna.request("GET", f"{HOOKS}/{wants['id']}")))

    def test_what_fails_is_tried_again_under_the_same_id_until_it_is_taken(self):
        hook = self.hook()
        self.receiver.broken.add(hook["path"])
        self.customer(self.anna)
        self.came(hook)
        failed = self.settled(hook, state="waiting", status=500)
        self.assertEqual((failed["answer"], failed["error"]), ("(no text)", "The receiver answered 500."))
        self.assertIsNotNone(self.good(self.anna.request("GET", f"{HOOKS}/{hook['id']}"))["failing_since"])
        self.receiver.broken.clear()
        messages = self.came(hook, 2)
        self.assertEqual(len({identity(message) for message in messages}), 1)
        self.assertEqual(messages[0]["body"], messages[1]["body"])
        self.assertEqual(self.settled(hook, state="delivered")["attempts"], 2)
        self.assertIsNone(self.good(self.anna.request("GET", f"{HOOKS}/{hook['id']}"))["failing_since"])

    def test_one_that_hangs_talks_without_end_or_sends_elsewhere_holds_up_nobody(self):
        hanging, endless, elsewhere = self.hook("hang"), self.hook("endless"), self.hook("redirect")
        good, long = self.hook(), self.hook("long")
        before = self.server.resident_bytes()
        started = time.monotonic()
        for _ in range(5):
            self.customer(self.anna)
        self.came(good, 5)
        self.assertLess(time.monotonic() - started, 9, "sooner than the one that hangs is given up")
        self.assertEqual(self.settled(elsewhere, status=302)["error"], "The receiver answered 302.")
        self.assertEqual(self.receiver.of("/ok/redirected"), [])
        wait_until(lambda: any(row["error"] for row in self.log(endless)), 20, "the end of an endless answer")
        wait_until(lambda: any(row["error"] == "There was no answer in time." for row in self.log(hanging)), 20, "giving up")
        self.assertLess(self.server.resident_bytes() - before, 40 << 20, "an endless answer is not kept")
        answer = self.settled(long, state="delivered")["answer"]
        self.assertLessEqual(len(answer.encode()), 1000)
        self.assertEqual(set(answer), {"好"})

    def test_it_is_tested_sent_again_and_given_a_new_secret_by_hand(self):
        hook = self.hook()
        sent = self.good(self.anna.request("POST", f"{HOOKS}/{hook['id']}/test"), 202)
        message = self.came(hook)[0]
        self.assertEqual((identity(message), content(message)["type"]), (sent["id"], "tenon.webhook.test"))
        self.settled(hook, state="delivered")
        target = f"{HOOKS}/{hook['id']}/deliveries/{sent['id']}"
        secret = self.good(self.anna.request("POST", f"{HOOKS}/{hook['id']}/secret"))["secret"]
        self.good(self.anna.request("POST", target + "/redeliver"), 202)
        again = self.came(hook, 2)[1]
        self.assertEqual(identity(again), sent["id"])
        self.assertTrue(is_signed(again, secret) and not is_signed(again, hook["secret"]))
        self.assertEqual(self.good(self.anna.request("GET", target))["body"].encode(), message["body"])
        self.assertEqual(self.log(hook, "?state=dead"), [])
        self.problem(self.anna.request("GET", f"{HOOKS}/{hook['id']}/deliveries/{NOBODY}"), 404, "webhook.delivery_unknown")
        off = self.good(self.anna.request("PATCH", f"{HOOKS}/{hook['id']}", {"enabled": False}))
        self.assertEqual(off["state"], "off")
        self.problem(self.anna.request("POST", f"{HOOKS}/{hook['id']}/test"), 409, "webhook.off")
        self.customer(self.anna)
        self.good(self.anna.request("PATCH", f"{HOOKS}/{hook['id']}", {"enabled": True, "events": ["crm.customer.deleted"]}))
        self.assertEqual(len(self.log(hook)), 1, "what happened while it was off is not sent")

    def test_they_are_an_administrators_and_lead_to_public_addresses_alone(self):
        clerk = self.enter(self.user([self.role("crm.customer.list:all")]))
        self.problem(clerk.request("GET", HOOKS), 403, "permission")
        self.problem(clerk.request("POST", HOOKS, {"name": "x", "url": "https://example.com", "events": ["*"]}), 403, "permission")
        for url in ("http://example.com/", "https://10.0.0.1/", "https://192.168.1.1:8443/x", "https://169.254.169.254/latest",
                    "https://[fd12::1]/", "ftp://example.com", "https://user:pw@example.com/", "x", "http://10.0.0.1/"):
            body = {"name": "x", "url": url, "events": ["*"]}
            self.problem(self.anna.request("POST", HOOKS, body), 422, "webhook.url")
        good = {"name": "x", "url": "https://example.com/", "events": ["*"]}
        for wrong in ({"name": ""}, {"events": []}, {"events": ["a..b"]}, {"events": ["*"] * 21}, {"url": None}, {"more": 1},
                      {"name": "x" * 101}):
            self.problem(self.anna.request("POST", HOOKS, good | wrong), 422, "schema.fields")
        self.problem(self.anna.request("GET", f"{HOOKS}/{NOBODY}"), 404, "webhook.unknown")
        beta = self.server.client().sign_in("beta", "anna", "a long password")
        hook = self.hook()
        self.problem(beta.request("GET", f"{HOOKS}/{hook['id']}"), 404, "webhook.unknown")
        beta.request("POST", "/api/v1/crm/customer", {"name": "of beta"})
        self.customer(self.anna, name="of acme")
        names = {content(message)["data"]["record"]["name"] for message in self.came(hook)}
        self.assertEqual(names, {"of acme"}, "no event of another company")
        self.assertTrue(any(hook["id"] in row and "secret" not in row for row in self.audit("created") if row))


class WebhooksOnPostgresTest(OnPostgres, WebhooksTest):
    """For a company in PostgreSQL."""


class WebhooksAndTheEndTest(unittest.TestCase):
    """A server of its own that is killed, and one whose rows are made old."""

    def start(self, folder: str) -> Server:
        server = Server("--demo-rows", "0", data=folder).start()
        self.addCleanup(server.__exit__)
        return server

    def make(self, client, url: str) -> dict:
        answer = client.request("POST", HOOKS, {"name": "h", "url": url, "events": ["crm.customer.created"]})
        self.assertEqual(answer.status, 201, answer)
        return answer.json()

    def test_a_message_on_its_way_when_the_server_is_killed_comes_again_under_its_id(self):
        with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
            server = self.start(folder)
            client = server.client().sign_in()
            hook = self.make(client, receiver.url("hang"))
            for place in range(3):
                self.assertEqual(client.request("POST", "/api/v1/crm/customer", {"name": f"c{place}"}).status, 201)
            wait_until(lambda: len(receiver.of("/hang/x")) == 3, 10, "three messages on their way")
            server.kill()
            before = {identity(message): message["body"] for message in receiver.of("/hang/x")}
            self.assertEqual(len(before), 3)
            receiver.released.set()  # from now on it answers
            server = self.start(folder)
            wait_until(lambda: len(receiver.of("/hang/x")) >= 6, 30, "the same three again")
            after = {identity(message): message["body"] for message in receiver.of("/hang/x")[3:]}
            self.assertEqual(after, before)
            client = server.client().sign_in()
            log = f"{HOOKS}/{hook['id']}/deliveries?state=delivered"
            wait_until(lambda: len(client.request("GET", log).json()) == 3, 10, "all delivered")

    def test_a_webhook_that_fails_for_long_is_switched_off_and_administrators_are_told(self):
        with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
            server = self.start(folder)
            client = server.client().sign_in()
            hook = self.make(client, receiver.url("fail"))
            client.request("POST", "/api/v1/crm/customer", {"name": "first"})
            target = f"{HOOKS}/{hook['id']}"
            wait_until(lambda: client.request("GET", target).json()["failing_since"] is not None, 10, "a failure")
            self.assertEqual(server.stop(), 0, server.errors())
            with sqlite3.connect(pathlib.Path(folder) / "tenants/demo.db") as database:
                database.execute("UPDATE webhook SET failing_since = failing_since - 90000000000")
            database.close()
            client = self.start(folder).client().sign_in()
            wait_until(lambda: client.request("GET", target).json()["state"] == "failed", 20, "being switched off")
            rows = lambda: client.request("GET", "/api/v1/notifications").json()["notifications"]  # noqa: E731
            wait_until(lambda: any(row["kind"] == "webhook.disabled" for row in rows()), 10, "the notification")
            again = client.request("PATCH", target, {"enabled": True}).json()
            self.assertEqual((again["state"], again["failing_since"]), ("on", None))

    def test_a_message_that_was_given_up_is_dead_and_can_be_sent_again(self):
        with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
            server = self.start(folder)
            client = server.client().sign_in()
            hook = self.make(client, receiver.url("fail"))
            client.request("POST", "/api/v1/crm/customer", {"name": "first"})
            log = f"{HOOKS}/{hook['id']}/deliveries"
            wait_until(lambda: any(row["status"] == 500 for row in client.request("GET", log).json()), 10, "a failure")
            self.assertEqual(server.stop(), 0, server.errors())
            with sqlite3.connect(pathlib.Path(folder) / "tenants/demo.db") as database:
                database.execute("UPDATE webhook_delivery SET attempts = 8, next_at = 0")
            database.close()
            client = self.start(folder).client().sign_in()
            wait_until(lambda: [row["state"] for row in client.request("GET", log).json()] == ["dead"], 10, "the last attempt")
            row = client.request("GET", log).json()[0]
            self.assertEqual((row["attempts"], row["next_at"]), (9, None))
            client.request("PATCH", f"{HOOKS}/{hook['id']}", {"url": receiver.url("ok")})
            self.assertEqual(client.request("POST", f"{log}/{row['id']}/redeliver").status, 202)
            wait_until(lambda: bool(receiver.of("/ok/x")), 10, "the message")
            self.assertEqual(identity(receiver.of("/ok/x")[0]), row["id"])


if __name__ == "__main__":
    unittest.main()
