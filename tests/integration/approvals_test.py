"""Documents with states: who may take a step, who has to agree first, and that nobody changes what waits or was posted."""
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import NOBODY, OnPostgres  # noqa: E402
from papers import APPROVALS, INVOICE, LINE, Papers  # noqa: E402


def at_once(*calls) -> list:
    """Runs the calls side by side, each on a connection of its own, and gives their answers in order."""
    answers = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(place):
        gate.wait()
        answers[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class ApprovalsTest(Papers):
    def test_a_document_that_needs_approval_cannot_be_posted_by_its_author_nor_changed_after(self):
        # The author has every right there is about invoices, and still needs two others.
        author = self.clerk(self.approvers)
        first, second = self.approver(), self.approver()
        invoice = self.invoice(author)
        target = f"{INVOICE}/{invoice['id']}"
        self.problem(author.request("PATCH", target, {"status": "posted"}), 409, "data.approval")
        self.problem(self.anna.request("PATCH", target, {"status": "posted"}), 409, "data.approval")
        approval = self.asked(author, invoice)
        self.problem(self.say(author, approval, "approve"), 403, "approval.author")
        self.assertEqual(self.status(invoice), "draft")
        self.good(self.say(first, approval, "approve"))
        self.problem(self.say(first, approval, "approve"), 409, "approval.decided")
        self.assertEqual(self.status(invoice), "draft", "one of two is not enough")
        done = self.good(self.say(second, approval, "approve", reason="checked"))
        self.assertEqual((done["record"]["status"], done["step"], done["approval"]["state"]), ("posted", "post", "approved"))
        for who in (author, self.anna):
            self.problem(who.request("PATCH", target, {"note": "later"}), 409, "data.immutable")
            self.problem(who.request("PATCH", target, {"status": "draft"}), 400, "data.transition")
            self.problem(who.request("DELETE", target), 409, "data.immutable")
            self.problem(who.request("PATCH", f"{INVOICE}?id=eq.{invoice['id']}", {"note": "later"}), 409, "data.immutable")
            batch = [{"op": "update", "entity": "paper.invoice", "id": invoice["id"], "fields": {"note": "x"}}]
            self.assertGreaterEqual(who.request("POST", "/api/v1/$batch", batch).status, 400)
        self.assertIsNone(self.good(self.anna.request("GET", target))["note"])

    def test_a_document_that_waits_is_changed_by_nobody_until_it_is_refused_or_withdrawn(self):
        clerk, approver = self.clerk(), self.approver()
        invoice = self.invoice(clerk)
        target = f"{INVOICE}/{invoice['id']}"
        approval = self.asked(clerk, invoice)
        for who in (clerk, self.anna):
            self.problem(who.request("PATCH", target, {"note": "x"}), 409, "data.awaiting")
            self.problem(who.request("DELETE", target), 409, "data.awaiting")
            self.problem(self.step(who, invoice, "post"), 409, "data.awaiting")
        self.problem(self.say(approver, approval, "withdraw"), 403, "approval.withdraw")
        self.problem(self.say(approver, approval, "reject"), 422, "approval.reason")
        refused = self.good(self.say(approver, approval, "reject", reason="wrong customer"))["approval"]
        self.assertEqual((refused["state"], refused["decisions"][0]["reason"]), ("rejected", "wrong customer"))
        self.problem(self.say(approver, approval, "approve"), 409, "approval.ended")
        self.good(clerk.request("PATCH", target, {"note": "mended"}), 204)
        again = self.asked(clerk, invoice)
        self.assertEqual(self.good(self.say(clerk, again, "withdraw"))["approval"]["state"], "withdrawn")
        self.good(clerk.request("DELETE", target), 204)

    def test_the_parts_of_a_document_that_waits_or_was_posted_are_as_fixed_as_it_is(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        invoice, other = self.invoice(clerk), self.invoice(clerk)

        def line(of: dict):
            return clerk.request("POST", LINE, {"invoice": of["id"], "amount": "5.00"}, {"Prefer": "return=representation"})

        kept, gone = self.good(line(invoice), 201)[0], self.good(line(invoice), 201)[0]
        self.good(clerk.request("DELETE", f"{LINE}/{gone['id']}"), 204)
        approval = self.asked(clerk, invoice)
        for reason in ("data.awaiting", "data.immutable"):
            self.problem(line(invoice), 409, reason)
            self.problem(clerk.request("PATCH", f"{LINE}/{kept['id']}", {"amount": "6.00"}), 409, reason)
            self.problem(clerk.request("PATCH", f"{LINE}/{kept['id']}", {"invoice": other["id"]}), 409, reason)
            self.problem(clerk.request("DELETE", f"{LINE}/{kept['id']}"), 409, reason)
            self.problem(clerk.request("POST", f"{LINE}/{gone['id']}/restore"), 409, reason)
            moving = self.good(line(other), 201)[0]
            self.problem(clerk.request("PATCH", f"{LINE}/{moving['id']}", {"invoice": invoice["id"]}), 409, reason)
            if reason == "data.awaiting":
                for approver in (one, two):
                    self.good(self.say(approver, approval, "approve"))
        self.good(clerk.request("DELETE", f"{INVOICE}/{other['id']}"), 204)

    def test_a_step_is_for_who_holds_its_right_whichever_way_it_is_taken(self):
        clerk, maker = self.clerk(), self.clerk()
        plain = self.person(self.role("paper.invoice.list:all", "paper.invoice.manage:all"))
        invoice = self.invoice(maker, total="80.00")
        target = f"{INVOICE}/{invoice['id']}"
        self.problem(plain.request("PATCH", target, {"status": "settled"}), 403, "data.transition_right")
        body = self.problem(self.step(plain, invoice, "settle"), 403, "data.transition_right")
        self.assertEqual(body["details"], {"permission": "paper.invoice.post"})
        own = self.invoice(clerk)
        self.problem(self.step(clerk, own, "settle"), 403, "data.transition_author")
        large = self.invoice(maker, total="100.01")
        self.problem(self.step(clerk, large, "settle"), 403, "data.transition_amount")
        rich = self.clerk(self.role("paper.invoice.large"))
        self.good(self.step(rich, large, "settle"))
        answer = self.step(clerk, invoice, "settle", {"comment": "paid in cash"})
        self.assertEqual(self.good(answer)["record"]["status"], "settled")
        self.problem(self.step(clerk, invoice, "settle"), 400, "data.transition")
        self.problem(self.step(clerk, invoice, "nothing"), 404, "step.unknown")
        self.assertTrue(any("paid in cash" in row for row in self.audit("settle")))

    def test_a_step_takes_the_version_that_was_read_and_is_done_once_for_its_key(self):
        clerk, other = self.clerk(), self.clerk()
        invoice = self.invoice(other)
        self.problem(self.step(clerk, invoice, "settle", If_Match='"7"'), 412, "data.version")
        first = self.step(clerk, invoice, "settle", If_Match='"1"', Idempotency_Key="once")
        again = self.step(clerk, invoice, "settle", If_Match='"1"', Idempotency_Key="once")
        self.assertEqual((first.status, again.status, first.body), (200, 200, again.body))
        self.assertEqual((first.headers["etag"], again.headers["idempotency-replayed"]), ('"2"', "true"))
        invoice = self.invoice(clerk)
        asked = [self.good(self.step(clerk, invoice, "post", Idempotency_Key="ask"), 202) for _ in range(2)]
        self.assertEqual(asked[0], asked[1])

    def test_fields_that_the_next_state_needs_are_asked_for_before_others_are(self):
        clerk = self.clerk()
        invoice = self.invoice(clerk, number=None)
        body = self.problem(self.step(clerk, invoice, "post"), 422, "data.fields")
        self.assertEqual(body["fields"][0]["path"], "/number")
        self.assertEqual(self.good(clerk.request("GET", f"{INVOICE}/{invoice['id']}/approvals")), [])

    def test_only_a_large_amount_needs_others_where_the_module_says_so(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        small = self.posted(clerk, one, two, total="1000.00")
        self.assertEqual(self.good(self.step(clerk, small, "refund"))["record"]["status"], "refunded")
        large = self.posted(clerk, one, two, total="1000.01")
        approval = self.asked(clerk, large, "refund")
        self.assertEqual((approval["needed"], approval["permission"]), (1, "paper.invoice.approve"))
        self.problem(self.step(self.approver(), large, "refund"), 409, "data.awaiting")
        self.good(self.say(one, approval, "approve"))
        self.assertEqual(self.status(large), "refunded")

    def test_who_may_take_which_step_and_why_not_is_said_in_words_of_both_languages(self):
        clerk, approver = self.clerk(), self.approver()
        invoice = self.invoice(clerk, total="500.00")
        target = f"{INVOICE}/{invoice['id']}/transitions"
        steps = {row["name"]: row for row in self.good(clerk.request("GET", target))["transitions"]}
        self.assertEqual(set(steps), {"post", "settle"})
        self.assertEqual((steps["post"]["may"], steps["post"]["approvals"], steps["post"]["label"]["zh-CN"]), (True, 2, "过账"))
        self.assertEqual(steps["settle"]["why_not"]["reason"], "data.transition_author")
        for locale, words in (("en", "Somebody else than the author has to do this."), ("zh-CN", "制单人不能自己执行这一步")):
            rows = self.good(clerk.request("GET", target, headers={"Accept-Language": locale}))["transitions"]
            self.assertEqual(rows[1]["why_not"]["message"], words)
        rows = self.good(approver.request("GET", target))["transitions"]
        self.assertEqual([row["why_not"]["reason"] for row in rows], ["data.transition_right"] * 2)
        approval = self.asked(clerk, invoice)
        answer = self.good(clerk.request("GET", target))
        self.assertEqual(answer["waiting"]["id"], approval["id"])
        self.assertEqual({row["why_not"]["reason"] for row in answer["transitions"]}, {"data.awaiting"})
        self.problem(self.person().request("GET", target), 403, "permission")

    def test_what_waits_for_somebody_is_listed_to_him_and_to_nobody_else(self):
        clerk, approver = self.clerk(), self.approver()
        invoices = [self.invoice(clerk) for _ in range(3)]
        asked = [self.asked(clerk, invoice)["id"] for invoice in invoices]

        def ids(who, query=""):
            return [row["id"] for row in self.good(who.request("GET", APPROVALS + query)) if row["id"] in asked]

        self.assertEqual(ids(approver, "?limit=200"), asked)
        self.assertEqual(ids(clerk), [], "who asked does not decide")
        self.assertEqual(ids(clerk, "?mine=true"), asked[::-1])
        self.assertEqual(ids(self.person()), [])
        own_only = self.person(self.role("paper.invoice.list:self", "paper.invoice.approve"))
        self.assertEqual(ids(own_only), [], "a document that is not seen is not offered")
        self.problem(own_only.request("GET", f"{APPROVALS}/{asked[0]}"), 404, "approval.unknown")
        self.problem(self.say(own_only, {"id": asked[0]}, "approve"), 404, "approval.unknown")
        answer = approver.request("GET", APPROVALS + "?limit=1")
        self.assertEqual(len(self.good(answer)), 1)
        self.assertIn('rel="next"', answer.headers["link"])
        row = self.good(approver.request("GET", f"{APPROVALS}/{asked[0]}"))
        self.assertEqual((row["label"], row["state"], row["asked_by"]), (invoices[0]["number"], "waiting", clerk.who["id"]))
        self.problem(self.say(self.person(self.role("paper.invoice.list:all")), row, "approve"), 403, "approval.right")
        self.good(self.say(approver, row, "approve"))
        self.assertEqual(ids(approver, "?limit=200"), asked[1:])
        self.problem(approver.request("GET", f"{APPROVALS}/{NOBODY}"), 404, "approval.unknown")
        for query in ("?limit=0", "?limit=201", "?after=x", "?mine=1", "?other=1"):
            self.problem(approver.request("GET", APPROVALS + query), 422, "query.parameter")

    def test_who_asked_and_who_decided_when_is_in_the_audit(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        invoice = self.posted(clerk, one, two)
        rows = self.good(self.anna.request("GET", f"/api/v1/audit?record={invoice['id']}"))
        self.assertEqual([row["action"] for row in rows], ["post", "created"])
        self.assertEqual((rows[0]["user"], rows[0]["changed"]), (two.who["id"], ["status"]))
        rows = self.good(self.anna.request("GET", "/api/v1/audit?entity=platform.approval&limit=3"))
        told = [(row["action"], row["user"]) for row in rows if row["record"]["record"] == invoice["id"]]
        self.assertEqual(told, [("approved", two.who["id"]), ("agreed", one.who["id"]), ("asked", clerk.who["id"])])
        history = self.good(self.anna.request("GET", f"{INVOICE}/{invoice['id']}/history"))
        self.assertEqual([row["action"] for row in history], ["post", "created"])

    # -- races: whichever goes first, the outcome is one that some order would give -----------------------------------

    def test_two_approvers_at_once_both_count_and_the_step_is_taken_once(self):
        clerk, one, two, three = self.clerk(), self.approver(), self.approver(), self.approver()
        for _ in range(8):
            invoice = self.invoice(clerk)
            approval = self.asked(clerk, invoice)
            answers = at_once(*[lambda who=who: self.say(who, approval, "approve") for who in (one, two, three)])
            self.assertEqual(sorted(answer.status for answer in answers), [200, 200, 409], answers)
            self.assertEqual(self.status(invoice), "posted")
            self.assertEqual(len(self.good(one.request("GET", f"{APPROVALS}/{approval['id']}"))["decisions"]), 2)

    def test_an_approval_and_a_withdrawal_at_once_leave_one_winner(self):
        clerk, one, two = self.clerk(), self.approver(), self.approver()
        for _ in range(8):
            invoice = self.invoice(clerk)
            approval = self.asked(clerk, invoice)
            self.good(self.say(one, approval, "approve"))
            answers = at_once(lambda: self.say(two, approval, "approve"), lambda: self.say(clerk, approval, "withdraw"))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409], answers)
            expected = "posted" if answers[0].status == 200 else "draft"
            self.assertEqual(self.status(invoice), expected)

    def test_an_edit_at_once_with_the_request_is_either_before_it_or_refused(self):
        clerk, other = self.clerk(), self.clerk()
        for turn in range(8):
            invoice = self.invoice(clerk)
            edit, ask = at_once(
                lambda: other.request("PATCH", f"{INVOICE}/{invoice['id']}", {"note": f"edit {turn}"}),
                lambda: self.step(clerk, invoice, "post"))
            self.assertEqual(ask.status, 202, ask)
            record = self.good(self.anna.request("GET", f"{INVOICE}/{invoice['id']}"))
            self.assertEqual(ask.json()["approval"]["version"], record["version"], "what is approved is what was asked about")
            self.assertEqual(record["note"], f"edit {turn}" if edit.status == 204 else None, edit)
            if edit.status != 204:
                self.problem(edit, 409, "data.awaiting")

    def test_one_document_waits_for_one_thing_at_a_time(self):
        clerk, other = self.clerk(), self.clerk()
        for _ in range(8):
            invoice = self.invoice(clerk)
            answers = at_once(lambda: self.step(clerk, invoice, "post"), lambda: self.step(other, invoice, "post"))
            self.assertEqual(sorted(answer.status for answer in answers), [202, 409], answers)


class ApprovalsOnPostgresTest(OnPostgres, ApprovalsTest):
    """For a company in PostgreSQL."""


if __name__ == "__main__":
    unittest.main()
