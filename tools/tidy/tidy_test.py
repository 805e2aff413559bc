#!/usr/bin/env python3
"""Each rule must catch a fault that is planted for it, and must leave a clean tree alone: else its silence says nothing."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import arrows
import build_rules
import rooms
import text_rules
from tree import Tree

HEADER = "#pragma once\n// Solves the problem of an example.\n"
CLEAN = {
    "CMakeLists.txt": "foreach(room base async http modules)\nadd_subdirectory(src/${room})\nendforeach()\n"
                      "add_subdirectory(tests)\n",
    "src/base/CMakeLists.txt": "tenon_library(base)\n",
    "src/base/README.md": "# base\n",
    "src/base/error.h": HEADER,
    "src/base/error_test.cc": '#include "base/error.h"\n\n#include <gtest/gtest.h>\n',
    "src/async/CMakeLists.txt": "tenon_library(async)\n",
    "src/async/README.md": "# async\n",
    "src/async/task.h": HEADER + '#include <boost/asio/awaitable.hpp>\n#include "base/error.h"\n',
    "src/http/CMakeLists.txt": "tenon_library(http)\n",
    "src/http/README.md": "# http\n",
    "src/http/route.h": HEADER,
    "src/http/server.h": HEADER,
    "src/modules/CMakeLists.txt": "tenon_library(modules)\n",
    "src/modules/README.md": "# modules\n",
    "src/modules/module.h": HEADER + '#include "http/route.h"\n',
    "tests/CMakeLists.txt": "add_test(NAME api COMMAND ${Python3_EXECUTABLE} api_test.py)\n",
    "tests/api_test.py": "",
    "apps/tenon/main.cc": '#include <CLI/CLI.hpp>\n#include "base/error.h"\n',
    "wit/v1.0/world.wit": "package erp:plugin@1.0.0;\n",
}


class Tidy(unittest.TestCase):
    def setUp(self):
        self.released = dict(build_rules.RELEASED_CONTRACTS)
        build_rules.RELEASED_CONTRACTS.clear()

    def tearDown(self):
        build_rules.RELEASED_CONTRACTS.update(self.released)

    def problems(self, **changed) -> list[str]:
        """The breaches in the clean tree with some files replaced (a value of None removes the file)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            files = {k: v for k, v in (CLEAN | changed.get("files", {})).items() if v is not None}
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
            tree = Tree(root, list(files))
            return [str(p) for rules in (arrows, text_rules, build_rules) for p in rules.check(tree)]

    def caught(self, rule: str, files: dict) -> None:
        found = self.problems(files=files)
        self.assertEqual([p for p in found if f": {rule}: " not in p], [], "no other rule speaks")
        self.assertTrue(found, f"rule '{rule}' is silent")

    def test_a_clean_tree_has_no_problems(self):
        self.assertEqual(self.problems(), [])

    def test_the_table_of_rooms_has_no_cycle(self):
        for room in rooms.USES:
            self.assertNotIn(room, rooms.reachable(room))

    def test_an_arrow_that_points_up_is_caught(self):
        self.caught("arrow", {"src/base/error.cc": '#include "async/task.h"\n'})

    def test_an_arrow_to_a_room_beside_is_caught(self):
        self.caught("arrow", {"src/http/x.cc": '#include "storage/database.h"\n'})

    def test_modules_may_not_use_the_http_server(self):
        self.caught("arrow", {"src/modules/x.cc": '#include "http/server.h"\n'})

    def test_a_guest_may_not_include_the_host(self):
        self.caught("arrow", {"plugins/crm/guest.cc": '#include "base/error.h"\n'})

    def test_a_room_outside_the_table_is_caught(self):
        self.caught("room", {"src/extra/x.cc": ""})

    def test_headers_that_include_each_other_are_caught(self):
        self.caught("cycle", {"src/base/a.h": HEADER + '#include "base/b.h"\n',
                              "src/base/b.h": HEADER + '#include "base/a.h"\n'})

    def test_a_header_and_its_templates_are_one_idea(self):
        self.assertEqual(self.problems(files={"src/base/pool.h": HEADER + '#include "base/pool_run.h"\n',
                                              "src/base/pool_run.h": HEADER + '#include "base/pool.h"\n'}), [])

    def test_a_guest_may_not_use_a_library_of_the_host(self):
        self.caught("third-party", {"plugins/crm/guest.cc": "#include <fmt/format.h>\n"})

    def test_a_third_party_header_outside_its_room_is_caught(self):
        for header in ("sqlite3.h", "sodium.h", "boost/json/value.hpp", "wasmtime.h", "prometheus/counter.h"):
            with self.subTest(header):
                self.caught("third-party", {"src/modules/x.cc": f"#include <{header}>\n"})

    def test_asio_stays_below_the_rooms_that_wait_for_something_foreign(self):
        self.caught("third-party", {"src/modules/x.cc": "#include <boost/asio/post.hpp>\n"})

    def test_gtest_outside_a_test_is_caught(self):
        self.caught("third-party", {"src/base/error.cc": "#include <gtest/gtest.h>\n"})

    def test_a_library_that_no_table_names_is_caught(self):
        self.caught("third-party", {"src/base/error.cc": "#include <absl/strings/str_cat.h>\n"})

    def test_a_long_file_is_caught(self):
        self.caught("length", {"src/base/error.cc": "int a;\n" * 601})

    def test_a_heavy_file_is_caught_but_a_lock_file_is_not(self):
        self.caught("size", {"docs/picture.png": b"\0" * 100_001})
        self.assertEqual(self.problems(files={"web/package-lock.json": " " * 200_000}), [])

    def test_a_header_without_pragma_once_is_caught(self):
        self.caught("header", {"src/base/error.h": "// Solves a problem.\n"})

    def test_a_header_without_its_comment_is_caught(self):
        self.caught("header", {"src/base/error.h": "#pragma once\n#include <string>\n"})

    def test_using_namespace_in_a_header_is_caught(self):
        self.caught("header", {"src/base/error.h": HEADER + "using namespace std;\n"})

    def test_a_path_of_one_machine_is_caught(self):
        for path in ("/ro" + "ot/.cache", "/ho" + "me/someone/x", "/wo" + "rk/main"):
            with self.subTest(path):
                self.caught("path", {"docs/x.md": f"see {path}\n"})

    def test_paths_that_belong_to_a_page_or_a_repository_are_left_alone(self):
        self.assertEqual(self.problems(files={"docs/x.md": "network/workers, docs/work/x, api/v1/root\n"}), [])

    def test_the_host_of_a_registry_is_caught(self):
        self.caught("registry", {"web/package-lock.json": '"resolved": "https://registry.npm' + 'js.org/x.tgz"\n'})

    def test_an_open_end_without_an_issue_is_caught(self):
        self.caught("open end", {"src/base/error.cc": "// TO" + "DO: later\n"})
        self.assertEqual(self.problems(files={"src/base/error.cc": "// TO" + "DO(#12): later\n"}), [])

    def test_a_test_that_no_build_names_is_caught(self):
        self.caught("unbuilt", {"tests/lost_test.cc": "#include <gtest/gtest.h>\n"})
        self.caught("unbuilt", {"tests/lost_test.py": ""})

    def test_a_test_may_be_named_by_another_folder(self):
        self.assertEqual(self.problems(files={
            "tools/x_test.py": "",
            "src/http/CMakeLists.txt": "tenon_library(http)\nadd_test(NAME x COMMAND ${CMAKE_SOURCE_DIR}/tools/x_test.py)\n",
        }), [])

    def test_a_test_in_a_folder_that_the_build_does_not_reach_is_caught(self):
        self.caught("unbuilt", {"tests/deep/CMakeLists.txt": "add_executable(x x_test.cc)\n", "tests/deep/x_test.cc": ""})

    def test_a_room_without_a_readme_or_with_a_long_one_is_caught(self):
        self.caught("readme", {"src/base/README.md": None})
        self.caught("readme", {"src/base/README.md": "line\n" * 41})

    def test_a_changed_released_contract_is_caught(self):
        build_rules.RELEASED_CONTRACTS["wit/v0"] = "0" * 64
        self.caught("contract", {"wit/v0/plugin.wit": "package erp:plugin;\n"})

    def test_a_contract_of_no_declared_state_is_caught(self):
        self.caught("contract", {"wit/v2.0/world.wit": "package erp:plugin@2.0.0;\n"})


if __name__ == "__main__":
    unittest.main()
