"""What the build must know and what must not change: test files, READMEs of rooms, released contracts."""
import fnmatch
import hashlib
import posixpath
import re
from collections.abc import Iterator

from tree import File, Problem, Tree

README_LINES = 40

# SHA-256 over the released contracts: every file by name and content. A released folder never changes.
RELEASED_CONTRACTS = {
    "wit/v0": "9443797af163722b735765d93ac84e56569253e09246f86a64df05904741492e",
}
# Drafts may change until they are released; then they move up with their hash.
DRAFT_CONTRACTS = {"wit/v1.0"}

GLOB = re.compile(r"[\w./${}-]*\*[\w.*]*")
ADD_SUBDIRECTORY = re.compile(r"add_subdirectory\(\s*([\w./-]+)|foreach\((?:part|room)([^)]*)\)", re.IGNORECASE)


def check(tree: Tree) -> Iterator[Problem]:
    yield from unbuilt_tests(tree)
    yield from readmes(tree)
    yield from contracts(tree)


def unbuilt_tests(tree: Tree) -> Iterator[Problem]:
    for file in tree.files.values():
        if not file.name.endswith(("_test.cc", "_bench.cc", "_fuzz.cc", "_test.py")):
            continue
        above = [lists for lists in list_files(tree, file) if names(tree.files[lists], file)]
        elsewhere = [f.path for f in tree.files.values() if f.name == "CMakeLists.txt" and
                     f"${{CMAKE_SOURCE_DIR}}/{file.path}" in f.text]
        if not any(reached(tree, lists) for lists in above + elsewhere):
            yield file.problem(1, "unbuilt", "no CMakeLists.txt that the build reaches names this file")


def list_files(tree: Tree, file: File) -> Iterator[str]:
    """The CMakeLists.txt of the file's folder and of those above it."""
    folder = posixpath.dirname(file.path)
    while True:
        path = posixpath.join(folder, "CMakeLists.txt")
        if path in tree.files:
            yield path
        if not folder:
            return
        folder = posixpath.dirname(folder)


def names(lists: File, file: File) -> bool:
    """Whether this list file names `file`, by its path or a glob; tenon_library() takes all C++ below its folder."""
    relative = posixpath.relpath(file.path, posixpath.dirname(lists.path) or ".")
    if re.search(r"(?<![\w/.-])" + re.escape(relative) + r"(?![\w.-])", lists.text) or f"/{relative}" in lists.text:
        return True
    if "tenon_library(" in lists.text and file.name.endswith(("_test.cc", "_bench.cc")):
        return True
    for glob in GLOB.findall(lists.text):
        pattern = re.sub(r"\$\{\w+\}/", "", glob)
        if fnmatch.fnmatch(relative, pattern) or ("GLOB_RECURSE" in lists.text and fnmatch.fnmatch(file.name, pattern)):
            return True
    return False


def reached(tree: Tree, lists: str) -> bool:
    """Whether add_subdirectory() leads from the root to this list file."""
    folder = posixpath.dirname(lists)
    parent = folder
    while parent:
        parent = posixpath.dirname(parent)
        above = posixpath.join(parent, "CMakeLists.txt")
        if above in tree.files:
            relative = posixpath.relpath(folder, parent or ".")
            words = {w for m in ADD_SUBDIRECTORY.finditer(tree.files[above].text) for w in " ".join(
                g for g in m.groups() if g).split()}
            return (relative in words or relative.removeprefix("src/") in words) and reached(tree, above)
    return folder == ""


def readmes(tree: Tree) -> Iterator[Problem]:
    for room in sorted({f.room for f in tree.files.values() if f.room}):
        path = f"src/{room}/README.md"
        if f"src/{room}/CMakeLists.txt" not in tree.files:
            continue
        if path not in tree.files:
            yield Problem(path, 1, "readme", "every room says in at most 40 lines what it is for")
        elif len(tree.files[path].lines) > README_LINES:
            yield tree.files[path].problem(README_LINES, "readme", f"{len(tree.files[path].lines)} lines; 40 is the cap")


def contract_hash(tree: Tree, folder: str) -> str:
    digest = hashlib.sha256()
    for path, file in tree.files.items():
        if path.startswith(folder + "/"):
            digest.update(f"{path}\0{len(file.data)}\0".encode() + file.data)
    return digest.hexdigest()


def contracts(tree: Tree) -> Iterator[Problem]:
    folders = {"/".join(f.parts[:2]) for f in tree.files.values() if f.parts[0] == "wit" and len(f.parts) > 2}
    for folder in sorted(folders - DRAFT_CONTRACTS - set(RELEASED_CONTRACTS)):
        yield Problem(folder, 1, "contract", "neither released nor a draft in tools/tidy/build_rules.py")
    for folder, expected in RELEASED_CONTRACTS.items():
        if (actual := contract_hash(tree, folder)) != expected:
            yield Problem(folder, 1, "contract", f"a released contract changed (now {actual})")
