"""Tenon with the workload's customer behind the WebAssembly hook of crm."""
import json
import pathlib
import sys
import time
import urllib.parse

from workload import DEEP_PAGE, PAGE, ROWS, Request, customer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support"))
from tenon_server import GUESTS, Client, Server  # noqa: E402

RECORDS = "/api/v1/bench/customer"
STRIDE = 980  # divides what stands before the deep page


class Tenon:
    name = "tenon"

    def __init__(self, folder: str):
        self.data = str(pathlib.Path(folder) / "tenon")
        self.server = None
        self.fill()

    def start(self) -> float:
        """Seconds from exec to the first 200."""
        # Many requests on a connection is what a benchmark does and a browser does not: raised by name.
        self.server = Server("--requests-per-connection", "1000000000", data=self.data)
        begin = time.perf_counter()
        self.server.start()
        while Client(self.server.port).request("GET", "/readyz").status != 200:
            pass
        self.port = self.server.port
        return time.perf_counter() - begin

    def stop(self) -> None:
        self.server.stop()

    def resident_bytes(self) -> int:
        return self.server.resident_bytes()

    def fill(self) -> None:
        self.start()
        ask = self.server.client().sign_in()
        manifest = pathlib.Path(__file__).with_name("tenon.toml").read_bytes()
        installed = ask.upload(manifest, (GUESTS / "crm.wasm").read_bytes())
        assert installed.status in (200, 201), installed
        ids = []
        for begin in range(0, ROWS, 500):
            rows = [customer(number) for number in range(begin, begin + 500)]
            made = ask.request("POST", RECORDS + "?select=id", rows, {"Prefer": "return=representation"})
            assert made.status == 201, made
            ids += [row["id"] for row in made.json()]
        self.ids = tuple(ids)
        # The cursor is the same whatever the size of the pages that lead to it.
        deep = self.page(STRIDE, order="name")
        for _ in range((DEEP_PAGE - 1) * PAGE // STRIDE):
            deep = self.next(ask, deep)
        self.deep = deep.replace(f"limit={STRIDE}", f"limit={PAGE}")
        self.stop()

    def sign_in(self) -> None:
        self.cookie = self.server.client().sign_in().cookie

    @staticmethod
    def page(limit: int, **options: str) -> str:
        return RECORDS + "?" + urllib.parse.urlencode({"limit": limit} | options)

    @staticmethod
    def next(ask: Client, path: str) -> str:
        answer = ask.request("GET", path)
        assert answer.status in (200, 206), answer
        return answer.headers["link"].split(">")[0].lstrip("<")

    def requests(self) -> dict[str, Request]:
        headers = {"Cookie": self.cookie}
        in_json = headers | {"Content-Type": "application/json"}
        row = {key: value for key, value in customer(7).items() if key not in ("name", "code")}
        new = json.dumps({"name": "压测客户{n}", "code": "N{n}"} | row, ensure_ascii=False)
        in_city = self.page(PAGE, city="eq.上海", order="name")
        return {
            "get": Request("GET", RECORDS + "/{id}", headers, ids=self.ids),
            "page_with_total": Request("GET", in_city, headers | {"Prefer": "count=planned"}),
            "page": Request("GET", in_city, headers),
            "page_2500": Request("GET", self.deep, headers),
            "page_1": Request("GET", self.page(PAGE, order="name"), headers),
            "search": Request("GET", self.page(PAGE, name="contains.12345", order="name"), headers),
            "create": Request("POST", RECORDS, in_json, new),
            "update": Request("PATCH", RECORDS + "/{id}", in_json | {"If-Match": '"1"'}, '{"notes": "改为现款{n}"}', self.ids),
        }
