"""The files that rules look at, read once."""
import dataclasses
import functools
import pathlib
import re
import subprocess

CPP = (".h", ".cc")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Problem:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    angled: bool
    path: str


class File:
    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.name = path.rsplit("/", 1)[-1]
        self.parts = path.split("/")
        self._absolute = root / path

    @functools.cached_property
    def data(self) -> bytes:
        return self._absolute.read_bytes()

    @functools.cached_property
    def is_text(self) -> bool:
        return b"\0" not in self.data[:8000]

    @functools.cached_property
    def text(self) -> str:
        return self.data.decode("utf-8", errors="replace")

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def includes(self) -> list[Include]:
        return [
            Include(self.text.count("\n", 0, m.start()) + 1, m.group(1) == "<", m.group(2))
            for m in INCLUDE.finditer(self.text)
        ]

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith(CPP)

    @property
    def is_test(self) -> bool:
        """A test, or a file that tests share: test_x.h, testing.h."""
        return self.is_cpp and (self.name.endswith("_test.cc") or self.name.startswith(("test_", "testing.")))

    @property
    def is_bench(self) -> bool:
        return self.name.endswith(("_bench.cc", "_bench.h"))

    @property
    def room(self) -> str | None:
        """The room this file is in, if it is in one."""
        return self.parts[1] if self.parts[0] == "src" and len(self.parts) > 2 else None

    def problem(self, line: int, rule: str, text: str) -> Problem:
        return Problem(self.path, line, rule, text)


class Tree:
    def __init__(self, root: pathlib.Path, paths: list[str]):
        self.root = root
        self.files = {path: File(root, path) for path in sorted(paths)}

    @classmethod
    def of_repository(cls, root: pathlib.Path) -> "Tree":
        """Tracked files and new ones that git would not ignore, as they are on disk now."""
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        return cls(root, [p for p in set(listed) if p and (root / p).is_file() and not (root / p).is_symlink()])

    @property
    def cpp(self) -> list[File]:
        return [f for f in self.files.values() if f.is_cpp]
