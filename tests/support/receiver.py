"""A receiver of webhooks on loopback: checks signatures, and fails, hangs or talks without end when it is told to."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time


class Receiver:
    """Use as a context manager. `answer` says what it does by the path of a request: ok, fail, hang, endless, redirect."""

    def __init__(self):
        self.messages, self.connections, self.lock = [], 0, threading.Lock()
        self.released = threading.Event()
        self.broken = set()  # paths that answer 500 whatever they are called
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.messages.append({"path": self.path, "headers": dict(self.headers.items()), "body": body,
                                              "at": time.time()})
                word = "fail" if self.path in receiver.broken else self.path.split("/")[1]
                getattr(self, "on_" + word)()

            def say(self, status, body=b"thanks", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def on_ok(self):
                self.say(200)

            def on_long(self):
                self.say(200, "好".encode() * 2000)

            def on_fail(self):
                self.say(500, b"broken\x00\xff")

            def on_redirect(self):
                self.say(302, b"", Location=f"http://127.0.0.1:{receiver.port}/ok/redirected")

            def on_hang(self):
                receiver.released.wait(30)
                try:
                    self.say(200)
                except OSError:
                    pass

            def on_endless(self):
                self.send_response(200)
                self.end_headers()
                try:
                    while not receiver.released.is_set():
                        self.wfile.write(b"x" * 65536)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def url(self, word: str, more: str = "x") -> str:
        return f"http://127.0.0.1:{self.port}/{word}/{more}"

    def of(self, path: str) -> list:
        with self.lock:
            return [message for message in self.messages if message["path"] == path]

    def __enter__(self) -> "Receiver":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def is_signed(message: dict, secret: str) -> bool:
    """As Standard Webhooks says, with nothing of ours."""
    headers = {name.lower(): value for name, value in message["headers"].items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + message["body"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    good = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and good in headers["webhook-signature"].split(" ")


def identity(message: dict) -> str:
    return {name.lower(): value for name, value in message["headers"].items()}["webhook-id"]


def content(message: dict) -> dict:
    return json.loads(message["body"])
