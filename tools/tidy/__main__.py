#!/usr/bin/env python3
"""House rules as a test: `python3 tools/tidy` prints every breach as path:line: rule: text and exits 1 if there is one."""
import pathlib
import sys

sys.dont_write_bytecode = True
import arrows
import build_rules
import text_rules
from tree import Tree


def main() -> None:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    tree = Tree.of_repository(root)
    problems = [p for rules in (arrows, text_rules, build_rules) for p in rules.check(tree)]
    for warning in text_rules.warnings(tree):
        print(f"{warning} (warning)")
    for problem in problems:
        print(problem)
    print(f"tidy: {len(tree.files)} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
