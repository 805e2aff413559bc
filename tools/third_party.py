#!/usr/bin/env python3
"""Builds what third_party/Cargo.lock pins and prints the folder that holds it.

The folder is named by the hash of its inputs and lies outside the tree, so every checkout shares it:
  lib/libtenon_engine.a   the engine with the typed crossing (third_party/engine)
  include/                the engine's C headers, configured for the features in Cargo.toml
  sqlite3/                the SQLite amalgamation, sources only
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUTS = ["Cargo.toml", "Cargo.lock"] + sorted(f"engine/{path.name}" for path in (ROOT / "third_party/engine").glob("*.rs"))


def cache_root() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "tenon"


def digest(names: list[str]) -> str:
    h = hashlib.sha256()
    for name in names:
        h.update((ROOT / "third_party" / name).read_bytes())
    return h.hexdigest()[:16]


def cargo(*arguments: str, target: pathlib.Path) -> str:
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    command = ["cargo", *arguments, "--locked", "--manifest-path", str(ROOT / "third_party/Cargo.toml")]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"third_party.py: {' '.join(command)} failed with code {done.returncode}")
    return done.stdout


def build(destination: pathlib.Path) -> None:
    print("third_party.py: building the engine (several minutes the first time)", file=sys.stderr)
    target = cache_root() / "cargo" / digest(["Cargo.lock"])
    built = cargo("build", "--release", "--message-format=json-render-diagnostics", target=target)
    headers = library = None
    for line in built.splitlines():
        message = json.loads(line)
        if message["reason"] == "build-script-executed" and "wasmtime-c-api-impl" in message["package_id"]:
            headers = pathlib.Path(message["out_dir"]) / "include"
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "tenon_engine":
            library = pathlib.Path(next(name for name in message["filenames"] if name.endswith(".a")))
    metadata = json.loads(cargo("metadata", "--format-version=1", "--features=sources", target=target))
    sqlite = next(p for p in metadata["packages"] if p["name"] == "libsqlite3-sys")

    staging = destination.with_name(f"{destination.name}.{os.getpid()}")
    (staging / "lib").mkdir(parents=True)
    shutil.copy(library, staging / "lib/libtenon_engine.a")
    shutil.copytree(headers, staging / "include")
    shutil.copytree(pathlib.Path(sqlite["manifest_path"]).parent / "sqlite3", staging / "sqlite3")
    try:
        staging.rename(destination)
    except OSError:  # another checkout was faster
        shutil.rmtree(staging)


def main() -> None:
    destination = cache_root() / "third_party" / digest(INPUTS)
    if not destination.is_dir():
        destination.parent.mkdir(parents=True, exist_ok=True)
        build(destination)
    print(destination)


if __name__ == "__main__":
    main()
