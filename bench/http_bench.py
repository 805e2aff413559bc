#!/usr/bin/env python3
"""The running server beside PocketBase: the same 100,000 rows, the same client (wrk, 16 keep-alive connections, a
signed-in user whose rights are checked), the same operations in turns. Each operation runs ROUNDS times on each;
a figure is the median, and `ratio` is the median of the ratios of the turns.

Prints a JSON list of {name, value, unit}. SECONDS_PER_LOAD (environment) is the length of each load, 4 by default;
RIVALS=none leaves the others out.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench/rivals"))
from pocketbase import PocketBase  # noqa: E402
from tenon import Tenon  # noqa: E402
from workload import Request  # noqa: E402

SECONDS = int(os.environ.get("SECONDS_PER_LOAD", "4"))
ROUNDS = 3
CONNECTIONS = 16
MIB = 2**20


class Load:
    """One operation on one server. Numbers go on from round to round, so that no row is updated twice."""

    def __init__(self, folder: str, server, name: str):
        self.server, self.name = server, name
        self.given = 0
        request: Request = server.requests()[name]
        ids = ""
        if request.ids:
            ids = str(pathlib.Path(folder) / f"{server.name}.ids")
            pathlib.Path(ids).write_text("\n".join(request.ids))
        headers = "\n".join(f"{key}: {value}" for key, value in request.headers.items())
        self.arguments = [request.method, request.path, headers, request.body, ids]

    def run(self) -> dict:
        path = self.arguments[1].replace("{id}", "")
        out = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(ROOT / "bench/request.lua"),
             f"http://127.0.0.1:{self.server.port}{path}", "--", *self.arguments, str(self.given)],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        result = json.loads(next(line for line in out.splitlines() if line.startswith("RESULT "))[7:])
        self.given += result["requests"] + CONNECTIONS
        if result["failed"]:
            sys.exit(f"http_bench.py: {result['failed']} requests of {self.server.name} {self.name} failed")
        return result


def main() -> None:
    figures = []

    def figure(name: str, value: float, unit: str = "") -> None:
        figures.append({"name": f"http.{name}", "value": round(value, 4), "unit": unit})

    with tempfile.TemporaryDirectory(prefix="tenon-bench-") as folder:
        servers = [Tenon(folder)]
        if os.environ.get("RIVALS") != "none":
            servers.append(PocketBase(folder))
        for server in servers:
            starts = []
            for _ in range(3):
                starts.append(server.start())
                idle = server.resident_bytes()
                server.stop()
            figure(f"{server.name}.start_to_first_200", statistics.median(starts), "s")
            figure(f"{server.name}.resident_idle", idle / MIB, "MiB")
        for server in servers:
            server.start()
            server.sign_in()
        rates = {}
        for name in servers[0].requests():
            loads = [Load(folder, server, name) for server in servers]
            rounds = [[load.run() for load in loads] for _ in range(ROUNDS)]
            for place, server in enumerate(servers):
                results = [turn[place] for turn in rounds]
                rates[server.name, name] = statistics.median(result["rate"] for result in results)
                figure(f"{server.name}.{name}.rate", rates[server.name, name], "1/s")
                for part in ("p50_us", "p99_us"):
                    figure(f"{server.name}.{name}.{part}", statistics.median(result[part] for result in results), "us")
            if len(servers) > 1:
                figure(f"ratio.{name}", statistics.median(turn[0]["rate"] / turn[1]["rate"] for turn in rounds))
        for server in servers:
            figure(f"{server.name}.page_2500_over_page_1", rates[server.name, "page_2500"] / rates[server.name, "page_1"])
            figure(f"{server.name}.resident_after_load", server.resident_bytes() / MIB, "MiB")
            server.stop()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
