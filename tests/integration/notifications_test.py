"""What people are told: of approvals that wait for them and of what became of their own, at once and in their language."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import NOBODY, OnPostgres  # noqa: E402
from modules_test import Events  # noqa: E402
from papers import Papers  # noqa: E402
from tenon_server import wait_until  # noqa: E402

INBOX = "/api/v1/notifications"


class NotificationsTest(Papers):
    def inbox(self, client, query="") -> dict:
        return self.good(client.request("GET", INBOX + query))

    def kinds(self, client) -> list:
        return [(row["kind"], row["record"]) for row in self.inbox(client)["notifications"]]

    def arrives(self, client, kind: str, record: str) -> dict:
        wait_until(lambda: (kind, record) in self.kinds(client), 10, f"{kind} of {record}")
        rows = self.inbox(client)["notifications"]
        return next(row for row in rows if (row["kind"], row["record"]) == (kind, record))

    def test_who_may_approve_is_told_once_and_nobody_else(self):
        clerk, one, reader = self.clerk(), self.approver(), self.person(self.role("paper.invoice.list:all"))
        own_only = self.person(self.role("paper.invoice.list:self", "paper.invoice.approve"))
        invoice = self.invoice(clerk)
        self.asked(clerk, invoice)
        row = self.arrives(one, "approval.waiting", invoice["id"])
        self.assertEqual((row["entity"], row["read"]), ("paper.invoice", False))
        self.assertEqual(self.kinds(one).count(("approval.waiting", invoice["id"])), 1)
        for other in (clerk, reader, own_only):
            self.assertEqual(self.kinds(other), [], "who may not decide, or does not see it, is not told")

    def test_who_asked_hears_what_became_of_it(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        invoice = self.posted(clerk, one, two)
        self.arrives(clerk, "approval.approved", invoice["id"])
        invoice = self.invoice(clerk)
        approval = self.asked(clerk, invoice)
        self.good(self.say(one, approval, "reject", reason="the wrong year"))
        row = self.arrives(clerk, "approval.rejected", invoice["id"])
        self.assertIn("the wrong year", row["text"])

    def test_the_text_is_in_the_language_of_who_reads_it(self):
        clerk, one = self.clerk(), self.approver()
        invoice = self.invoice(clerk)
        self.asked(clerk, invoice)
        self.arrives(one, "approval.waiting", invoice["id"])
        texts = [self.good(one.request("GET", INBOX, headers={"Accept-Language": locale}))["notifications"][0]["text"]
                 for locale in ("en", "zh-CN")]
        name = clerk.who["name"]
        self.assertEqual(texts, [f"{name} asks you to approve: Post, Invoice.", f"{name} 请您审批：发票，过账。"])

    def test_they_are_paged_counted_read_and_deleted(self):
        clerk, one = self.clerk(), self.approver()
        invoices = [self.invoice(clerk) for _ in range(5)]
        for invoice in invoices:
            self.asked(clerk, invoice)
        for invoice in invoices:
            self.arrives(one, "approval.waiting", invoice["id"])
        page = one.request("GET", INBOX + "?limit=2")
        seen, ids = self.good(page), []
        self.assertEqual(seen["unread"], 5)
        while True:
            ids += [row["id"] for row in page.json()["notifications"]]
            if "link" not in page.headers:
                break
            page = one.request("GET", page.headers["link"].split("<")[1].split(">")[0])
            self.good(page)
        self.assertEqual((len(ids), len(set(ids)), ids), (5, 5, sorted(ids, reverse=True)))
        self.good(one.request("POST", f"{INBOX}/{ids[0]}/read"), 204)
        self.assertEqual(self.inbox(one)["unread"], 4)
        self.assertNotIn(ids[0], [row["id"] for row in self.inbox(one, "?unread=true")["notifications"]])
        other = self.approver()
        for method, path in (("POST", f"/{ids[1]}/read"), ("DELETE", f"/{ids[1]}"), ("POST", f"/{NOBODY}/read"), ("DELETE", "/x")):
            self.problem(other.request(method, INBOX + path), 404, "notification.unknown")
        self.assertEqual(self.good(one.request("POST", INBOX + "/read")), {"read": 4})
        self.assertEqual(self.inbox(one)["unread"], 0)
        self.good(one.request("DELETE", f"{INBOX}/{ids[1]}"), 204)
        self.assertEqual(len(self.inbox(one)["notifications"]), 4)
        for query in ("?limit=0", "?limit=x", "?before=1", "?unread=maybe", "?other=1"):
            self.problem(one.request("GET", INBOX + query), 422, "query.parameter")
        self.problem(self.server.client().request("GET", INBOX), 401, "http.unauthenticated")

    def test_what_somebody_does_not_want_to_hear_is_not_told(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        target = INBOX + "/preferences"
        kinds = {row["kind"]: row["wanted"] for row in self.good(one.request("GET", target))["kinds"]}
        self.assertTrue(kinds["approval.waiting"] and kinds["job.failed"])
        chosen = self.good(one.request("PATCH", target, {"approval.waiting": False}))["kinds"]
        self.assertIn({"approval.waiting": False}, [{row["kind"]: row["wanted"]} for row in chosen])
        self.problem(one.request("PATCH", target, {"nothing": False}), 422, "schema.fields")
        self.problem(one.request("PATCH", target, {"job.failed": 1}), 422, "schema.fields")
        invoice = self.invoice(clerk)
        self.asked(clerk, invoice)
        self.arrives(two, "approval.waiting", invoice["id"])
        self.assertEqual(self.kinds(one), [])

    def test_a_browser_that_listens_hears_at_once(self):
        clerk, one, other = self.clerk(), self.approver(), self.person()
        streams = [Events(client) for client in (one, other)]
        try:
            self.asked(clerk, self.invoice(clerk))
            wait_until(lambda: "notification" in streams[0].kinds(), 10, "the live notice")
            self.assertNotIn("notification", streams[1].kinds())
        finally:
            for stream in streams:
                stream.close()


class NotificationsOnPostgresTest(OnPostgres, NotificationsTest):
    """For a company in PostgreSQL."""


if __name__ == "__main__":
    unittest.main()
