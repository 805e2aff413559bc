"""Schemathesis asks the server whatever its OpenAPI document allows and forbids, and holds every answer against it: as the
administrator and as a clerk with few rights. EXAMPLES and SECONDS in the environment make it longer (tests/soak)."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from stage import HERE, Stage  # first: it makes the others findable
from node_modules import CACHE

PROGRAM = CACHE / "venv/bin/st"
EXAMPLES = os.environ.get("EXAMPLES", "3")
SECONDS = int(os.environ.get("SECONDS_EACH", "120"))


class SchemathesisTest(Stage):
    def setUp(self):
        super().setUp()
        if not PROGRAM.exists():
            if os.environ.get("CI"):
                self.fail("Schemathesis is missing: run ./dev setup")
            self.skipTest("Schemathesis is missing: run ./dev setup")

    def hold(self, token: str) -> None:
        document = self.document(token=token, Accept_Language="en")
        with tempfile.TemporaryDirectory(prefix="tenon-schemathesis-") as folder:
            file = pathlib.Path(folder) / "openapi.json"
            file.write_text(json.dumps(document))
            command = [str(PROGRAM), "--config-file", str(HERE / "schemathesis.toml"), "run", str(file), "--url",
                       f"http://127.0.0.1:{self.server.port}", "--phases", "examples,coverage,fuzzing,stateful",
                       "--max-examples", EXAMPLES, "--no-color", *more()]
            done = subprocess.run(command, env=os.environ | {"TENON_TOKEN": token}, cwd=folder, capture_output=True, text=True,
                                  timeout=SECONDS * 2 + 60, stdin=subprocess.DEVNULL, check=False)
        shown = "\n".join(line[:400] for line in done.stdout.splitlines())
        self.assertEqual(done.returncode, 0, shown[-60000:] + done.stderr[-2000:])
        print(shown[shown.rindex("Test Phases:"):])

    def test_every_answer_to_an_administrator_is_what_the_document_says(self):
        self.hold(self.token)

    def test_every_answer_to_a_clerk_is_what_the_document_says(self):
        self.hold(self.clerk_token)


def more() -> list:
    """A soak goes on until its time is over."""
    return ["--max-time", str(SECONDS)] if "SECONDS_EACH" in os.environ else []


if __name__ == "__main__":
    unittest.main()
