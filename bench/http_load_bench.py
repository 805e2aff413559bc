#!/usr/bin/env python3
"""What the server does when it is asked for more than it can: three times its peak from an open loop, and 2,000 clients that
send a byte now and then beside a healthy one. The harnesses are those of tests/load, which judge; here are the figures.

Prints a JSON list of {name, value, unit}. SECONDS_PER_LOAD (environment) is the length of each load, 6 by default.
"""
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/load"))
import overload  # noqa: E402
import slow_clients  # noqa: E402

SECONDS = float(os.environ.get("SECONDS_PER_LOAD", "6"))
SLOW = 2000
KINDS = {"page": ["--get", overload.PAGE], "create": ["--post", "/api/v1/crm/customer", '{"name":"压测客户 #"}']}


def main() -> None:
    build, figures = pathlib.Path(os.environ["TENON_BUILD_DIR"]), []

    def figure(name: str, value: float, unit: str = "") -> None:
        figures.append({"name": f"http.{name}", "value": round(value, 4), "unit": unit})

    for name, kind in KINDS.items():
        run = overload.measure(build, SECONDS, kind, [])
        figure(f"overload.{name}.peak", run["peak"], "1/s")
        figure(f"overload.{name}.goodput_over_peak", run["goodput_ratio"])
        figure(f"overload.{name}.ok_p99", run["ok_p99_ms"], "ms")
        figure(f"overload.{name}.refused", run["refused"])
        figure(f"overload.{name}.refused_p99", run["refused_p99_ms"], "ms")
        figure(f"overload.{name}.neither", run["other"] + run["failed"])
    run = slow_clients.measure(build, SLOW, SECONDS)
    for name, unit in (("alone_p99_ms", "ms"), ("with_them_p99_ms", "ms"), ("ratio", ""), ("failed", ""), ("closed", "")):
        figure(f"slow_clients.{SLOW}.{name.removesuffix('_ms')}", run[name], unit)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
