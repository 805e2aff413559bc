"""Spectral finds nothing wrong with the document of anybody, in either language: no error, no warning, no hint."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from stage import HERE, Stage  # first: it makes the others findable
from node_modules import prepared


class SpectralTest(Stage):
    def test_spectral_finds_nothing_in_any_document(self):
        environment = prepared(HERE)
        with tempfile.TemporaryDirectory(prefix="tenon-openapi-") as folder:
            files = []
            for name, document in self.documents().items():
                files.append(pathlib.Path(folder) / f"{name}.json")
                files[-1].write_text(json.dumps(document, ensure_ascii=False))
            done = subprocess.run([str(HERE / "node_modules/.bin/spectral"), "lint", "--ruleset", str(HERE / "ruleset.yaml"),
                                   "--fail-severity", "hint", "--format", "json", *map(str, files)], env=environment,
                                  capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
            found = json.loads(done.stdout[done.stdout.index("["):done.stdout.rindex("]") + 1])
            shown = "\n".join(f"{one['code']} {'/'.join(map(str, one['path']))} {one['message']}" for one in found[:40])
            self.assertEqual((done.returncode, len(found)), (0, 0), shown + done.stderr[-1000:])


if __name__ == "__main__":
    unittest.main()
