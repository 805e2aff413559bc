"""V6 against a live server: a contract v0 component is uploaded while it runs, is called through an event, and after a
restart is loaded back out of the database and called again."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import GUESTS, Server, wait_until  # noqa: E402

MANIFEST = """
[metadata]
id = "sample"
name = "Sample"
version = "1.0.0"
contract = "v0"

[events]
subscribe = ["crm.customer.created"]

[[schema.entities]]
name = "test_entity"
display_name = "Test"

[[schema.entities.fields]]
name = "name"
field_type = "string"
display_name = "Name"
""".encode()


class V6Test(unittest.TestCase):
    def test_V6_an_uploaded_component_is_called_and_called_again_after_a_restart(self):
        with tempfile.TemporaryDirectory(prefix="tenon-v6-") as data:
            with Server("--demo-rows", "0", data=data) as server:
                client = server.client().sign_in()
                answer = client.upload(MANIFEST, (GUESTS / "cpp_v0.wasm").read_bytes())
                self.assertEqual(answer.status, 201, answer)
                self.create_and_expect(client, 1)
            with Server("--demo-rows", "0", data=data) as server:
                self.create_and_expect(server.client().sign_in(), 2)

    def create_and_expect(self, client, rows: int) -> None:
        self.assertEqual(client.request("POST", "/api/v1/crm/customer", {"name": f"客户{rows}"}).status, 201)
        path = "/api/v1/sample/test_entity"
        wait_until(lambda: len(client.request("GET", path).json()) == rows, what=f"{rows} rows of the v0 module")
        self.assertTrue(all(row["name"] == "test" for row in client.request("GET", path).json()))


if __name__ == "__main__":
    unittest.main()
