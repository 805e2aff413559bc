"""TypeScript types are made of the document, compiled strictly together with a program that uses them, and the program works
against the live server. Nothing of it is kept: types are written into the build folder."""
import json
import shutil
import subprocess
import unittest

from stage import HERE, Stage  # first: it makes the others findable
from node_modules import prepared
from tenon_server import BUILD


class TypesTest(Stage):
    def run_node(self, environment: dict, *command: str) -> str:
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=240,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 0, (command, done.stdout[-4000:] + done.stderr[-4000:]))
        return done.stdout

    def test_a_program_that_knows_only_the_generated_types_compiles_and_works(self):
        environment = prepared(HERE)
        self.folder = BUILD / "openapi"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "node_modules").symlink_to((HERE / "node_modules").resolve())
        (self.folder / "openapi.json").write_text(json.dumps(self.document(token=self.token, Accept_Language="en")))
        tools = HERE / "node_modules/.bin"
        self.run_node(environment, str(tools / "openapi-typescript"), "openapi.json", "--output", "api.d.ts",
                      "--default-non-nullable=false")
        configuration = json.loads((HERE / "tsconfig.json").read_text())
        configuration["compilerOptions"]["paths"] = {"api": ["./api.d.ts"]}
        configuration["files"] = ["client.ts", "api.d.ts"]
        (self.folder / "tsconfig.json").write_text(json.dumps(configuration))
        (self.folder / "package.json").write_text('{"type": "module"}')
        shutil.copy(HERE / "client.ts", self.folder)
        self.run_node(environment, str(tools / "tsc"), "--project", "tsconfig.json")
        environment |= {"TENON_URL": f"http://127.0.0.1:{self.server.port}", "TENON_TOKEN": self.token}
        self.assertIn("done", self.run_node(environment, "node", "client.js"))


if __name__ == "__main__":
    unittest.main()
