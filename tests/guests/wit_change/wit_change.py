#!/usr/bin/env python3
"""Shows that a guest builds against a copy of a contract, and no longer builds once any of some signatures changes."""

import argparse
import pathlib
import shutil
import subprocess
import sys

COPIED = ["cmake", "wit", "sdk", "samples", "tests/guests"]


def copy_tree(root: pathlib.Path, tree: pathlib.Path) -> None:
    for part in COPIED:
        shutil.copytree(root / part, tree / part, ignore=shutil.ignore_patterns("target", "__pycache__"))


def find_once(wit: pathlib.Path, old: str) -> pathlib.Path:
    files = [path for path in sorted(wit.rglob("*.wit")) if old in path.read_text()]
    if len(files) != 1 or files[0].read_text().count(old) != 1:
        sys.exit(f"'{old}' must occur once in {wit}; it occurs in {[str(path) for path in files]}")
    return files[0]


def run(command: list[str]) -> tuple[bool, str]:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


def breaks(build_guest: list[str], wit: pathlib.Path, old: str, new: str) -> bool:
    """Whether the build fails in a compiler with `new` in place of `old`; the file is put back."""
    path = find_once(wit, old)
    text = path.read_text()
    path.write_text(text.replace(old, new))
    good, output = run(build_guest)
    path.write_text(text)
    if good or "error" not in output:
        print(output, f"this must fail to compile, and must not fail otherwise: {new}", sep="\n")
        return False
    print(new, *(line for line in output.splitlines() if "error" in line), sep="\n")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ["root", "cmake", "work", "wit", "guest", "cargo-target-dir"]:
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--launcher", default="", help="compiler launcher, such as ccache")
    parser.add_argument("--change", nargs=2, action="append", required=True, metavar=("OLD", "NEW"))
    options = parser.parse_args()

    work = pathlib.Path(options.work)
    shutil.rmtree(work, ignore_errors=True)
    tree = work / "tree"
    copy_tree(pathlib.Path(options.root), tree)
    build = work / "build"
    configure = [options.cmake, "-G", "Ninja", "-S", str(tree / "tests/guests/wit_change"), "-B", str(build),
                 f"-DTENON_TREE={tree}", f"-DTENON_CARGO_TARGET_DIR={options.cargo_target_dir}",
                 f"-DCMAKE_CXX_COMPILER_LAUNCHER={options.launcher}"]
    build_guest = [options.cmake, "--build", str(build), "--target", f"guest_{options.guest}", "-j", "2"]
    for command in (configure, build_guest):
        good, output = run(command)
        if not good:
            print(output, f"the unchanged contract must build: {' '.join(command)}", sep="\n")
            return 1

    results = [breaks(build_guest, tree / options.wit, old, new) for old, new in options.change]
    shutil.rmtree(work, ignore_errors=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
