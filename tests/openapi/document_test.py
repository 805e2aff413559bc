"""The document is of the company, the modules and the rights of who asks, and is written once for them."""
import unittest

from stage import DOCUMENT, Stage  # first: it makes the others findable


def operations(document: dict) -> set:
    return {one["operationId"] for path in document["paths"].values() for one in path.values()}


class DocumentTest(Stage):
    def test_everybody_is_shown_what_he_may_use(self):
        documents = self.documents()
        shown = {name: operations(one) for name, one in documents.items() if name.endswith("-en")}
        self.assertLess(shown["stranger-en"], shown["clerks-token-en"])
        self.assertLess(shown["clerks-token-en"], shown["administrators-token-en"])
        self.assertIn("create_token", shown["administrator-en"] - shown["administrators-token-en"])
        self.assertNotIn("list_shop_item", shown["clerk-en"])
        for name, one in documents.items():
            self.assertEqual("credit_limit" in str(one), name.startswith("administrator"), name)

    def test_what_is_shown_is_answered_and_what_is_not_is_refused(self):
        """Every GET without parameters in the address, as the administrator's document has it, asked by the clerk."""
        own = operations(self.document(token=self.clerk_token))
        client = self.server.client()
        for path, item in self.document(token=self.token)["paths"].items():
            if "get" not in item or "{" in path or item["get"]["operationId"] in ("listen", "come_back_from_sign_in_service"):
                continue
            answer = client.request("GET", path, headers={"Authorization": f"Bearer {self.clerk_token}"})
            refused = answer.status in (401, 403)
            self.assertEqual(refused, item["get"]["operationId"] not in own, (path, answer))

    def test_it_follows_what_is_installed_and_the_roles(self):
        before = operations(self.document(self.client))
        self.assertEqual(self.client.request("POST", "/api/v1/plugins/shop/disable").status, 204)
        self.assertEqual({one for one in before - operations(self.document(self.client)) if "shop" not in one}, set())
        self.assertNotIn("list_shop_item", operations(self.document(self.client)))
        self.assertEqual(self.client.request("POST", "/api/v1/plugins/shop/enable").status, 204)
        self.assertEqual(operations(self.document(self.client)), before)

    def test_one_that_is_known_is_not_sent_again(self):
        first = self.client.request("GET", DOCUMENT)
        again = self.client.request("GET", DOCUMENT, headers={"If-None-Match": first.headers["etag"]})
        self.assertEqual((again.status, again.body, again.headers["etag"]), (304, b"", first.headers["etag"]))
        other = self.client.request("GET", DOCUMENT, headers={"Accept-Language": "en"})
        self.assertEqual(other.headers["content-language"], "en")

    def test_whole_records_are_what_their_schema_says(self):
        schema = self.document(token=self.token)["components"]["schemas"]["crm.customer"]
        rows = self.client.request("GET", "/api/v1/crm/customer?limit=5").json()
        self.assertTrue(rows)
        for row in rows:
            self.assertEqual(list(row), list(schema["properties"]))
            self.assertEqual(schema["required"], list(row))


if __name__ == "__main__":
    unittest.main()
