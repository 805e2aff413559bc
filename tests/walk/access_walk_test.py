"""Every endpoint × who asks × whose thing it is: who may not is refused and changes nothing, and not one byte of a company
reaches another. Leaks that are planted are found."""
import dataclasses
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from companies import tenon  # noqa: E402
from services import of_program, plant  # noqa: E402
from table import CASES  # noqa: E402
from tenon_server import Server, create_tenant, wait_until  # noqa: E402
from walk import Ears, Walk, as_text, digest, not_in_the_table, options_of  # noqa: E402
from world import CUSTOMER, ROLES, Company, Person, routes  # noqa: E402

OWN_PLUGIN = {"acme": "vendor", "beta": "supplier"}


class AccessWalkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--connections-per-address", "1000", demo=False)
        for name in OWN_PLUGIN:
            made = create_tenant(cls.server.data, name)
            assert made.returncode == 0, made
        done = tenon("operator", "create", "ops", "--data", cls.server.data, "--json")
        assert done.returncode == 0, done
        # Listed with all modules in place; after a restart a person of a test needs no second port.
        cls.server.start()
        for name, plugin in OWN_PLUGIN.items():
            Company(cls.server, name).install_plugins(plugin)
        assert cls.server.stop() == 0, cls.server.errors()
        cls.routes = routes(cls.server.data)
        cls.cases = CASES + of_program(cls.routes) + options_of(cls.routes)
        if not any(one["pattern"] == "/{path*}" for one in cls.routes):  # the web application was not built
            cls.cases = [one for one in cls.cases if one.pattern != "/{path*}"]
        cls.files = {name: pathlib.Path(cls.server.data) / f"tenants/{name}.db" for name in OWN_PLUGIN}
        cls.letters = {name: Company.plant_dead_letters(file) for name, file in cls.files.items()}
        cls.server.start()
        cls.acme, cls.beta = (cls.fill(name) for name in OWN_PLUGIN)
        cls.outsiders = {"anonymous": Person(cls.server.port),
                         "operator": Person(cls.server.port, token=json.loads(done.stdout)["token"])}

    @classmethod
    def fill(cls, name: str) -> Company:
        company = Company(cls.server, name)
        company.use_letters(cls.letters[name])
        company.things["plugin"] = OWN_PLUGIN[name]
        company.fill_with_people()
        company.fill_with_things()
        plant(company)
        return company

    @classmethod
    def tearDownClass(cls):
        for one in (cls.acme, cls.beta, *cls.outsiders.values()):
            one.close()
        code = cls.server.stop()
        assert code == 0, (code, cls.server.errors())
        cls.server.__exit__()

    def setUp(self):
        for file in self.files.values():
            quiet(file)

    def walk(self, cases=None) -> Walk:
        return Walk(self.acme, self.beta, self.outsiders, (self.files["acme"], self.files["beta"]), cases or self.cases)

    def test_everybody_everywhere_and_nothing_leaks(self):
        ears = {role: Ears(person) for role, person in self.acme.people.items()}
        walk = self.walk()
        walk.things_of_others()
        for file in self.files.values():
            quiet(file)
        walk.refused_ones()
        walk.permitted_ones()
        self.hear(walk, ears)
        self.assertEqual(walk.findings, [], as_text(walk.findings))
        print(f"{len({(one.method, one.pattern) for one in walk.cases})} endpoints, {len(walk.cases)} ways to ask, "
              f"{len(walk.people)} kinds of people, {walk.asked} requests, 0 leaks")
        self.assertGreater(walk.asked, 2000)

    def hear(self, walk: Walk, ears: dict) -> str:
        """The other company works; then something that everybody here is told, after which all else has been told too."""
        made = self.beta.customer()
        for method, body in (("PATCH", {"city": self.beta.mark()}), ("DELETE", None)):
            self.assertEqual(self.beta.boss.request(method, f"{CUSTOMER}/{made}", body).status, 204)
        version = f'version = "0.1.{self.beta.serial}"'
        self.beta.install(self.beta.own_manifest().replace('version = "0.1.0"', version, 1), "supplier")
        for verb in ("disable", "enable"):
            self.assertEqual(self.acme.boss.request("POST", f"/api/v1/plugins/probe/{verb}").status, 204)
        for role, ear in ears.items():
            wait_until(lambda ear=ear: b'"enabled"' in ear.heard and b'"probe"' in ear.heard, what=f"{role} hears of the menu")
            ear.close()
            for word in (self.beta.marker.encode(), made.encode(), *walk.foreign_ids):
                if word in ear.heard:
                    walk.findings.append(f"{role} heard {word.decode()}")
            if role not in ("admin",) and self.acme.marker.encode() in ear.heard:
                walk.findings.append(f"{role} heard a marker of what it may not see")
        return made

    def test_every_endpoint_has_a_line_that_says_who_may(self):
        self.assertGreater(len(self.routes), 100)
        self.assertEqual(not_in_the_table(self.routes, self.cases), [])

    # -- planted faults ----------------------------------------------------------------------------------------

    def test_an_endpoint_that_nobody_thought_of_is_named(self):
        less = [one for one in self.cases if (one.method, one.pattern) != ("GET", "/api/v1/audit")]
        self.assertEqual(not_in_the_table(self.routes, less),
                         ["no line says who may GET /api/v1/audit: add it to tests/walk/table.py"])
        more = [*self.cases, dataclasses.replace(self.cases[0], pattern="/api/v1/gone")]
        self.assertEqual(not_in_the_table(self.routes, more),
                         [f"the table has {more[-1].method} /api/v1/gone, which the server has not"])

    def swapped(self, role: str, other: Person) -> list:
        """What the walk finds when every fifth read of `role` is answered to somebody else's session."""
        reads = [one for one in self.cases if one.method == "GET" and not one.streams and one.fresh is None]
        walk = self.walk(reads)
        victim, count = walk.people[role], 0

        def asks(person: Person, *request):
            nonlocal count
            count += person is victim
            return Person.ask(other if person is victim and count % 5 == 0 else person, *request)

        walk.asks = asks
        return walk.everything()

    def test_a_session_of_another_company_that_slips_in_is_found(self):
        for role in ("admin", "plain", "anonymous"):
            findings = self.swapped(role, self.beta.people["admin"])
            self.assertTrue(any(one.startswith("another company's marker") for one in findings), (role, as_text(findings)))

    def test_a_session_of_a_mightier_user_that_slips_in_is_found(self):
        findings = self.swapped("clerk", self.acme.people["admin"])
        self.assertTrue(any(one.startswith("refused with 200") for one in findings), as_text(findings))
        self.assertTrue(any(one.startswith("a marker of what this role may not see") for one in findings), as_text(findings))

    def test_an_event_of_another_company_is_found(self):
        ears = {role: Ears(person) for role, person in self.acme.people.items()}
        foreign = Ears(self.beta.people["admin"])
        walk = self.walk()
        made = self.hear(walk, ears)
        self.assertEqual(walk.findings, [])
        foreign.close()
        self.assertIn(made.encode(), foreign.heard, "whoever may, hears of it: the ears above are not deaf")

    def test_a_change_in_the_other_company_is_found(self):
        before = digest(self.files["beta"], {})
        self.beta.customer()
        self.assertNotEqual(digest(self.files["beta"], {}), before)

    def test_every_role_of_the_table_is_walked(self):
        self.assertEqual(set(self.walk().people), set(ROLES))


def quiet(file: pathlib.Path) -> None:
    """Waits until nothing is left to do in a company: events are delivered, projections written."""
    before, since = None, time.monotonic()
    while True:
        now = digest(file, {})
        if now == before and time.monotonic() - since > 0.3:
            return
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
