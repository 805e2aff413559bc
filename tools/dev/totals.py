#!/usr/bin/env python3
"""Prints `N passed, N failed` over all runners of one ./dev test, or nothing when a runner told no count.

Reads the folder of results: *.xml are JUnit files; a *.log without one must close with its own
`N passed, N failed` line.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CLOSING = re.compile(r"^(?:\S+: *)?(\d+) passed, (\d+) failed", re.MULTILINE)


def from_junit(path: pathlib.Path) -> tuple[int, int]:
    cases = list(ElementTree.parse(path).iter("testcase"))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return len(cases) - failed - skipped, failed


def count(log: pathlib.Path) -> tuple[int, int] | None:
    junit = log.with_suffix(".xml")
    if junit.exists():
        return from_junit(junit)
    closing = CLOSING.findall(log.read_text(errors="replace"))
    return (int(closing[-1][0]), int(closing[-1][1])) if closing else None


def main() -> None:
    counts = [count(log) for log in sorted(pathlib.Path(sys.argv[1]).glob("*.log"))]
    if counts and None not in counts:
        print(f"{sum(c[0] for c in counts)} passed, {sum(c[1] for c in counts)} failed")


if __name__ == "__main__":
    main()
