"""Encryption by option: what is agreed on, what is refused, and a certificate that is changed under load."""
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import BINARY, Server, wait_until  # noqa: E402

CUSTOMER = "/api/v1/crm/customer"


def make_certificate(folder: pathlib.Path, name: str) -> None:
    """cert.pem and key.pem for `localhost`, signed by themselves, with the common name `name`."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", str(folder / "key.new"), "-out", str(folder / "cert.new")], check=True, capture_output=True)
    os.chmod(folder / "key.new", 0o600)
    (folder / "key.new").rename(folder / "key.pem")
    (folder / "cert.new").rename(folder / "cert.pem")


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="tenon-test-")
        cls.folder = pathlib.Path(cls.temporary.name)
        make_certificate(cls.folder, "first")
        cls.server = Server("--demo-rows", "500", "--set", f"tls.certificate={cls.folder}/cert.pem",
                            "--set", f"tls.key={cls.folder}/key.pem", "--set", "tls.handshake_time=500ms",
                            "--set", "limits.connections_per_address=500").start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0, cls.server.errors()
        cls.server.__exit__()
        cls.temporary.cleanup()

    def connect(self, how: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        try:
            wrapped = (how or context()).wrap_socket(plain, server_hostname="localhost")
        except BaseException:
            plain.close()
            raise
        self.addCleanup(wrapped.close)
        return wrapped

    def client(self) -> http.client.HTTPSConnection:
        made = http.client.HTTPSConnection("127.0.0.1", self.server.port, context=context(), timeout=20)
        self.addCleanup(made.close)
        return made

    def ask(self, client, method: str, path: str, body=None, headers=None) -> http.client.HTTPResponse:
        client.request(method, path, json.dumps(body) if body is not None else None,
                       {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})})
        answer = client.getresponse()
        answer.text = answer.read()
        return answer

    def test_answers_carry_hsts_and_connections_are_kept(self):
        client = self.client()
        for _ in range(3):
            answer = self.ask(client, "GET", "/healthz")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Strict-Transport-Security"], "max-age=31536000; includeSubDomains")

    def test_a_write_from_an_unprotected_page_of_the_same_host_is_refused(self):
        body = {"company": "demo", "user": "demo", "password": "demo"}
        host = f"127.0.0.1:{self.server.port}"
        for origin, status in ((f"https://{host}", 200), (f"http://{host}", 403), ("https://evil.example", 403), ("null", 403)):
            self.assertEqual(self.ask(self.client(), "POST", "/api/v1/session", body, {"Origin": origin}).status, status, origin)

    def test_large_answers_and_bodies_pass_whole(self):
        client = self.client()
        signed_in = self.ask(client, "POST", "/api/v1/session", {"company": "demo", "user": "demo", "password": "demo"})
        self.assertEqual(signed_in.status, 200)
        self.assertTrue(signed_in.headers["Set-Cookie"].startswith("__Host-tenon-sid="), signed_in.headers["Set-Cookie"])
        self.assertIn("Secure", signed_in.headers["Set-Cookie"])
        cookie = {"Cookie": signed_in.headers["Set-Cookie"].split(";")[0]}
        rows = [{"name": f"客户 {i} " + "x" * 100} for i in range(500)]
        made = self.ask(client, "POST", CUSTOMER, rows, {**cookie, "Prefer": "return=representation"})
        self.assertEqual(made.status, 201, made.text[:300])
        self.assertEqual(len(json.loads(made.text)), 500)
        self.assertEqual(len(json.loads(self.ask(client, "GET", CUSTOMER + "?limit=1000", headers=cookie).text)), 1000)

    def test_only_tls_1_2_and_1_3_with_authenticated_ciphers_are_spoken(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            how = context()
            how.minimum_version = how.maximum_version = version
            name, _, _ = self.connect(how).cipher()
            self.assertTrue("GCM" in name or "CHACHA20" in name, name)
        old = context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(old)
        for weak in ("AES128-SHA:AES128-SHA256", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "NULL-SHA256:ALL:@SECLEVEL=0"):
            how = context()
            how.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                how.set_ciphers(weak if "NULL" not in weak else "aNULL:eNULL:@SECLEVEL=0")
            except ssl.SSLError:
                continue
            with self.assertRaises((ssl.SSLError, ConnectionError), msg=weak):
                self.connect(how)

    def test_http_1_1_is_agreed_on_by_name_and_a_client_of_only_http_2_is_refused(self):
        how = context()
        how.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.connect(how).selected_alpn_protocol(), "http/1.1")
        how.set_alpn_protocols(["h2"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(how)

    def test_plain_http_rubbish_and_silence_are_closed_and_disturb_nobody(self):
        for data in (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 100, b""):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as plain:
                plain.sendall(data)
                try:
                    answer = plain.recv(65536)
                    self.assertNotIn(b"HTTP/1.1 200", answer)
                    while answer:
                        answer = plain.recv(65536)
                except ConnectionError:
                    pass
        self.assertEqual(self.ask(self.client(), "GET", "/healthz").status, 200)

    def test_a_new_certificate_is_used_after_sighup_and_no_request_is_lost(self):
        def name_of(connection: ssl.SSLSocket) -> str:
            text = ssl.DER_cert_to_PEM_cert(connection.getpeercert(True))
            return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=text, text=True, capture_output=True,
                                  check=True).stdout.strip().rpartition("CN = ")[2]

        stop, failures, good = threading.Event(), [], []

        def load():
            client = self.client()
            while not stop.is_set():
                try:
                    good.append(self.ask(client, "GET", "/healthz").status == 200)
                    if len(good) % 7 == 0:
                        client.close()  # a new handshake
                except Exception as error:  # noqa: BLE001
                    failures.append(repr(error))
                    return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        kept = self.connect()
        try:
            for name in ("second", "third"):
                make_certificate(self.folder, name)
                self.server.reload()
                wait_until(lambda: name_of(self.connect()) == name, what="the new certificate")
            (self.folder / "cert.pem").write_text("rubbish")
            self.server.reload()
            wait_until(lambda: "the certificate stays" in self.server.errors(), what="the complaint")
            self.assertEqual(name_of(self.connect()), "third")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.assertGreater(len(good), 20)
        self.assertTrue(all(good))
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertIn(b"200 OK", kept.recv(65536), "a connection keeps its certificate")


class WrongFilesTest(unittest.TestCase):
    def test_what_is_wrong_with_the_files_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            make_certificate(folder, "one")
            (folder / "other").mkdir()
            make_certificate(folder / "other", "two")
            (folder / "open.pem").write_bytes((folder / "key.pem").read_bytes())
            os.chmod(folder / "open.pem", 0o644)
            for certificate, key, word in [("cert.pem", "none.pem", "none.pem cannot be read"),
                                           ("none.pem", "key.pem", "none.pem is not a PEM"),
                                           ("cert.pem", "other/key.pem", "other/key.pem is not the PEM key"),
                                           ("cert.pem", "open.pem", "chmod o-r"), ("cert.pem", "", "belong together")]:
                done = subprocess.run(
                    [str(BINARY), "serve", "--data", temporary + "/data", "--listen", "127.0.0.1:0",
                     "--set", f"tls.certificate={folder}/{certificate}", "--set", f"tls.key={folder / key if key else ''}"],
                    capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 2, done)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
