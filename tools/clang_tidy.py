#!/usr/bin/env python3
"""Runs clang-tidy over every host source whose text, headers or rules changed since it last passed.

usage: clang_tidy.py BUILD --cache FOLDER [--jobs N]

BUILD holds compile_commands.json. A source is known by the hash of .clang-tidy, its compile command, itself and every
quoted header that it reaches; a hash that passed leaves an empty file in the cache.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKED = ("src/", "apps/")
QUOTED = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


class Sources:
    """Finds the files a source includes by quotes, reading each once."""

    def __init__(self):
        self._texts: dict[pathlib.Path, bytes | None] = {}

    def text(self, path: pathlib.Path) -> bytes | None:
        if path not in self._texts:
            self._texts[path] = path.read_bytes() if path.is_file() else None
        return self._texts[path]

    def closure(self, source: pathlib.Path, folders: list[pathlib.Path]) -> list[pathlib.Path]:
        found, waiting = {source}, [source]
        while waiting:
            file = waiting.pop()
            for name in QUOTED.findall(self.text(file) or b""):
                for folder in [file.parent, *folders]:
                    header = (folder / name.decode()).resolve()
                    if self.text(header) is not None:
                        if header not in found:
                            found.add(header)
                            waiting.append(header)
                        break
        return sorted(found)


def include_folders(entry: dict) -> list[pathlib.Path]:
    words = shlex.split(entry["command"])
    names = [w[2:] for w in words if w.startswith("-I") and len(w) > 2]
    names += [following for word, following in zip(words, words[1:]) if word in ("-I", "-isystem")]
    return [pathlib.Path(entry["directory"], name) for name in names if "/third_party/" not in name]


def key(entry: dict, sources: Sources, rules: bytes) -> str:
    digest = hashlib.sha256(rules)
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for file in sources.closure(pathlib.Path(entry["file"]), include_folders(entry)):
        digest.update(sources.text(file) or b"")
    return digest.hexdigest()


def run(build: pathlib.Path, file: str) -> tuple[bool, str, float]:
    started = time.monotonic()
    done = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(build), file], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode == 0, done.stdout if done.returncode == 0 else done.stdout + done.stderr, \
        time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    rules = (ROOT / ".clang-tidy").read_bytes()
    sources, waiting = Sources(), {}
    options.cache.mkdir(parents=True, exist_ok=True)
    entries = json.loads((options.build / "compile_commands.json").read_text())
    entries = [e for e in entries if e["file"].startswith(tuple(f"{ROOT}/{p}" for p in CHECKED))]
    for entry in entries:
        digest = key(entry, sources, rules)
        if not (options.cache / digest).exists():
            waiting[entry["file"]] = digest
    print(f"clang-tidy: {len(waiting)} of {len(entries)} files changed since they last passed", flush=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(run, options.build, file): file for file in waiting}
        for number, future in enumerate(concurrent.futures.as_completed(running), 1):
            passed, text, seconds = future.result()
            file = running[future]
            print(f"[{number}/{len(running)}] {pathlib.Path(file).relative_to(ROOT)} {seconds:.1f} s", flush=True)
            if passed:
                (options.cache / waiting[file]).touch()
            else:
                failed += 1
                print(text, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
