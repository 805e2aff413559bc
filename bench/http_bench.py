#!/usr/bin/env python3
"""End-to-end figures of the running server with its demo tenant: point reads, durable creates through the module's
hook, a list page, start-up time, memory. Load comes from wrk on the same machine, 16 keep-alive connections.

Prints a JSON list of {name, value, unit}. SECONDS (environment) is the length of each load, 5 by default.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from tenon_server import Client, Server  # noqa: E402

SECONDS = int(os.environ.get("SECONDS_PER_LOAD", "5"))
CONNECTIONS = 16


def load(port: int, path: str, *arguments: str) -> dict:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(ROOT / "bench/request.lua"),
               f"http://127.0.0.1:{port}{path}", "--", *arguments]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    line = next(line for line in out.splitlines() if line.startswith("RESULT "))
    result = json.loads(line.removeprefix("RESULT "))
    if result["failed"]:
        sys.exit(f"http_bench.py: {result['failed']} requests of {path} failed")
    return result


def start_up(data: str) -> tuple[float, int]:
    """Seconds from exec to the first 200, and resident bytes then, for a tenant that exists."""
    server = Server(data=data)
    begin = time.perf_counter()
    server.start()
    while Client(server.port).request("GET", "/readyz").status != 200:
        pass
    seconds = time.perf_counter() - begin
    resident = server.resident_bytes()
    server.stop()
    return seconds, resident


def main() -> None:
    figures = []

    def figure(name: str, value: float, unit: str) -> None:
        figures.append({"name": name, "value": round(value, 4), "unit": unit})

    # Many requests on a connection is what a benchmark does and a browser does not: raised by name.
    server = Server("--requests-per-connection", "1000000000").start()
    try:
        client = server.client().sign_in()
        customer = client.request("GET", "/api/v1/crm/customer?limit=1").json()[0]["id"]
        for name, path, arguments in [
            ("http.get_by_id", f"/api/v1/crm/customer/{customer}", ["GET", client.cookie]),
            ("http.list_page_20", "/api/v1/crm/customer?order=name.asc&limit=20", ["GET", client.cookie]),
            ("http.create_durable", "/api/v1/crm/customer", ["POST", client.cookie, '{"name":"压测客户 ']),
        ]:
            result = load(server.port, path, *arguments)
            figure(f"{name}.rate", result["rate"], "1/s")
            figure(f"{name}.p50", result["p50_us"], "us")
            figure(f"{name}.p99", result["p99_us"], "us")
        figure("server.resident_under_load", server.resident_bytes() / 2**20, "MiB")
        server.stop()
        runs = sorted(start_up(server.data) for _ in range(5))
        figure("server.start_to_first_200", runs[2][0], "s")
        figure("server.resident_after_start", runs[2][1] / 2**20, "MiB")
    finally:
        server.__exit__()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
