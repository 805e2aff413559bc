"""The table of rooms, arrows and third-party headers, as ARCHITECTURE.md tells it. A new arrow, room or library is a
change of this file together with a record in docs/decisions/."""

# Room -> the rooms it names. A room may include those and whatever they may use.
USES = {
    "base": [],
    "async": ["base"],
    "wasm": ["async"],
    "http": ["async"],
    "storage": ["async"],
    "data": ["storage"],
    "identity": ["data"],
    "modules": ["identity", "http"],
    "services": ["modules"],
    "plugins": ["services", "wasm"],
    "api": ["plugins"],
    "server": ["api"],
}

# Modules hand over routes and know no server: between modules and plugins only these headers of http are in use.
ROUTE_TYPES_ONLY = {"modules", "services", "plugins"}
ROUTE_TYPES = {"route.h", "request.h", "response.h", "method.h", "query.h", "cookie.h", "body_stream.h"}

# Folders outside src/ -> may they include rooms? Guests see the contract only: first-party modules have no private door.
HOST_FOLDERS = {"apps", "tests", "bench"}
GUEST_FOLDERS = {"sdk", "plugins", "samples"}

EVERYWHERE = None
TESTS = "tests"
BENCHES = "benches"
APPS = "apps"

# Prefix of a header in angle brackets -> who may include it. The longest prefix decides. Rooms that are not owners
# reach a library through the owner's header: Boost.JSON through base/json.h, Asio's awaitable through async/task.h.
THIRD_PARTY = {
    "fmt/": EVERYWHERE,
    "boost/json": {"base"},
    "sodium": {"base"},
    "re2/": {"base"},
    # base folds, normalises and sorts; data stores folded text; the manifest refuses look-alike names.
    "unicode/": {"base", "data", "plugins"},
    # async speaks for Asio. Three rooms join foreign waits to it (a socket, a database connection, a suspended guest)
    # and include it too; tests run coroutines to their end. Everyone above uses the vocabulary of async alone.
    "boost/asio": {"async", "http", "storage", "wasm", TESTS},
    "boost/system/": {"async", "http", "storage", "wasm", TESTS},
    "wasmtime": {"wasm"},
    "wasm.h": {"wasm"},
    "llhttp": {"http"},
    "boost/url": {"http"},
    "openssl/": {"http"},
    "sqlite3": {"storage"},
    "libpq-fe.h": {"storage"},
    "toml": {"plugins"},
    "archive": {"plugins"},
    "zstd": {"plugins"},
    "xlsxwriter": {"services"},
    "prometheus/": {"server"},
    "CLI/": {"server", APPS},
    "gtest/": {TESTS},
    "gmock/": {TESTS},
    "benchmark/": {BENCHES},
}

# Headers with a dot or a slash that belong to C, POSIX or Linux.
SYSTEM_PREFIXES = ("sys/", "netinet/", "arpa/", "linux/", "asm/", "bits/")
SYSTEM_HEADERS = set(
    """assert.h ctype.h dirent.h dlfcn.h errno.h fcntl.h fenv.h float.h getopt.h grp.h inttypes.h limits.h locale.h
    malloc.h math.h netdb.h poll.h pthread.h pwd.h sched.h semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h
    stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h strings.h syslog.h time.h uchar.h
    ucontext.h unistd.h utime.h wchar.h wctype.h""".split()
)


def reachable(room: str) -> set[str]:
    """The rooms that `room` may include: its own row and, through it, the rows of those."""
    found: set[str] = set()
    waiting = [room]
    while waiting:
        for name in USES[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
