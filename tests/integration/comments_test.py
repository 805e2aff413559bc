"""Comments on records: seen by who sees the record, changed by their author, heard by whom they mention."""
import pathlib
import sqlite3
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import NOBODY, OnPostgres  # noqa: E402
from papers import INVOICE, Papers  # noqa: E402
from tenon_server import wait_until  # noqa: E402

COMMENTS = "/api/v1/comments"


class CommentsTest(Papers):
    def name_of(self, record: dict) -> str:
        return f"paper.invoice/{record['id']}"

    def comment(self, client, record: dict, text: str) -> dict:
        return self.good(client.request("POST", COMMENTS, {"record": self.name_of(record), "text": text}), 201)

    def texts(self, client, record: dict) -> list:
        rows = self.good(client.request("GET", f"{COMMENTS}?record={self.name_of(record)}"))
        return [(row["text"], row["deleted"]) for row in rows]

    def told(self, client) -> list:
        rows = self.good(client.request("GET", "/api/v1/notifications"))["notifications"]
        return [row["record"] for row in rows if row["kind"] == "comment.mention"]

    def test_a_comment_is_added_changed_and_deleted_by_its_author_alone(self):
        clerk, other = self.clerk(), self.clerk()
        invoice = self.invoice(clerk)
        first = self.comment(clerk, invoice, "第一条\nsecond line")
        second = self.comment(other, invoice, "<script>alert(1)</script>")
        self.assertEqual(self.texts(other, invoice), [("第一条\nsecond line", False), ("<script>alert(1)</script>", False)])
        target = f"{COMMENTS}/{first['id']}"
        for who in (other, self.anna):
            self.problem(who.request("PATCH", target, {"text": "x"}), 403, "comment.author")
            self.problem(who.request("DELETE", target), 403, "comment.author")
        edited = self.good(clerk.request("PATCH", target, {"text": "mended"}))
        self.assertEqual((edited["text"], edited["edited_at"] is not None), ("mended", True))
        self.good(clerk.request("DELETE", target), 204)
        self.problem(clerk.request("PATCH", target, {"text": "again"}), 404, "comment.unknown")
        self.assertEqual(self.texts(clerk, invoice), [("", True), ("<script>alert(1)</script>", False)])
        rows = self.good(clerk.request("GET", f"{COMMENTS}?record={self.name_of(invoice)}"))
        self.assertEqual(rows[1]["author_name"], other.who["name"])
        page = clerk.request("GET", f"{COMMENTS}?record={self.name_of(invoice)}&limit=1")
        rest = self.good(clerk.request("GET", page.headers["link"].split("<")[1].split(">")[0]))
        self.assertEqual([row["id"] for row in rest], [second["id"]])
        for action in ("added", "edited", "deleted"):
            self.assertTrue(any(invoice["id"] in row for row in self.audit(action) if row), action)

    def test_comments_are_seen_by_who_sees_the_record(self):
        clerk = self.clerk()
        own_only = self.person(self.role("paper.invoice.list:self"))
        invoice = self.invoice(clerk)
        made = self.comment(clerk, invoice, "secret")
        for who in (own_only, self.person()):
            self.problem(who.request("GET", f"{COMMENTS}?record={self.name_of(invoice)}"), 404, "data.not_found")
            self.problem(who.request("POST", COMMENTS, {"record": self.name_of(invoice), "text": "x"}), 404, "data.not_found")
            self.problem(who.request("PATCH", f"{COMMENTS}/{made['id']}", {"text": "x"}), 404, "comment.unknown")
        beta = self.server.client().sign_in("beta", "anna", "a long password")
        self.problem(beta.request("GET", f"{COMMENTS}?record={self.name_of(invoice)}"), 404, "data.not_found")
        self.problem(self.server.client().request("GET", COMMENTS), 401, "http.unauthenticated")

    def test_who_is_mentioned_is_told_if_he_sees_the_record_and_else_the_answer_says_so(self):
        clerk, reader, stranger = self.clerk(), self.clerk(), self.person()
        spaced = self.user([self.clerks], name=self.fresh("Li Na "))
        names = [person.who["name"] for person in (reader, stranger)]
        invoice = self.invoice(clerk)
        text = f"@{names[0]}, @{names[1]}：请看 @\"{spaced['name']}\" and @nobody_here. mail me: x@{names[0]}"
        made = self.comment(clerk, invoice, text)
        self.assertEqual((made["cannot_see"], made["unknown"]), ([names[1]], ["nobody_here"]))
        self.assertEqual(set(made["mentions"]), {reader.who["id"], spaced["id"]})
        wait_until(lambda: self.told(reader) == [invoice["id"]], 10, "the mention")
        wait_until(lambda: self.told(self.enter(spaced)) == [invoice["id"]], 10, "the mention of a name with a space")
        self.good(clerk.request("PATCH", f"{COMMENTS}/{made['id']}", {"text": f"@{names[0]} once more, @{clerk.who['name']}"}))
        late = self.comment(clerk, invoice, f"@{names[0]} again")
        self.assertEqual(late["mentions"], [reader.who["id"]])
        wait_until(lambda: len(self.told(reader)) == 2, 10, "the second comment")
        self.assertEqual((self.told(stranger), self.told(clerk)), ([], []), "nobody mentions himself")

    def test_what_is_no_comment_is_refused(self):
        clerk = self.clerk()
        invoice = self.invoice(clerk)
        record = self.name_of(invoice)
        wrong = [{"record": record}, {"record": record, "text": ""}, {"record": record, "text": "x" * 4001},
                 {"record": record, "text": "a\x00b"}, {"record": record, "text": 1}, {"text": "x"},
                 {"record": "paper.invoice", "text": "x"}, {"record": record, "text": "x", "html": "<b>"}]
        for body in wrong:
            self.problem(clerk.request("POST", COMMENTS, body), 422, "schema.fields")
        for name in ("paper.nothing", "nothing.at_all"):
            self.problem(clerk.request("POST", COMMENTS, {"record": f"{name}/{NOBODY}", "text": "x"}), 404, "data.not_found")
        self.problem(clerk.request("POST", COMMENTS, b"x", {"Content-Type": "text/plain"}), 415, "http.media_type")
        for query in ("", "?record=x", f"?record={record}&after=1", f"?record={record}&more=1"):
            self.problem(clerk.request("GET", COMMENTS + query), 422, "query.parameter")
        self.assertEqual(self.texts(clerk, invoice), [])
        self.comment(clerk, invoice, "x" * 4000)

    def test_comments_are_gone_when_the_record_is_purged_and_stay_in_the_trash(self):
        clerk = self.clerk()
        invoice = self.invoice(clerk)
        self.comment(clerk, invoice, "kept in the trash")
        self.good(clerk.request("DELETE", f"{INVOICE}/{invoice['id']}"), 204)
        self.problem(clerk.request("GET", f"{COMMENTS}?record={self.name_of(invoice)}"), 404, "data.not_found")
        trash = f"/api/v1/trash/paper/invoice/{invoice['id']}"
        self.assertLess(self.anna.request("POST", trash + "/restore").status, 300)
        self.assertEqual(self.texts(clerk, invoice), [("kept in the trash", False)])
        self.good(clerk.request("DELETE", f"{INVOICE}/{invoice['id']}"), 204)
        self.assertEqual(self.anna.request("DELETE", trash).status, 204)
        wait_until(lambda: self.rows_of(invoice) == 0, 10, "the end of the comments")

    def rows_of(self, record: dict) -> int:
        file = pathlib.Path(self.server.data) / "tenants/acme.db"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM record_comment WHERE record = ?",
                                      (uuid.UUID(record["id"]).bytes,)).fetchone()[0]
        finally:
            connection.close()


class CommentsOnPostgresTest(OnPostgres, CommentsTest):
    """For a company in PostgreSQL."""

    def rows_of(self, record: dict) -> int:
        sql = f"SELECT count(*) FROM t_acme.record_comment WHERE record = '{record['id']}'"
        return int(self.postgres.ask(sql, self.address.rsplit("/", 1)[1])[0][0])


if __name__ == "__main__":
    unittest.main()
