"""A server process of a rival and a small client for it. Standard library only."""
import http.client
import json
import pathlib
import socket
import subprocess
import time


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers, self.body = response.status, dict(response.getheaders()), response.read()

    def json(self):
        return json.loads(self.body)


def client(port: int):
    """ask(method, path, body=None, headers=None, patience=0): one request on a connection of its own; `patience` are
    the seconds in which a refused connection is tried again."""

    def ask(method: str, path: str, body=None, headers: dict | None = None, patience: float = 0) -> Answer:
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        until = time.monotonic() + patience
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request(method, path, body, headers)
                return Answer(connection.getresponse())
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.001)
            finally:
                connection.close()

    return ask


class Process:
    def __init__(self, command: list[str]):
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def resident_bytes(self) -> int:
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) * 1024

    def stop(self) -> None:
        self.child.terminate()
        self.child.wait(timeout=30)
