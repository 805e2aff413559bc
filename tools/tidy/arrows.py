"""Which file may include what: arrows between rooms, cycles, third-party headers in the room that owns them."""
from collections.abc import Iterator

import rooms
from tree import File, Include, Problem, Tree


def check(tree: Tree) -> Iterator[Problem]:
    yield from rows(tree)
    yield from cycles(tree)
    for file in tree.cpp:
        for include in file.includes:
            yield from third_party(file, include) if include.angled else arrow(tree, file, include)


def rows(tree: Tree) -> Iterator[Problem]:
    for room in sorted({f.room for f in tree.files.values() if f.room}):
        if room not in rooms.USES:
            yield Problem(f"src/{room}", 1, "room", "not in the table of tools/tidy/rooms.py")


def arrow(tree: Tree, file: File, include: Include) -> Iterator[Problem]:
    target, _, rest = include.path.partition("/")
    if f"src/{include.path}" not in tree.files and target not in rooms.USES:
        return
    if file.parts[0] in rooms.GUEST_FOLDERS and f"src/{include.path}" in tree.files:
        yield file.problem(include.line, "arrow", f"{file.parts[0]}/ is guest code and must not include {include.path}")
    source = file.room
    if source is None or source not in rooms.USES or target == source or target not in rooms.USES:
        return
    if target not in rooms.reachable(source):
        yield file.problem(include.line, "arrow", f"{source} must not include {include.path}")
    elif target == "http" and source in rooms.ROUTE_TYPES_ONLY and rest not in rooms.ROUTE_TYPES:
        yield file.problem(include.line, "arrow", f"{source} may use the route types of http only, not {include.path}")


def cycles(tree: Tree) -> Iterator[Problem]:
    """Rooms cannot form one by the table; headers within a room can, and #pragma once hides it."""
    graph = {
        f.path: [f"src/{i.path}" for i in f.includes if not i.angled and f"src/{i.path}" in tree.files]
        for f in tree.cpp if f.room
    }
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        stack = [(start, iter(graph[start]))] if start not in done else []
        path.extend(start for _ in stack)
        while stack:
            node, following = stack[-1]
            step = next(following, None)
            if step is None:
                done.add(node)
                stack.pop()
                path.pop()
            elif step in path:
                if not same_idea(path[path.index(step):]):
                    yield Problem(node, 1, "cycle", " -> ".join(path[path.index(step):] + [step]))
            elif step not in done and step in graph:
                stack.append((step, iter(graph[step])))
                path.append(step)


def same_idea(path: list[str]) -> bool:
    """A header that ends by including its own templates (x.h and x_run.h) is one header in two files."""
    first = min(path, key=len).removesuffix(".h")
    return all(p.startswith(first) for p in path)


def places(file: File) -> set[str]:
    """The words by which rooms.THIRD_PARTY may allow this file."""
    found = {file.room} if file.room else set()
    if file.is_test or file.parts[0] == "tests":
        found.add(rooms.TESTS)
    if file.is_bench or file.parts[0] == "bench":
        found.add(rooms.BENCHES)
    if file.parts[0] == "apps":
        found.add(rooms.APPS)
    return found


def third_party(file: File, include: Include) -> Iterator[Problem]:
    header = include.path
    if "." not in header and "/" not in header:
        return  # the standard library
    if header in rooms.SYSTEM_HEADERS or header.startswith(rooms.SYSTEM_PREFIXES):
        return
    if file.parts[0] in rooms.GUEST_FOLDERS and not (file.is_test or file.is_bench):
        yield file.problem(include.line, "third-party", f"guest code includes <{header}>; it has the SDK and libc++ only")
        return
    prefix = max((p for p in rooms.THIRD_PARTY if header.startswith(p)), key=len, default=None)
    if prefix is None:
        yield file.problem(include.line, "third-party", f"<{header}> is not in tools/tidy/rooms.py: new libraries need a "
                           "record in docs/decisions/")
        return
    owners = rooms.THIRD_PARTY[prefix]
    tests_of_the_platform = file.parts[0] in ("tests", "bench") and not owners == {rooms.BENCHES}
    if owners is rooms.EVERYWHERE or owners & places(file) or tests_of_the_platform:
        return
    yield file.problem(include.line, "third-party", f"<{header}> belongs to {' and '.join(sorted(owners))}")
