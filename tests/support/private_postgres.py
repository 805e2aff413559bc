"""A private PostgreSQL in a temporary directory: started as an unprivileged user, killed as a test likes, reaped at the
end. When the test dies, the server stops by itself."""
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PR_SET_PDEATHSIG = 1


def programs() -> pathlib.Path | None:
    """The newest installed server's programs."""
    found = [folder / "bin" for folder in pathlib.Path("/usr/lib/postgresql").glob("*")
             if (folder / "bin/postgres").exists()]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


def unprivileged() -> dict:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        except KeyError:
            continue
    raise RuntimeError("there is no unprivileged user to run PostgreSQL as")


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PrivatePostgres:
    """Use start() and close(), or required() in setUpClass."""

    def __init__(self):
        self.programs = programs()
        self.user = unprivileged()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-postgres-"))
        self.port = free_port()
        self.process = None
        self.databases = 0
        if self.user:
            os.chown(self.folder, self.user["user"], self.user["group"])
        self.run("initdb", "-D", str(self.folder / "data"), "--locale=C.UTF-8", "--encoding=UTF8", "-U", "admin",
                 "--auth=trust", "--no-sync", "--data-checksums")

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run([str(self.programs / program), *arguments], cwd="/", capture_output=True, text=True,
                              timeout=120, check=False, **self.user)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    @staticmethod
    def required() -> "PrivatePostgres":
        """Skips the test without a server on this machine; fails where CI is set."""
        if programs() is None:
            if os.environ.get("CI"):
                raise AssertionError("there is no PostgreSQL server")
            raise unittest.SkipTest("there is no PostgreSQL server (package postgresql-15)")
        server = PrivatePostgres()
        server.start()
        server.ask("CREATE ROLE tenon LOGIN NOINHERIT CREATEROLE")
        return server

    def spawn(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-p",
                 str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", "-c",
                 "shared_buffers=32MB"], cwd="/", stdout=log, stderr=log, preexec_fn=die_with_parent, **self.user)

    def start(self, patience: float = 60) -> float:
        """Starts the server and waits until it answers; gives that moment."""
        end = time.monotonic() + patience
        self.spawn()
        while True:
            try:
                self.ask("SELECT 1")
                return time.monotonic()
            except RuntimeError:
                if time.monotonic() > end:
                    raise
            # What a killed server left (its pid file, its memory) may stand in the way for a moment.
            if self.process.poll() is not None:
                time.sleep(0.05)
                self.spawn()
            time.sleep(0.01)

    def ask(self, sql: str, database: str = "postgres") -> list:
        """Rows as lists of texts, by the administrator."""
        text = self.run("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", str(self.folder), "-p", str(self.port), "-U",
                        "admin", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", sql)
        return [line.split("\t") for line in text.splitlines()]

    def fresh_database(self) -> str:
        """The address of a new, empty database."""
        self.databases += 1
        name = f"tenon{self.databases}"
        self.ask(f"CREATE DATABASE {name} OWNER tenon")
        return f"postgresql://tenon@127.0.0.1:{self.port}/{name}"

    def backends(self) -> list:
        """Process ids of the sessions that Tenon has."""
        return [int(row[0]) for row in self.ask("SELECT pid FROM pg_stat_activity WHERE usename = 'tenon'")]

    def kill_backend(self, pid: int) -> None:
        """kill -9 of one session: the server restarts itself."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        """kill -9 of the postmaster, which is reaped; its sessions end when they notice."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def signal_all(self, number: int) -> None:
        """To the postmaster and all its sessions: SIGSTOP makes a server that hangs, SIGCONT ends that."""
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid:
                    os.kill(int(status.parent.name), number)
            except (OSError, ValueError):
                continue  # it has ended
        self.process.send_signal(number)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)
