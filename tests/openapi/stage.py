"""A server with the demo company, a module with a field of every kind, and people of several rights, for tests of the OpenAPI
document. The document of each is what `documents()` gives."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from served import ServedTest  # noqa: E402
from tenon_server import GUESTS, PASSWORD, ROOT, Client  # noqa: E402

DOCUMENT = "/api/v1/openapi.json"
HERE = ROOT / "tests/openapi"


class Stage(ServedTest):
    """Subclasses have `self.server`, `self.token` of the administrator and `self.clerk_token` of somebody with few rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = cls.server.client().sign_in()
        answer = client.upload((ROOT / "tests/integration/shop.toml").read_bytes(), (GUESTS / "supplier.wasm").read_bytes())
        assert answer.status == 201, answer
        cls.token = cls.token_of(client)
        grants = [{"permission": "crm.customer.list", "scope": "all"}, {"permission": "crm.customer.manage", "scope": "self"},
                  {"permission": "tenon.users.read", "scope": "all"}]
        columns = [{"entity": "crm.customer", "column": "credit_limit", "right": "hidden"},
                   {"entity": "crm.customer", "column": "level", "right": "locked"}]
        role = client.request("POST", "/api/v1/roles", {"name": "clerk", "permissions": grants, "columns": columns})
        assert role.status == 201, role
        user = client.request("POST", "/api/v1/users", {"name": "clerk", "roles": [role.json()["id"]], "password": PASSWORD})
        assert user.status == 201, user
        cls.clerk_token = cls.token_of(cls.clerk())

    @classmethod
    def clerk(cls) -> Client:
        return cls.server.client().sign_in("demo", "clerk", PASSWORD)

    @staticmethod
    def token_of(client: Client) -> str:
        made = client.request("POST", "/api/v1/tokens", {"name": "tests"})
        assert made.status == 201, made
        return made.json()["token"]

    def document(self, client: Client | None = None, token: str | None = None, **headers) -> dict:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = (client or self.server.client()).request("GET", DOCUMENT, headers=headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def documents(self) -> dict:
        """By reader and language."""
        readers = {"administrator": {"client": self.client}, "administrators-token": {"token": self.token},
                   "clerk": {"client": self.clerk()}, "clerks-token": {"token": self.clerk_token}, "stranger": {}}
        return {f"{name}-{language}": self.document(Accept_Language=language, **reader)
                for name, reader in readers.items() for language in ("en", "zh-CN")}
