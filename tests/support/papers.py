"""A company with invoices: clerks who write them, approvers who agree to their posting, and a reader."""
from companies import Companies
from tenon_server import GUESTS, ROOT, Client

INVOICE = "/api/v1/paper/invoice"
LINE = "/api/v1/paper/line"
APPROVALS = "/api/v1/approvals"


class Papers(Companies):
    """Subclasses are tests of the company acme, whose administrator is anna."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        anna = cls.server.client().sign_in("acme", "anna", "a long password")
        answer = anna.upload((ROOT / "tests/integration/paper.toml").read_bytes(), (GUESTS / "supplier.wasm").read_bytes())
        assert answer.status == 201, answer

    def setUp(self):
        super().setUp()
        self.clerks = self.role("paper.invoice.list:all", "paper.invoice.manage:all", "paper.invoice.post",
                                "paper.line.list:all", "paper.line.manage:all")
        self.approvers = self.role("paper.invoice.list:all", "paper.invoice.approve")

    def person(self, *roles) -> Client:
        """Signed in; its `who` is the user."""
        user = self.user(roles)
        client = self.enter(user)
        client.who = user
        return client

    def clerk(self, *more) -> Client:
        return self.person(self.clerks, *more)

    def approver(self, *more) -> Client:
        return self.person(self.approvers, *more)

    def invoice(self, client: Client, **fields) -> dict:
        fields.setdefault("number", self.fresh("INV-"))
        fields.setdefault("total", "50.00")
        return self.good(client.request("POST", INVOICE, fields, {"Prefer": "return=representation"}), 201)[0]

    def step(self, client: Client, invoice: dict, name: str, body=None, **headers):
        headers = {word.replace("_", "-"): value for word, value in headers.items()}
        return client.request("POST", f"{INVOICE}/{invoice['id']}/transitions/{name}", body, headers)

    def asked(self, client: Client, invoice: dict, name: str = "post") -> dict:
        return self.good(self.step(client, invoice, name), 202)["approval"]

    def say(self, client: Client, approval: dict, word: str, **body):
        return client.request("POST", f"{APPROVALS}/{approval['id']}/{word}", body)

    def status(self, invoice: dict) -> str:
        return self.good(self.anna.request("GET", f"{INVOICE}/{invoice['id']}"))["status"]

    def posted(self, clerk: Client, *approvers: Client, **fields) -> dict:
        invoice = self.invoice(clerk, **fields)
        approval = self.asked(clerk, invoice)
        for approver in approvers:
            self.good(self.say(approver, approval, "approve"))
        self.assertEqual(self.status(invoice), "posted")
        return invoice
