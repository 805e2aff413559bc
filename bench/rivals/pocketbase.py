"""PocketBase, built from its Go module at the pinned version with its own defaults."""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import urllib.parse

from process import Process, free_port
from workload import DEEP_PAGE, PAGE, ROWS, Request, customer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support"))
from tenon_server import Client  # noqa: E402

VERSION = "v0.40.4"
TOOLCHAIN = "go1.27.4"
USER = ("bench@example.com", "bench-password-1")


def program() -> pathlib.Path:
    """Builds it once into the cache of ./dev."""
    cache = pathlib.Path(os.environ["TENON_CACHE"]) / "tools" / f"pocketbase-{VERSION}-{TOOLCHAIN}"
    if not (cache / "base").exists():
        environment = os.environ | {"GOTOOLCHAIN": TOOLCHAIN, "GOBIN": str(cache), "CGO_ENABLED": "0"}
        subprocess.run(["go", "install", f"github.com/pocketbase/pocketbase/examples/base@{VERSION}"], env=environment,
                       stdout=subprocess.DEVNULL, check=True)
    return cache / "base"


class PocketBase:
    name = "pocketbase"

    def __init__(self, folder: str):
        self.folder = pathlib.Path(folder) / "pocketbase"
        self.program = program()
        self.process = None
        self.token = ""
        self.fill()

    def command(self, *arguments: str) -> list[str]:
        return [str(self.program), *arguments, f"--dir={self.folder}", "--dev=false"]

    def start(self) -> float:
        """Seconds from exec to the first 200."""
        self.port = free_port()
        begin = time.perf_counter()
        self.process = Process(self.command("serve", f"--http=127.0.0.1:{self.port}"))
        while not self.healthy():
            if time.perf_counter() > begin + 30:
                raise RuntimeError("PocketBase did not start within 30 s")
        return time.perf_counter() - begin

    def healthy(self) -> bool:
        try:
            return Client(self.port).request("GET", "/api/health").status == 200
        except ConnectionRefusedError:
            return False

    def stop(self) -> None:
        self.process.stop()

    def resident_bytes(self) -> int:
        return self.process.resident_bytes()

    def fill(self) -> None:
        subprocess.run(self.command("superuser", "upsert", *USER), stdout=subprocess.DEVNULL, check=True)
        self.start()
        ask = Client(self.port).request
        admin = ask("POST", "/api/collections/_superusers/auth-with-password",
                    {"identity": USER[0], "password": USER[1]}).json()["token"]
        signed_in = '@request.auth.id != ""'
        made = ask("POST", "/api/collections", {
            "name": "customers", "type": "base",
            "listRule": signed_in, "viewRule": signed_in, "createRule": signed_in, "updateRule": signed_in,
            "fields": [{"name": "name", "type": "text", "required": True}, {"name": "code", "type": "text"},
                       {"name": "city", "type": "text"}, {"name": "level", "type": "text"},
                       {"name": "credit", "type": "number"}, {"name": "active", "type": "bool"},
                       {"name": "born", "type": "date"}, {"name": "notes", "type": "text"}],
            "indexes": ["CREATE INDEX by_city ON customers (city, name)", "CREATE INDEX by_name ON customers (name)"],
        }, {"Authorization": admin})
        assert made.status == 200, made.body
        user = ask("POST", "/api/collections/users/records",
                   {"email": USER[0], "password": USER[1], "passwordConfirm": USER[1]}, {"Authorization": admin})
        assert user.status == 200, user.body
        self.stop()
        self.ids = tuple(f"bench{number:010}" for number in range(ROWS))
        with sqlite3.connect(self.folder / "data.db") as database:
            rows = (dict(customer(number), id=self.ids[number]) for number in range(ROWS))
            database.executemany(
                "INSERT INTO customers(id, name, code, city, level, credit, active, born, notes) VALUES(:id, :name, "
                ":code, :city, :level, :credit, :active, :born || ' 00:00:00.000Z', :notes)", rows)
            database.execute("ANALYZE")
        database.close()

    def sign_in(self) -> None:
        self.token = Client(self.port).request("POST", "/api/collections/users/auth-with-password",
                                               {"identity": USER[0], "password": USER[1]}).json()["token"]

    def requests(self) -> dict[str, Request]:
        records = "/api/collections/customers/records"
        headers = {"Authorization": self.token}
        in_json = headers | {"Content-Type": "application/json"}

        def page(number: int, **options: str) -> str:
            return records + "?" + urllib.parse.urlencode({"perPage": PAGE, "page": number, "sort": "name"} | options)

        city = "city='上海'"
        row = {key: value for key, value in customer(7).items() if key not in ("name", "code")}
        new = json.dumps({"name": "压测客户{n}", "code": "N{n}"} | row, ensure_ascii=False)
        return {
            "get": Request("GET", records + "/{id}", headers, ids=self.ids),
            "page_with_total": Request("GET", page(1, filter=city), headers),
            "page": Request("GET", page(1, filter=city, skipTotal="1"), headers),
            "page_2500": Request("GET", page(DEEP_PAGE, skipTotal="1"), headers),
            "page_1": Request("GET", page(1, skipTotal="1"), headers),
            "search": Request("GET", page(1, filter="name ~ '12345'", skipTotal="1"), headers),
            "create": Request("POST", records, in_json, new),
            "update": Request("PATCH", records + "/{id}", in_json, '{"notes": "改为现款{n}"}', self.ids),
        }
