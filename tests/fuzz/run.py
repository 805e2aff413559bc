#!/usr/bin/env python3
"""Makes the seeds and runs the fuzz programs: run.py --build build/fuzz --runs 1000000 [NAME...]. What a run finds beyond
the seeds stays in BUILD/corpus, so the next one starts from there; a crashing input is kept in BUILD/crashes and fails.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LONGEST = 16 * 1024


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep what was found in BUILD/corpus")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    programs = {path.name.removeprefix("tenon_"): path for path in sorted((arguments.build / "tests/fuzz").glob("tenon_*_fuzz"))}
    names = arguments.names or list(programs)
    crashes = arguments.build / "crashes"
    crashes.mkdir(exist_ok=True)
    failed, total = [], 0
    with tempfile.TemporaryDirectory(prefix="tenon-fuzz-") as folder:
        seeds = pathlib.Path(folder)
        subprocess.run([arguments.build / "tests/fuzz/tenon_fuzz_seeds", seeds], check=True)
        for name in names:
            corpus = (arguments.build / "corpus" / name) if arguments.keep else seeds / (name + ".found")
            corpus.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                [programs[name], corpus, seeds / name, f"-runs={arguments.runs}", f"-max_len={LONGEST}", "-timeout=10",
                 "-rss_limit_mb=1024", "-print_final_stats=1", f"-artifact_prefix={crashes}/{name}-", "-verbosity=1"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
            seed = re.search(r"INFO: Seed: (\d+)", done.stdout)
            units = re.search(r"stat::number_of_executed_units: (\d+)", done.stdout)
            edges = re.findall(r"cov: (\d+)", done.stdout)
            executed = int(units.group(1)) if units else 0
            total += executed
            print(f"{name}: {executed} executions, {edges[-1] if edges else '?'} edges, seed {seed.group(1) if seed else '?'}",
                  flush=True)
            if done.returncode != 0:
                failed.append(name)
                print(done.stdout[-6000:])
    print(f"{total} executions, {len(failed)} of {len(names)} programs failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
