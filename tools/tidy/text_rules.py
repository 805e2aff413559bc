"""What every file must be: small, commented at its head, without traces of a machine."""
import re
from collections.abc import Iterator

from tree import File, Problem, Tree

SOURCE = (".h", ".cc", ".py", ".sh", ".ts", ".tsx", ".rs", ".cmake", ".js", ".mjs")
LOCK_FILES = {"Cargo.lock", "package-lock.json"}
LINES_FAIL = 600
LINES_WARN = 400
BYTES_FAIL = 100_000

MACHINE_PATH = re.compile(r"(?<![\w.}~/-])/(?:root|work)(?:/|\b(?![\w-]))|(?<![\w.}~-])/home/[a-z]")
# The words are in pieces so that this file passes its own rule.
REGISTRY = re.compile("|".join((
    r"registry\.npm" + r"js\.org", r"npmmirror\." + "com", r"pypi\." + r"org", r"files\.python" + r"hosted\.org",
    r"(?:static|index)\.crates" + r"\.io", r"deb\.debian" + r"\.org", r"snapshot\.debian" + r"\.org",
    r"proxy\.golang" + r"\.org", r"repo1?\.maven" + r"\.(?:apache\.)?org")))
OPEN_END = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b(?!\s*\(#\d+\))")
USING_NAMESPACE = re.compile(r"^\s*using\s+namespace\s+(?!std::\w*literals\b)")


def check(tree: Tree) -> Iterator[Problem]:
    for file in tree.files.values():
        if len(file.data) > BYTES_FAIL and file.name not in LOCK_FILES:
            yield file.problem(1, "size", f"{len(file.data)} bytes; tracked files stay under {BYTES_FAIL}")
        if not file.is_text:
            continue
        yield from lines(file)
        if file.path.endswith(SOURCE) and len(file.lines) > LINES_FAIL:
            yield file.problem(1, "length", f"{len(file.lines)} lines; {LINES_FAIL} is the cap")
        if file.path.endswith(".h"):
            yield from header(file)


def warnings(tree: Tree) -> Iterator[Problem]:
    for file in tree.files.values():
        if file.path.endswith(SOURCE) and LINES_WARN < len(file.lines) <= LINES_FAIL:
            yield file.problem(1, "length", f"{len(file.lines)} lines; discuss at {LINES_WARN}")


def lines(file: File) -> Iterator[Problem]:
    own_words = file.parts[:2] == ["tools", "tidy"] or file.name in LOCK_FILES
    suspects = (("path", MACHINE_PATH, "a path of one machine"), ("registry", REGISTRY, "the host name of a registry"),
                ("open end", OPEN_END, "an open end needs its issue: WORD(#12)"))
    for rule, pattern, text in suspects:
        if rule == "open end" and (own_words or not file.path.endswith(SOURCE)):
            continue
        for match in pattern.finditer(file.text):
            yield file.problem(file.text.count("\n", 0, match.start()) + 1, rule, f"{text}: {match.group()!r}")


def header(file: File) -> Iterator[Problem]:
    if "#pragma once" not in file.lines:
        yield file.problem(1, "header", "no #pragma once")
    written = [line for line in file.lines if line.strip() and line.strip() != "#pragma once"]
    if not written or not written[0].lstrip().startswith(("//", "/*")):
        yield file.problem(1, "header", "the file comment is missing: which problem does this header solve?")
    for number, line in enumerate(file.lines, 1):
        if USING_NAMESPACE.match(line):
            yield file.problem(number, "header", "`using namespace` in a header reaches everyone who includes it")
