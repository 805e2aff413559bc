"""Starts the real program on a free loopback port and talks to it as a client would (standard library only)."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("TENON_BUILD_DIR", ROOT / "build/release"))
BINARY = BUILD / "tenon"
GUESTS = BUILD / "guests"


class Answer:
    """One HTTP answer: status, headers (lower-case names) and the body's bytes."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:600].decode(errors='replace')}>"


class Client:
    """One keep-alive connection with its own session. Not for several threads at once."""

    def __init__(self, port: int, timeout: float = 30):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.cookie = None

    def request(self, method: str, path: str, body=None, headers=None) -> Answer:
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body, headers)
        answer = Answer(self.connection.getresponse())
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
        return answer

    def sign_in(self, company: str = "demo", user: str = "demo", password: str = "demo") -> "Client":
        answer = self.request("POST", "/api/v1/session", {"company": company, "user": user, "password": password})
        assert answer.status == 200, answer
        return self

    def upload(self, manifest: bytes, component: bytes) -> Answer:
        return self.request("POST", "/api/v1/plugins", package_form(manifest, component), {"Content-Type": FORM})


FORM = "multipart/form-data; boundary=tenon-test-boundary"


def package_form(manifest: bytes, component: bytes) -> bytes:
    """The body of an upload of a plugin, of the type FORM."""
    boundary = FORM.split("=")[1]
    return b"".join([
        f'--{boundary}\r\nContent-Disposition: form-data; name="manifest"; filename="plugin.toml"\r\n\r\n'.encode(),
        manifest,
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="component"; filename="plugin.wasm"\r\n'
        "Content-Type: application/wasm\r\n\r\n".encode(),
        component,
        f"\r\n--{boundary}--\r\n".encode(),
    ])


# Tests ask faster than people do and come from one address: raised by name, as any operator may.
FAST = [word for key in ("user", "tenant", "address") for word in ("--set", f"limits.{key}_rate=1000000")]
FAST += ["--set", "limits.sign_ins_per_address=1000000"]


class Server:
    """`tenon serve` as a child process. Use as a context manager; the data folder goes with it unless given.
    `fast` raises the rates of users, tenants and addresses; give False to test them."""

    def __init__(self, *arguments: str, data: str | None = None, demo: bool = True, fast: bool = True):
        self.folder = None if data else tempfile.TemporaryDirectory(prefix="tenon-test-")
        self.data = data or self.folder.name
        self.arguments = (FAST if fast else []) + list(arguments) + (["--demo"] if demo else [])
        self.process = None
        self.port = 0
        self.clients = []
        self.log = tempfile.NamedTemporaryFile(prefix="tenon-test-", suffix=".log")

    def start(self) -> "Server":
        command = [str(BINARY), "serve", "--data", self.data, "--listen", "127.0.0.1:0", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            found = re.search(r"https?://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return self
        raise RuntimeError(f"the server did not start (code {self.process.wait()}): {self.errors()}")

    def errors(self) -> str:
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def client(self, **options) -> Client:
        self.clients.append(Client(self.port, **options))
        return self.clients[-1]

    def alive(self) -> bool:
        return self.process.poll() is None

    def resident_bytes(self) -> int:
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def kill(self) -> None:
        """kill -9, and the process is reaped."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def reload(self) -> None:
        """SIGHUP: certificate and log files are opened again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self, patience: float = 25) -> int:
        """SIGTERM: drains and ends. Gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=patience)
        self.process.stdout.close()
        return code

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_) -> None:
        if self.process and self.alive():
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        for client in self.clients:
            client.connection.close()
        self.log.close()
        if self.folder:
            self.folder.cleanup()


PASSWORD = "a long password"


def create_tenant(data: str, name: str, *more: str) -> subprocess.CompletedProcess:
    """`tenon tenant create` with an administrator `anna` whose password is PASSWORD."""
    command = [str(BINARY), "tenant", "create", name, "--data", data, "--user", "anna", *more]
    return subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True, timeout=60, check=False)


def wait_until(condition, seconds: float = 10, what: str = "the condition") -> None:
    """Polls a condition that the server will make true by itself."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)
