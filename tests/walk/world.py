"""A company with people of every kind and something of each kind of thing, all of it marked: the marker of a company is a
word that stands nowhere else, so that whoever reads it has read something of this company."""
import contextlib
import functools
import json
import secrets
import sqlite3
import subprocess
import time
import uuid

from tenon_server import BINARY, GUESTS, PASSWORD, ROOT, Client, Server, wait_until

CUSTOMER = "/api/v1/crm/customer"
NOBODY = "01890000-0000-7000-8000-000000000000"
ROLES = ("anonymous", "plain", "clerk", "manager", "admin", "token", "operator")
SHOP = (ROOT / "tests/integration/shop.toml").read_text()
PROBE = (ROOT / "tests/guests/probe/plugin.toml").read_text().replace(
    'plugins = [{ id = "ground", version = "^1.0" }]\n', "")
SUPPLIER = (ROOT / "tests/guests/supplier/plugin.toml").read_text()


@functools.cache
def marker_of(company: str) -> str:
    """Upper case, letters and digits only: it fits every kind of field."""
    return f"MK{company.upper()}{secrets.token_hex(5).upper()}"


class Person:
    """Whoever asks: a session, a token, or nothing."""

    def __init__(self, port: int, cookie: str | None = None, token: str | None = None):
        self.client = Client(port)
        self.cookie, self.token = cookie, token

    def ask(self, method: str, path: str, body=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.client.cookie = self.cookie  # what an answer sets is not taken over
        return self.client.request(method, path, body, headers)

    def close(self) -> None:
        self.client.connection.close()


class Company:
    """`things` has the id of one thing of each kind; `people` one Person for each of ROLES but the operator."""

    def __init__(self, server: Server, name: str):
        self.server, self.name = server, name
        self.marker = marker_of(name)
        self.serial = 0
        self.things, self.people, self.roles_of = {"tenant": name, "marker": self.marker}, {}, {}
        self.mine = {}  # role → the marked words that its people may read: their names, and what they made
        self.boss = server.client().sign_in(name, "anna", PASSWORD)

    def mark(self, text: str = "") -> str:
        self.serial += 1
        return f"{self.marker}N{self.serial}{text}"

    @contextlib.contextmanager
    def owned_by(self, role: str):
        """What is marked within is no secret to this role."""
        first = self.serial + 1
        yield
        self.mine.setdefault(role, set()).update(f"{self.marker}N{number}" for number in range(first, self.serial + 1))

    def post(self, path: str, body, headers=None, client=None):
        answer = (client or self.boss).request("POST", path, body, headers)
        assert answer.status in (200, 201, 202), (path, answer)
        made = answer.json()
        return made[0] if isinstance(made, list) else made

    def record(self, path: str, client=None, **fields) -> str:
        return self.post(path, fields, {"Prefer": "return=representation"}, client)["id"]

    # -- people ------------------------------------------------------------------------------------------------

    def role(self, *grants: str) -> str:
        return self.post("/api/v1/roles", {
            "name": self.mark(), "description": self.mark(),
            "permissions": [dict(zip(("permission", "scope"), grant.split(":"))) for grant in grants]})["id"]

    def user(self, roles: list, department=None) -> dict:
        return self.post("/api/v1/users", {"name": self.mark().lower(), "full_name": self.mark(), "roles": roles,
                                           "email": self.mark().lower() + "@example.com", "department": department,
                                           "password": PASSWORD})

    def enter(self, name: str) -> Person:
        answer = self.server.client().request("POST", "/api/v1/session",
                                              {"company": self.name, "user": name, "password": PASSWORD},
                                              {"User-Agent": self.mark()})
        assert answer.status == 200, answer
        return Person(self.server.port, cookie=answer.headers["set-cookie"].split(";")[0])

    def fresh_person(self, role: str) -> Person:
        """A new user with the rights of `role`, for what ends a session or changes a password."""
        if role not in self.roles_of:
            return Person(self.server.port)
        with self.owned_by(role):
            return self.enter(self.user(*self.roles_of[role])["name"])

    def fill_with_people(self) -> None:
        north, south = (self.post("/api/v1/departments", {"name": self.mark()})["id"] for _ in range(2))
        with self.owned_by("clerk"):
            clerk = self.role("crm.customer.list:self", "crm.customer.manage:self")
        with self.owned_by("manager"):
            manager = self.role("crm.customer.list:department", "crm.customer.manage:department")
        administrator = next(one["id"] for one in self.boss.request("GET", "/api/v1/roles").json() if one["built_in"])
        self.roles_of = {"plain": ([], north), "clerk": ([clerk], north), "manager": ([manager], south),
                         "admin": ([administrator], north)}
        self.things |= {"department": north, "role": self.role("crm.customer.list:self")}
        for kind in self.roles_of:
            self.people[kind] = self.fresh_person(kind)
        # One that leads to nothing of what the others keep.
        made = self.post("/api/v1/tokens", {"name": self.mark(), "scopes": ["shop.category.list"]})
        self.people["token"] = Person(self.server.port, token=made["token"])
        self.things["token"] = made["id"]
        subject = self.user([clerk])
        self.things["user"] = subject["id"]
        self.enter(subject["name"])
        self.things["ticket"] = self.post(f"/api/v1/users/{subject['id']}/link", {})["token"]
        self.people["admin"] = Person(self.server.port, cookie=self.boss.cookie)
        self.enter("anna")
        self.things["session"] = next(one["id"] for one in self.boss.request("GET", "/api/v1/sessions").json()
                                      if not one["current"])

    # -- things ------------------------------------------------------------------------------------------------

    def install(self, manifest: str, component: str) -> None:
        answer = self.boss.upload(manifest.encode(), (GUESTS / f"{component}.wasm").read_bytes())
        assert answer.status in (200, 201), answer

    def install_plugins(self, own: str) -> None:
        """The modules of both companies, and one that no other company has."""
        self.install((ROOT / "plugins/crm/plugin.toml").read_text(), "crm")
        self.install(SHOP, "supplier")
        self.install(PROBE, "probe")
        self.things["plugin"] = own
        self.install(self.own_manifest(), "supplier")

    def own_manifest(self) -> str:
        """Its names are no secret within the company: those of the other have the marker, for menus and the like."""
        text = SUPPLIER.replace('id = "supplier"', f'id = "{self.things["plugin"]}"', 1)
        return text.replace('"Suppliers"', f'"{self.marker}"').replace("供应商管理", self.marker) if self.name == "beta" else text

    def upload(self) -> str:
        answer = self.boss.request("POST", f"/api/v1/files?name={self.mark()}.txt", self.mark().encode() * 20,
                                   {"Content-Type": "application/octet-stream"})
        assert answer.status == 201, answer
        return answer.json()["id"]

    def customer(self, kind: str = "admin") -> str:
        with self.owned_by(kind):
            fields = {name: self.mark() for name in ("name", "notes", "contact_name", "code")}
        answer = self.people[kind].ask("POST", CUSTOMER, fields, {"Prefer": "return=representation"})
        assert answer.status == 201, answer
        made = answer.json()
        return (made[0] if isinstance(made, list) else made)["id"]

    def trashed(self) -> str:
        made = self.customer()
        assert self.boss.request("DELETE", f"{CUSTOMER}/{made}").status == 204
        return made

    def view(self) -> str:
        return self.post("/api/v1/views", {"entity": "crm.customer", "name": self.mark(),
                                           "definition": {"filter": self.mark()}})["id"]

    def export(self) -> str:
        """One of the administrator's that has ended: nothing goes on beside the walk."""
        answer = self.boss.request("POST", "/api/v1/exports", {"entity": "crm.customer", "name": self.mark()})
        assert answer.status == 202, answer
        made = answer.json()["id"]
        wait_until(lambda: self.boss.request("GET", f"/api/v1/exports/{made}").json()["state"] == "done")
        return made

    def sent(self) -> str:
        """An import of the administrator's that has not begun."""
        answer = self.boss.request("POST", f"/api/v1/imports?entity=crm.customer&name={self.mark()}.csv", b"name\nwalked\n",
                                   {"Content-Type": "text/csv"})
        assert answer.status == 201, answer
        return answer.json()["id"]

    def webhook(self) -> str:
        return self.post("/api/v1/webhooks", {"name": self.mark(), "url": "https://127.0.0.1:1/", "events": ["none.at_all"]})["id"]

    def comment(self) -> str:
        return self.post("/api/v1/comments", {"record": "crm.customer/" + self.things["customer"], "text": self.mark()})["id"]

    def provider(self) -> str:
        name = f"door-{self.name}-{self.serial}"
        self.serial += 1
        answer = self.boss.request("PUT", f"/api/v1/providers/{name}", {
            "name": "sign in", "issuer": "https://" + self.mark().lower() + ".example", "client_id": self.mark(),
            "client_secret": self.mark()})
        assert answer.status == 200, answer
        return name

    def note(self) -> str:
        return self.record("/api/v1/probe/note", text=self.mark())

    def fill_with_things(self) -> None:
        for kind in ("admin", "clerk", "manager"):
            self.things["customer" if kind == "admin" else f"customer_of_{kind}"] = self.customer(kind)
        self.things |= {"trashed": self.trashed(), "view": self.view(), "provider": self.provider(), "note": self.note(),
                        "webhook": self.webhook(), "comment": self.comment()}
        self.things |= {"export": self.export(), "import": self.sent()}
        changed = self.boss.request("PATCH", f"{CUSTOMER}/{self.things['customer']}", {"city": self.mark()})
        assert changed.status == 204, changed
        # Told apart from a marker, which a request would carry into the other company itself.
        self.things["code_of_customer"] = "C" + secrets.token_hex(8).upper()
        self.record(CUSTOMER, code=self.things["code_of_customer"], name=self.mark(), notes=self.mark())
        page = self.boss.request("GET", CUSTOMER + "?order=name&limit=1")
        self.things["cursor"] = page.headers["link"].split("after=")[1].split(">")[0].split("&")[0]
        self.post(CUSTOMER, {"name": "once"}, {"Prefer": "return=representation", "Idempotency-Key": f"the-key-of-{self.name}"})
        self.things["activity"] = self.record("/api/v1/crm/activity", customer=self.things["customer"], summary=self.mark())
        self.things["category"] = self.record("/api/v1/shop/category", name="plain category " + self.name)
        self.things["file"] = self.upload()
        self.things["item"] = self.record("/api/v1/shop/item", name=self.mark(), sku=self.mark()[:20], photo=self.upload(),
                                          category=self.things["category"])
        self.record("/api/v1/shop/review", item=self.things["item"], stars=5)
        shared = self.boss.request("PATCH", "/api/v1/preferences", {"theme": self.mark()})
        assert shared.status == 200, shared
        # A plugin's own words are in the log of its calls.
        self.boss.request("POST", "/api/v1/probe/rpc/echo", {"refuse": True, "why": self.mark()})

    @staticmethod
    def plant_dead_letters(path) -> list:
        """Two events that could not be delivered; the server must not run. Gives their ids."""
        database, made = sqlite3.connect(path), [uuid.uuid4(), uuid.uuid4()]
        for one in made:
            database.execute(
                "INSERT INTO outbox(id, type, aggregate, payload, correlation, hop, created_at, state, attempts, next_at, "
                "error) VALUES(?, 'crm.customer.created', ?, '{}', ?, 3, ?, 1, 8, 0, ?)",
                (one.bytes, f"crm.customer/{uuid.uuid4()}", uuid.uuid4().bytes, int(time.time() * 1e6),
                 f"unavailable: {marker_of(path.stem)}N0"))
        database.commit()
        database.close()
        return [str(one) for one in made]

    def use_letters(self, letters: list) -> None:
        self.things |= dict(zip(("letter", "letter_to_replay"), letters, strict=True))

    def unknown_things(self) -> dict:
        """The same names, and nothing anywhere that they name."""
        return {name: NOBODY if is_id(value) else "nowhere" for name, value in self.things.items()}

    def close(self) -> None:
        for person in self.people.values():
            person.close()


def is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def routes(data: str) -> list[dict]:
    """What the server would answer for this data, by itself. It must not run."""
    done = subprocess.run([str(BINARY), "routes", "--data", data], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]
