"""The planted fault: a small server that pastes what clients send into SQL, as a text, as a number and from a JSON body."""
import http.server
import json
import sqlite3
import threading
import urllib.parse

from slots import Slot

SLOTS = [Slot("planted.filter", "/rows?city=a*"), Slot("planted.number", "/rows?number=3*"),
         Slot("planted.body", "/rows", "POST", json.dumps({"city": "a*"}))]


class Injectable(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    def handle_error(self, *_):
        pass  # sqlmap hangs up when it has seen enough

    def __enter__(self) -> "Injectable":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.answer(given.get("city", "a"), given.get("number", "3"))

    def do_POST(self):
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            return self.send(400, b"{}")
        return self.answer(str(body.get("city")), "3")

    def answer(self, city: str, number: str) -> None:
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE rows(name TEXT, city TEXT, number INTEGER)")
        database.executemany("INSERT INTO rows VALUES(?, ?, ?)", [(f"row {i}", "ab"[i % 2], i % 5) for i in range(20)])
        try:
            rows = database.execute(f"SELECT name, city FROM rows WHERE city = '{city}' AND number = {number}").fetchall()
            self.send(200, json.dumps(rows).encode())
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            self.send(500, str(error).encode())
        finally:
            database.close()

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
