#!/usr/bin/env python3
"""Tests of wit_host.py on small WITs. TENON_WASM_TOOLS names the wasm-tools to use."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import wit_host  # noqa: E402

def generate(interface, world="import a;", **choices):
    text = f"package t:p@1.2.3;\ninterface a {{ {interface} }}\nworld w {{ {world} }}\n"
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "t.wit").write_text(text, encoding="utf-8")
        wit = wit_host.read_wit(os.environ.get("TENON_WASM_TOOLS", "wasm-tools"), folder)
        return wit_host.generate(wit, "w", "n::v1", **choices)


class Imports(unittest.TestCase):
    def signature(self, function, declared, **choices):
        self.assertIn(declared, generate(function, **choices))

    def test_scalars_keep_their_width(self):
        self.signature("f: func(a: bool, b: u8, c: u16, d: u32, e: u64, f: s32, g: s64, h: f64);",
                       "f(wasm::CallState& call, bool a, std::uint8_t b, std::uint16_t c, std::uint32_t d, "
                       "std::uint64_t e, std::int32_t f, std::int64_t g, double h) = 0;")

    def test_parameters_are_views_and_results_own(self):
        self.signature("f: func(a: string, b: list<u8>) -> tuple<string, list<u8>>;",
                       "::tenon::Result<std::tuple<std::string, contract::Bytes>> "
                       "f(wasm::CallState& call, std::string_view a, contract::BytesView b) = 0;")

    def test_lists_options_and_tuples_nest(self):
        self.signature("f: func(a: list<string>, b: option<list<u32>>, c: tuple<u8, option<string>>);",
                       "std::vector<std::string_view> a, std::optional<std::vector<std::uint32_t>> b, "
                       "std::tuple<std::uint8_t, std::optional<std::string_view>> c) = 0;")

    def test_all_forms_of_result(self):
        for wit, cpp in [("result", "void, std::monostate"), ("result<u32>", "std::uint32_t, std::monostate"),
                         ("result<_, string>", "void, std::string"),
                         ("result<list<u8>, string>", "contract::Bytes, std::string")]:
            self.signature(f"f: func() -> {wit};", f"contract::Answer<std::expected<{cpp}>> f(")

    def test_enums_and_records_are_types_of_their_interface(self):
        text = generate("enum color { dark-red, new } record point { x: s32, label: string, color: color }"
                        "f: func(p: point) -> color;")
        self.assertIn("enum class Color : std::uint32_t {\n  dark_red,\n  new_,\n};", text)
        self.assertIn("struct Point {\n  std::int32_t x{};\n  std::string label{};\n  a::Color color{};\n};", text)
        self.assertIn("::tenon::Result<a::Color> f(wasm::CallState& call, a::Point p) = 0;", text)
        self.assertIn("struct tenon::contract::Codec<::n::v1::a::Point>", text)

    def test_types_are_spelled_for_the_linker(self):
        text = generate("enum color { dark-red, new } record point { x: s32, c: color }"
                        "f: func(p: point, q: option<string>) -> result<tuple<u8, f64>, color>;")
        self.assertIn('"t:p/a@1.2.3", "f", "(record{x: s32, c: enum{dark-red, new}}, option<string>) -> '
                      'result<tuple<u8, f64>, enum{dark-red, new}>"', text)

    def test_aliases_are_written_out(self):
        self.signature("type id = u64; type ids = list<id>; f: func(a: ids);", "std::vector<std::uint64_t> a) = 0;")

    def test_keywords_and_names_of_the_bindings_get_a_tail(self):
        self.signature("delete: func(call: u8, new: u8);", "delete_(wasm::CallState& call, std::uint8_t call_, "
                       "std::uint8_t new_) = 0;")

    def test_only_results_may_suspend_unless_told(self):
        function = "f: func() -> result; g: func() -> u64;"
        self.signature(function, "contract::Answer<std::expected<void, std::monostate>> f(")
        self.signature(function, "::tenon::Result<std::uint64_t> g(")
        self.signature(function, "contract::Answer<std::uint64_t> g(", suspends=["a#g"])
        self.signature(function, "::tenon::Result<std::expected<void, std::monostate>> f(", sync=["a"])

    def test_a_choice_of_nothing_is_an_error(self):
        with self.assertRaisesRegex(wit_host.WitError, "a#h: the world imports no such function"):
            generate("f: func();", suspends=["a#h"])


class Exports(unittest.TestCase):
    def test_a_descriptor_says_what_the_function_is(self):
        text = generate("/// Runs.\nrun-it: func(a: string) -> u32;", world="export a;")
        self.assertIn("/// Runs.\nstruct RunIt {", text)
        self.assertIn('kInterface = "t:p/a@1.2.3"', text)
        self.assertIn('kName = "run-it"', text)
        self.assertIn("using Output = std::uint32_t;", text)
        self.assertIn("arguments(Storage& storage, const std::string_view& a)", text)

    def test_flat_arguments_need_no_storage(self):
        self.assertIn("using Storage = contract::NoStorage;", generate("f: func(a: list<u8>);", world="export a;"))
        self.assertIn("using Storage = wasm::ValueTree;", generate("f: func(a: list<u16>);", world="export a;"))


class Refusals(unittest.TestCase):
    def test_what_has_no_side_in_cpp_names_its_place(self):
        for wit, place in [
            ("variant v { a, b(u8) } f: func(x: v);", "t:p/a@1.2.3#f, parameter x: `variant`"),
            ("flags v { a, b } f: func(x: v);", "t:p/a@1.2.3#f, parameter x: `flags`"),
            ("f: func(x: char);", "t:p/a@1.2.3#f, parameter x: `char`"),
            ("f: func(x: s8);", "t:p/a@1.2.3#f, parameter x: `s8`"),
            ("f: func() -> f32;", "t:p/a@1.2.3#f, result: `f32`"),
            ("f: func(x: list<bool>);", "t:p/a@1.2.3#f, parameter x: `list<bool>`"),
            ("f: func(x: result<u8>);", "t:p/a@1.2.3#f, parameter x: `result`"),
            ("f: func() -> option<result>;", "t:p/a@1.2.3#f, result: `result` inside another type"),
            ("resource r; f: func(x: borrow<r>);", "t:p/a@1.2.3#f, parameter x: `handle`"),
            ("resource r { m: func(); }", "r.m: methods"),
        ]:
            with self.subTest(wit), self.assertRaises(wit_host.WitError) as raised:
                generate(wit)
            self.assertIn(place, str(raised.exception))

    def test_functions_of_the_world_itself_are_refused(self):
        with self.assertRaisesRegex(wit_host.WitError, "world w, imports: `f` is a function"):
            generate("g: func();", world="import f: func();")

    def test_interfaces_written_inside_the_world_are_refused(self):
        with self.assertRaisesRegex(wit_host.WitError, "inside the world"):
            generate("g: func();", world="import b: interface { f: func(); }")

    def test_a_wrong_wit_ends_with_one_line_and_status_1(self):
        said = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(said):
            (pathlib.Path(folder) / "t.wit").write_text("package t:p; interface {", encoding="utf-8")
            status = wit_host.main([folder, "--world", "w", "--namespace", "n", "--output", f"{folder}/x.h",
                                    "--wasm-tools", os.environ.get("TENON_WASM_TOOLS", "wasm-tools")])
            self.assertFalse((pathlib.Path(folder) / "x.h").exists())
        self.assertEqual(status, 1)
        self.assertTrue(said.getvalue().startswith("wit_host: "))


if __name__ == "__main__":
    unittest.main()
