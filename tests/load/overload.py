"""Overload: the peak is found by a closed loop, then requests come at three times that rate whether they are answered or
not. Judged: goodput of at least 90 % of the peak, every refusal a 503 with Retry-After, and the time until one.

A planted fault shows that the harness would see it: without the queue's bound in time the same load ends in time-outs."""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server  # noqa: E402

PAGE = "/api/v1/crm/customer?order=name.asc&limit=20&select=id,name,city,level,phone"
RAISED = [word for setting in ("limits.connections_per_address=100000", "limits.requests_per_connection=1000000000",
                               "limits.requests_in_flight_per_tenant=100000") for word in ("--set", setting)]


def load(build: pathlib.Path, port: int, cookie: str, *arguments: str) -> dict:
    command = [str(build / "bench/tenon_load"), "--port", str(port), "--header", f"Cookie: {cookie}", *arguments]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def measure(build: pathlib.Path, seconds: float, kind: list, more: list) -> dict:
    with Server("--demo-rows", "5000", *RAISED, *more) as server:
        cookie = server.client().sign_in().cookie
        load(build, server.port, cookie, "--connections", "16", "--seconds", "1", *kind)
        peaks = [load(build, server.port, cookie, "--connections", str(n), "--seconds", str(seconds / 2), *kind)
                 for n in (8, 16, 32)]
        peak = max(one["ok_rate"] for one in peaks)
        flood = load(build, server.port, cookie, "--connections", "1000", "--rate", str(3 * peak),
                     "--seconds", str(seconds), *kind)
        health = server.client().request("GET", "/healthz")
        return {"peak": peak, "health": health.status, "goodput_ratio": flood["ok_rate"] / peak, **flood}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--short", action="store_true", help="a few seconds, judged by what is answered and not by how fast: for a machine that is shared")
    arguments = parser.parse_args()
    os.environ["TENON_BUILD_DIR"] = str(arguments.build.resolve())
    seconds = 2 if arguments.short else arguments.seconds
    goodput, refusal = (0.0, math.inf) if arguments.short else (0.9, 50)
    failed = False
    for name, kind in {"page": ["--get", PAGE],
                       "create": ["--post", "/api/v1/crm/customer", '{"name":"压测客户 #"}']}.items():
        figures = measure(arguments.build, seconds, kind, [])
        good = (figures["goodput_ratio"] >= goodput and figures["refused_p99_ms"] <= refusal and figures["refused"] > 0 and figures["ok"] > 0 and
                figures["refused_without_retry_after"] == figures["other"] == 0 and figures["health"] == 200)
        failed = failed or not good
        print(json.dumps({"name": f"overload.{name}", "good": good, **figures}), flush=True)
    if not arguments.short:
        planted = measure(arguments.build, seconds, ["--get", PAGE],
                          [word for setting in ("times.queue=1min", "times.standing_queue=1min", "limits.queue=1000000",
                                                "limits.requests_in_flight=1000000") for word in ("--set", setting)])
        caught = planted["ok_p99_ms"] > 100
        failed = failed or not caught
        print(json.dumps({"name": "overload.planted_fault", "caught": caught, **planted}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
