"""`@supabase/postgrest-js`, unmodified, against a live server: tests/clients/postgrest_js says what."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from node_modules import prepared  # noqa: E402
from shop import ShopTest, on_postgres  # noqa: E402
from tenon_server import ROOT  # noqa: E402

CLIENT = ROOT / "tests/clients/postgrest_js"


class PostgrestJsTest(ShopTest):
    def test_the_client_of_supabase_works_unmodified(self):
        environment = prepared(CLIENT)
        environment |= {"TENON_URL": f"http://127.0.0.1:{self.server.port}/api/v1", "TENON_COOKIE": self.client.cookie}
        done = subprocess.run(["node", "--test", "--test-reporter=spec", str(CLIENT / "client.test.mjs")], env=environment,
                              capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
        passed = next(int(line.split()[-1]) for line in done.stdout.splitlines() if " pass " in line)
        self.assertGreaterEqual(passed, 23, done.stdout[-3000:])


globals().update(on_postgres(PostgrestJsTest))

if __name__ == "__main__":
    unittest.main()
