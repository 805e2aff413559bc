#!/usr/bin/env python3
"""Starts build/release/tenon with the demo on a free port and lets the browser walk through it (tests/e2e).

The second plugin of the story is one that neither the server nor the web application knows.
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/support"))
from tenon_server import GUESTS, Server  # noqa: E402


def main() -> None:
    with Server() as server:
        environment = dict(
            os.environ,
            BASE_URL=f"http://127.0.0.1:{server.port}",
            PLUGIN_MANIFEST=str(ROOT / "tests/guests/supplier/plugin.toml"),
            PLUGIN_COMPONENT=str(GUESTS / "supplier.wasm"),
        )
        done = subprocess.run(["npm", "--prefix", "web", "run", "--silent", "e2e"], cwd=ROOT, env=environment,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(server.errors()[-4000:], file=sys.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
