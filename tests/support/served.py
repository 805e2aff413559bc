"""The base of tests that talk to one running server with its demo tenant."""
import unittest

from tenon_server import Server


class ServedTest(unittest.TestCase):
    """Subclasses get `self.server` for the class and `self.client`, signed in, for each test. At the end the server must
    stop in good order."""

    demo_rows = 5

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo-rows", str(cls.demo_rows), *cls.database()).start()

    @classmethod
    def database(cls) -> list:
        """Arguments that say where the demo tenant lives."""
        return []

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, (code, cls.server.errors())
        cls.server.__exit__()

    def setUp(self):
        self.client = self.server.client().sign_in()
