#!/usr/bin/env python3
"""Runs the benchmarks of an area and reports them in one format: a list of {name, value, unit, context}.

usage: bench.py --build FOLDER [runtime|data|plugins|http] [--json FILE]

Three kinds of benchmark count:
  tenon_<room>_bench   Google Benchmark programs beside the code. A counter is a figure of its own; the end of its
                       name is its unit (p99_us, idle_bytes, requests_per_second).
  tenon_raw_bench      the data engine beside bare sqlite3 and libpq calls (bench/raw).
  bench/<area>_*.py    end-to-end workloads; each prints a JSON list of {name, value, unit} and nothing else.
`context` tells machine, build and load at the start of that program: a figure without them cannot be compared.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

AREAS = {
    "runtime": ["async", "wasm", "plugins"],
    "data": ["base", "storage", "data"],
    "plugins": ["plugins", "services"],
    "http": ["http", "api"],
}
UNITS = {"_ns": "ns", "_us": "us", "_ms": "ms", "_s": "s", "_bytes": "bytes", "_per_second": "1/s"}


def machine(build: pathlib.Path) -> dict:
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cache = (build / "CMakeCache.txt").read_text()
    kind = next((line.split("=", 1)[1] for line in cache.splitlines() if line.startswith("CMAKE_BUILD_TYPE:")), "")
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True,
                            check=False).stdout.strip()
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "build": kind, "commit": commit,
            "load_average": [round(load, 2) for load in os.getloadavg()]}


def counter_unit(name: str) -> str:
    return next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")


STANDARD_MEMBERS = {
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index",
    "threads", "iterations", "real_time", "cpu_time", "time_unit", "label", "aggregate_name", "aggregate_unit",
    "error_occurred", "error_message", "big_o", "rms",
}


# Program -> database, rows and filter of each run. Those of raw calls are of both databases at once; their reads are
# run again with more rows.
DATA_RUNS = {
    "tenon_data_bench": [("sqlite", 100_000, "."), ("postgres", 100_000, "-^(backup|verify|restore|move)")],
    "tenon_raw_bench": [("", 100_000, "."), ("", 1_000_000, "_(get|page)")],
}


def data_benchmark(program: pathlib.Path) -> list[dict]:
    """A program of the data engine once for each database and number of rows, which stand before its names."""
    figures = []
    for database, rows, which in DATA_RUNS[program.name]:
        environment = {"TENON_BENCH_ROWS": str(rows)}
        if database == "postgres":
            environment["TENON_TEST_DATABASE"] = database
        before = "/".join(filter(None, [database, str(rows)]))
        figures += [figure | {"name": f"{before}/{figure['name']}"}
                    for figure in google_benchmark(program, which, environment)]
    return figures + growth(figures)


def growth(figures: list[dict]) -> list[dict]:
    """What every time of a run with 1,000,000 rows is of the same one with 100,000."""
    values = {figure["name"]: figure["value"] for figure in figures}
    return [{"name": name.replace("1000000/", "1000000_over_100000/"), "value": value / few, "unit": ""}
            for name, value in values.items()
            if "1000000/" in name and "_over_" not in name and (few := values.get(name.replace("1000000/", "100000/")))]


def google_benchmark(program: pathlib.Path, which: str = ".", environment: dict | None = None) -> list[dict]:
    done = subprocess.run([str(program), "--benchmark_format=json", f"--benchmark_filter={which}"], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False,
                          env=os.environ | (environment or {}))
    if done.returncode:
        raise RuntimeError(f"{program.name} ended with code {done.returncode}")
    figures = []
    for run in json.loads(done.stdout)["benchmarks"]:
        if run.get("error_occurred"):
            raise RuntimeError(f"{program.name}: {run['name']}: {run['error_message']}")
        figures.append({"name": run["name"], "value": run["real_time"], "unit": run["time_unit"]})
        for name, value in run.items():
            if name not in STANDARD_MEMBERS and isinstance(value, (int, float)):
                figures.append({"name": f"{run['name']}/{name}", "value": value, "unit": counter_unit(name)})
    return figures


def workload(script: pathlib.Path, build: pathlib.Path) -> list[dict]:
    environment = dict(os.environ, TENON_BUILD_DIR=str(build.resolve()))
    done = subprocess.run([sys.executable, str(script)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise RuntimeError(f"{script.name} ended with code {done.returncode}")
    return [{"name": f["name"], "value": f["value"], "unit": f["unit"]} for f in json.loads(done.stdout)]


def programs(build: pathlib.Path, areas: list[str]) -> list[tuple[str, object]]:
    """Each benchmark of these areas once, with how to run it."""
    found: dict[str, object] = {}
    for area in areas:
        for room in AREAS[area]:
            program = build / "src" / room / f"tenon_{room}_bench"
            if program.exists():
                run = data_benchmark if program.name in DATA_RUNS else google_benchmark
                found.setdefault(program.name, lambda p=program, r=run: r(p))
        raw = build / "bench" / "raw" / "tenon_raw_bench"
        if area == "data" and raw.exists():
            found.setdefault(raw.name, lambda p=raw: data_benchmark(p))
        for script in sorted((ROOT / "bench").glob(f"{area}_*.py")):
            found.setdefault(f"bench/{script.name}", lambda s=script: workload(s, build))
    return list(found.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("area", nargs="?", choices=sorted(AREAS))
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()

    figures, failures = [], []
    found = programs(options.build, [options.area] if options.area else list(AREAS))
    if not found:
        sys.exit("bench: this area has no benchmark")
    for name, run in found:
        context = machine(options.build) | {"program": name}
        print(f"== {name} (load {context['load_average'][0]}, {context['build']}, {context['commit']})", flush=True)
        try:
            measured = run()
        except (RuntimeError, OSError, ValueError) as error:
            failures.append(str(error))
            print(f"   failed: {error}", flush=True)
            continue
        for figure in measured:
            print(f"   {figure['name']:<72} {figure['value']:>14,.3f} {figure['unit']}", flush=True)
            figures.append(figure | {"context": context})
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    if failures:
        sys.exit(f"bench: {len(failures)} failed: {'; '.join(failures)}")


if __name__ == "__main__":
    main()
