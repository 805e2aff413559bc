"""Runs sqlmap on one place of one server and reads its verdict."""
import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from slots import Slot

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tenon"
CLEAN = "all tested parameters do not appear to be injectable"


@dataclasses.dataclass
class Verdict:
    slot: Slot
    found: bool
    finished: bool
    text: str

    def problem(self) -> str:
        if self.found:
            return f"{self.slot.name} can be injected:\n{self.text[-3000:]}"
        return "" if self.finished else f"{self.slot.name}: sqlmap did not come to an end:\n{self.text[-3000:]}"


def program() -> pathlib.Path:
    """Where ./dev setup has put sqlmap; without it the test is skipped, or fails where CI is set."""
    found = CACHE / "venv/bin/sqlmap"
    if found.exists():
        return found
    if os.environ.get("CI"):
        raise RuntimeError("sqlmap is missing: run ./dev setup")
    raise unittest.SkipTest("sqlmap is missing: run ./dev setup")


def run(slot: Slot, port: int, cookie: str | None, database: str, level: int, risk: int) -> Verdict:
    """`database` is sqlite or postgresql: with it sqlmap asks more of what would fit and nothing that cannot."""
    with tempfile.TemporaryDirectory(prefix="tenon-sqlmap-") as folder:
        command = [str(program()), "-u", f"http://127.0.0.1:{port}{slot.target}", "--method", slot.method, "--batch",
                   "--output-dir", folder, "--level", str(level), "--risk", str(risk), "--dbms", database, "--ignore-code", "*",
                   "--skip-waf", "--disable-coloring", "--drop-set-cookie", "--flush-session", "--time-sec", "2", "--timeout",
                   "20", "-v", "1"]
        if slot.body:
            command += ["--data", slot.body, "-H", "Content-Type: application/json"]
        for header in slot.headers:
            command += ["-H", header]
        if slot.signed_in and cookie:
            command += ["-H", f"Cookie: {cookie}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=600, check=False, cwd=folder, env=os.environ | {"HOME": folder})
        log = next(iter(pathlib.Path(folder).glob("*/log")), None)
        found = bool(log and log.read_text().strip()) or "identified the following injection point" in done.stdout
        suspects = re.search(r"(appears to be|is) '.*' injectable|is vulnerable", done.stdout)
        return Verdict(slot, found or bool(suspects and CLEAN not in done.stdout), CLEAN in done.stdout or found, done.stdout)
