"""Signing in through a real OpenID provider (npm oidc-provider): code with PKCE, both kinds of signatures, linking by a
verified e-mail address and by the provider's own name for somebody, and what must not open the door."""
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import PASSWORD, ROOT, Server, create_tenant  # noqa: E402

SUPPORT = ROOT / "tests/support/oidc"
CACHE = pathlib.Path(os.environ.get("TENON_CACHE") or pathlib.Path.home() / ".cache/tenon")
CALLBACK = "/api/v1/session/oidc/callback"


def node() -> str | None:
    found = shutil.which("node") or next((str(path) for path in sorted(CACHE.glob("node-*/bin/node"))), None)
    return found if found and (SUPPORT / "node_modules/oidc-provider").is_dir() else None


class Browser:
    """Follows no redirect by itself and keeps cookies by host and port, as two sites on one machine need it."""

    def __init__(self):
        self.cookies: dict = {}

    def request(self, method: str, url: str, form=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        jar = self.cookies.setdefault(parts.netloc, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            content = rest.split(";")[0]
            if content and "Max-Age=0" not in value and "1970" not in value:
                jar[name] = content
            else:
                jar.pop(name, None)
        connection.close()
        location = answer.headers.get("Location")
        return answer.status, urllib.parse.urljoin(url, location) if location else None, text

    def walk(self, url: str, login: str, stop_at: str) -> str:
        """From `url` through the provider's forms until an address that begins with `stop_at`."""
        for _ in range(20):
            if url.startswith(stop_at):
                return url
            status, location, text = self.request("GET", url)
            if location:
                url = location
                continue
            assert status == 200, (url, status, text[:300])
            prompt = re.search(r'name="prompt" value="(\w+)"', text).group(1)
            form = {"prompt": prompt, **({"login": login, "password": "any"} if prompt == "login" else {})}
            status, url, text = self.request("POST", urllib.parse.urljoin(url, re.search(r'action="([^"]+)"', text).group(1)),
                                             form)
            assert url, (status, text[:300])
        raise AssertionError("the provider never sent the browser back")


class OidcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        program = node()
        if program is None:
            if os.environ.get("CI"):
                raise AssertionError("the provider is missing: ./dev setup installs it")
            raise unittest.SkipTest("npm ci in tests/support/oidc was not run")
        cls.server = Server(demo=False)
        cls.addClassCleanup(cls.server.__exit__)
        for company in ("acme", "beta"):
            assert create_tenant(cls.server.data, company).returncode == 0
        cls.server.start()
        cls.origin = f"http://127.0.0.1:{cls.server.port}"
        cls.provider = subprocess.Popen([program, "provider.mjs", cls.origin + CALLBACK], cwd=SUPPORT, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.provider.wait)
        cls.addClassCleanup(cls.provider.kill)
        cls.issuer = json.loads(cls.provider.stdout.readline())["issuer"]
        cls.anna = cls.server.client().sign_in("acme", "anna", PASSWORD)
        for kind in ("rs", "es"):
            answer = cls.anna.request("PUT", f"/api/v1/providers/{kind}",
                                      {"name": "Example", "issuer": cls.issuer, "client_id": f"tenon-{kind}",
                                       "client_secret": "a secret of the client & more"})
            assert answer.status == 200, answer
        for name in ("carl", "dora", "mary"):
            made = cls.anna.request("POST", "/api/v1/users", {"name": name, "email": f"{name.upper()}@Example.com"})
            assert made.status == 201, made

    def arrive(self, browser: Browser, login: str, provider: str = "rs", company: str = "acme", follow: str = "") -> str:
        """Where the browser stands at the end: an address of ours."""
        begin = f"{self.origin}/api/v1/session/oidc/begin/{provider}?company={company}{follow}"
        back = browser.walk(begin, login, self.origin + CALLBACK)
        status, location, text = browser.request("GET", back)
        self.assertEqual(status, 302, text)
        return location[len(self.origin):]

    def me(self, browser: Browser) -> str | None:
        status, _, text = browser.request("GET", self.origin + "/api/v1/session")
        return json.loads(text)["user"]["name"] if status == 200 else None

    def test_a_verified_address_opens_the_door_and_the_providers_name_opens_it_again(self):
        for provider in ("rs", "es"):
            browser = Browser()
            self.assertEqual(self.arrive(browser, "carl", provider, follow="&next=/p/crm/customers"), "/p/crm/customers")
            self.assertEqual(self.me(browser), "carl")
        user = next(one for one in self.anna.request("GET", "/api/v1/users?q=carl").json())
        self.assertEqual(user["state"], "active")
        moved = self.anna.request("PATCH", f"/api/v1/users/{user['id']}", {"email": "elsewhere@example.com"})
        self.assertEqual(moved.status, 200, moved)
        browser = Browser()
        self.assertEqual(self.arrive(browser, "carl"), "/")
        self.assertEqual(self.me(browser), "carl", "the link is to the provider's name, not to the address")
        self.assertEqual(self.anna.request("POST", f"/api/v1/users/{user['id']}/deactivate", {}).status, 200)
        self.assertIsNone(self.me(browser))
        self.assertIn("problem=oidc.unknown_user", self.arrive(Browser(), "carl"))

    def test_who_is_no_user_here_or_not_verified_stays_outside(self):
        for login in ("stranger", "mary"):
            browser = Browser()
            self.assertIn("problem=oidc.unknown_user", self.arrive(browser, login))
            self.assertIsNone(self.me(browser))

    def test_a_callback_without_its_journey_opens_nothing(self):
        begin = f"{self.origin}/api/v1/session/oidc/begin/rs?company=acme"
        browser = Browser()
        back = browser.walk(begin, "dora", self.origin + CALLBACK)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
        code, state = query["code"][0], query["state"][0]
        # Somebody else's browser, another state, no code, a cookie that was tampered with.
        for jar, parameters, reason in (({}, {"code": code, "state": state}, "oidc.journey"),
                                        (None, {"code": code, "state": state + "x"}, "oidc.journey"),
                                        (None, {"state": state}, "oidc.refused"),
                                        ("spoil", {"code": code, "state": state}, "oidc.journey")):
            other = Browser()
            cookies = dict(browser.cookies[self.origin[7:]])
            if jar == "spoil":
                cookies["tenon-oidc"] = cookies["tenon-oidc"][:-4] + "AAAA"
            other.cookies[self.origin[7:]] = jar if jar == {} else cookies
            _, location, _ = other.request("GET", f"{self.origin}{CALLBACK}?{urllib.parse.urlencode(parameters)}")
            self.assertIn(f"problem={reason}", location)
            self.assertIsNone(self.me(other))
        _, location, _ = browser.request("GET", back)
        self.assertEqual(location, self.origin + "/")
        self.assertEqual(self.me(browser), "dora")
        again = Browser()
        again.cookies = {self.origin[7:]: cookies}
        _, location, _ = again.request("GET", back)
        self.assertIn("problem=", location, "a code is good once")

    def test_a_place_of_another_site_is_not_followed(self):
        for place in ("//evil.example", "https://evil.example", "/\\evil.example"):
            self.assertEqual(self.arrive(Browser(), "dora", follow=f"&next={urllib.parse.quote(place)}"), "/")

    def test_doors_are_the_companys_own_and_the_administrators_to_make(self):
        client = self.server.client()
        shown = client.request("GET", "/api/v1/session/providers?company=acme").json()
        self.assertEqual(shown, [{"id": "es", "name": "Example"}, {"id": "rs", "name": "Example"}])
        for company in ("beta", "nowhere", ""):
            self.assertEqual(client.request("GET", f"/api/v1/session/providers?company={company}").json(), [])
        self.assertEqual(client.request("GET", "/api/v1/session/oidc/begin/rs?company=beta").status, 404)
        listed = self.anna.request("GET", "/api/v1/providers")
        self.assertNotIn("a secret of the client", listed.body.decode())
        self.assertTrue(listed.json()["providers"][0]["has_secret"])
        self.assertEqual(client.request("GET", "/api/v1/providers").status, 401)
        for wrong in ({"issuer": "ftp://x"}, {"issuer": ""}, {"client_id": ""}, {"nonsense": 1}):
            answer = self.anna.request("PUT", "/api/v1/providers/x", {"name": "x", "issuer": self.issuer, "client_id": "x",
                                                                      **wrong})
            self.assertEqual(answer.status, 422, (wrong, answer))

    def test_a_provider_that_lies_is_not_believed(self):
        for name, issuer, reason in (("wrong", self.issuer + "/", "oidc.discovery"),
                                     ("gone", "http://127.0.0.1:1", "outbound.connect"),
                                     ("secret", "http://169.254.169.254", "outbound.address"),
                                     ("plain", "http://example.com", "outbound")):
            made = self.anna.request("PUT", f"/api/v1/providers/{name}", {"name": name, "issuer": issuer, "client_id": "x"})
            self.assertEqual(made.status, 200, made)
            answer = self.server.client().request("GET", f"/api/v1/session/oidc/begin/{name}?company=acme")
            self.assertIn(answer.status, (403, 503), (name, answer))
            self.assertTrue(answer.json()["reason"].startswith(reason), answer)
            self.assertEqual(self.anna.request("DELETE", f"/api/v1/providers/{name}").status, 204)


if __name__ == "__main__":
    unittest.main()
