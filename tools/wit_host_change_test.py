#!/usr/bin/env python3
"""A changed WIT signature breaks the host's build: shown on copies of the WIT, each with one change.

Usage: wit_host_change_test.py COMPILER FLAG... with TENON_WASM_TOOLS in the environment.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import wit_host  # noqa: E402

COMPILE = []

# what changes, file, before, after
CHANGES = [
    ("a parameter becomes text instead of bytes", "v0/plugin.wit",
     "db-insert: func(entity: string, data: list<u8>)", "db-insert: func(entity: string, data: string)"),
    ("a host function gets one more parameter", "v0/plugin.wit",
     "log-write: func(level: string, message: string)", "log-write: func(level: string, message: string, line: u32)"),
    ("a host function loses a parameter", "v0/plugin.wit",
     "log-write: func(level: string, message: string)", "log-write: func(message: string)"),
    ("a host function gives another result", "v0/plugin.wit",
     "-> result<list<u8>, string>", "-> result<string, string>"),
    ("a host function gives a result where it gave none", "v0/plugin.wit",
     "log-write: func(level: string, message: string)", "log-write: func(level: string, message: string) -> bool"),
    ("a host function has another name", "v0/plugin.wit", "db-insert: func", "db-put: func"),
    ("the host is asked for one more function", "v0/plugin.wit",
     "interface host {", "interface host {\n    db-delete: func(id: string) -> result<_, string>;"),
    ("an export takes text instead of bytes", "v0/plugin.wit",
     "func(event-type: string, payload: list<u8>)", "func(event-type: string, payload: string)"),
    ("an export takes one more parameter", "v0/plugin.wit",
     "func(event-type: string, payload: list<u8>)", "func(event-type: string, payload: list<u8>, hop: u32)"),
    ("an export gives another error", "v0/plugin.wit",
     "payload: list<u8>) -> result<_, string>", "payload: list<u8>) -> result<_, u32>"),
    ("an export has another name", "v0/plugin.wit", "handle-event: func", "on-event: func"),
    ("the error record gets a member", "v1.0/types.wit",
     "fields: string,", "fields: string,\n        trace: string,"),
    ("an enumeration gets a case", "v1.0/imports.wit", "{ debug, info, warn, error }", "{ debug, info, warn, error, trace }"),
    ("a number becomes wider", "v1.0/imports.wit", "now: func() -> u64", "now: func() -> s64"),
    ("an interface is imported that the host does not give", "v1.0/world.wit", "/// What the host gives.\nworld imports {",
     "interface extra {\n    f: func();\n}\n\nworld imports {\n    import extra;"),
]


class ChangedWit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.base = pathlib.Path(cls.folder.name)
        cls.pch = cls.base / "bindings.pch"
        subprocess.run([*COMPILE, "-x", "c++-header", str(ROOT / "src/plugins/contract/bindings.h"), "-o", str(cls.pch)],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def build(self, change=None):
        """Whether generation and compilation succeed, and what was said."""
        with tempfile.TemporaryDirectory(dir=self.base) as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(ROOT / "wit", folder / "wit")
            if change:
                path, before, after = folder / "wit" / change[0], change[1], change[2]
                text = path.read_text(encoding="utf-8")
                self.assertIn(before, text, "the change no longer fits the WIT")
                path.write_text(text.replace(before, after), encoding="utf-8")
            for version in ("v0", "v1.0"):
                name = version.replace(".", "_")
                done = wit_host.main([str(folder / "wit" / version), "--world", "plugin-world",
                                      "--namespace", f"tenon::contract::{name}",
                                      "--output", str(folder / "contract" / f"{name}.h"),
                                      "--wasm-tools", os.environ["TENON_WASM_TOOLS"]])
                if done != 0:
                    return False, "the generator refused the WIT"
            done = subprocess.run([*COMPILE, "-include-pch", str(self.pch), f"-I{folder}", "-fsyntax-only", "-Werror",
                                   "-Wswitch", str(ROOT / "tools/testdata/wit_host_user.cc")],
                                  capture_output=True, text=True)
            return done.returncode == 0, done.stderr

    def test_the_wit_as_it_is_compiles(self):
        good, said = self.build()
        self.assertTrue(good, said)

    def test_a_comment_changes_nothing(self):
        good, said = self.build(("v0/plugin.wit", "interface host {", "/// The host.\ninterface host {"))
        self.assertTrue(good, said)

    def test_every_changed_signature_breaks_the_build(self):
        for title, *change in CHANGES:
            with self.subTest(title):
                good, said = self.build(change)
                self.assertFalse(good, "it still compiles")
                self.assertIn("error:", said, "the generator is at fault, not the implementation")


if __name__ == "__main__":
    COMPILE = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
