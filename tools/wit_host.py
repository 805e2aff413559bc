#!/usr/bin/env python3
"""Writes the typed C++ host bindings of one contract version.

The host and its guests agree on a WIT folder. Hand-written decoding would drift from it silently, so this tool reads
the resolved WIT (`wasm-tools component wit --json`) and writes one header:

* for each interface the world imports an abstract class with one virtual function per WIT function;
* a link table and `link()`, which registers implementations of them in a wasm::Linker;
* for each interface the world exports one descriptor per function, for contract::find() and Function::run().

A function that returns a `result` may suspend (it answers an Answer<T>); any other answers at once (a Result<T>).
`--suspends` and `--sync` (interface#function, or a whole interface) change that.

Whatever the C++ side cannot say is an error that names the place in the WIT.
"""

import argparse
import json
import pathlib
import subprocess
import sys

INTEGERS = {
    "u8": "std::uint8_t", "u16": "std::uint16_t", "u32": "std::uint32_t", "u64": "std::uint64_t",
    "s32": "std::int32_t", "s64": "std::int64_t",
}
SCALARS = {"bool": "bool", "f64": "double", "float64": "double", **INTEGERS}

ERROR_TYPE = ("record{code: enum{invalid, not-found, conflict, denied, exhausted, unavailable, cancelled, internal}, "
              "message: string, fields: string}")
ERROR_CODE_TYPE = ERROR_TYPE[len("record{code: "):ERROR_TYPE.index("}") + 1]

# Words that no generated name may be; the first three are names of the generated code itself.
KEYWORDS = {"call", "storage", "arguments"} | set("""alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t
class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long
mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template this
thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor
xor_eq""".split())


class WitError(Exception):
    """Something in the WIT that has no C++ side; the message names the place."""


def snake(name):
    word = name.replace("-", "_").lower()
    return word + "_" if word in KEYWORDS else word


def title(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


class Types:
    """The three spellings of a WIT type: canonical text, C++ parameter, C++ result."""

    def __init__(self, wit):
        self.wit = wit

    def resolve(self, ref):
        """Follows `use` and `type a = b` to the type itself; a str for primitives."""
        while not isinstance(ref, str):
            kind = self.wit["types"][ref]["kind"]
            if not (isinstance(kind, dict) and "type" in kind):
                return ref
            ref = kind["type"]
        return ref

    def entry(self, ref):
        declared = self.wit["types"][ref]
        kind = declared["kind"]
        if isinstance(kind, str):
            return declared, kind, None
        (word, body), = kind.items()
        return declared, word, body

    def unsupported(self, what, place):
        raise WitError(f"{place}: {what} has no C++ side here; use bool, u8..u64, s32, s64, f64, string, list, option, "
                       "tuple, record, enum, or a result as the whole result")

    def text(self, ref, place):
        ref = self.resolve(ref)
        if isinstance(ref, str):
            if ref == "string" or ref in SCALARS:
                return "f64" if ref == "float64" else ref
            self.unsupported(f"`{ref}`", place)
        declared, word, body = self.entry(ref)
        if word == "list":
            return f"list<{self.text(body, place)}>"
        if word == "option":
            return f"option<{self.text(body, place)}>"
        if word == "tuple":
            return f"tuple<{', '.join(self.text(member, place) for member in body['types'])}>"
        if word == "result":
            ok = "_" if body["ok"] is None else self.text(body["ok"], place)
            if body["err"] is None:
                return "result" if ok == "_" else f"result<{ok}>"
            return f"result<{ok}, {self.text(body['err'], place)}>"
        if word == "enum":
            return f"enum{{{', '.join(case['name'] for case in body['cases'])}}}"
        if word == "record":
            members = (f"{field['name']}: {self.text(field['type'], place)}" for field in body["fields"])
            return f"record{{{', '.join(members)}}}"
        return self.unsupported(f"`{word}` {declared.get('name') or ''}".strip(), place)

    def named(self, ref):
        """The C++ name of an enum or record, in the namespace of the interface that declares it."""
        declared = self.wit["types"][ref]
        owner = declared["owner"]
        if owner is None or "interface" not in owner:
            raise WitError(f"type {declared['name']}: types outside an interface are not supported")
        return f"{snake(self.wit['interfaces'][owner['interface']]['name'])}::{title(declared['name'])}"

    def cpp(self, ref, place, owned, nested=False):
        """`owned`: a result or a record's member, else a parameter (text and bytes are views)."""
        ref = self.resolve(ref)
        if isinstance(ref, str):
            if ref == "string":
                return "std::string" if owned else "std::string_view"
            if ref in SCALARS:
                return SCALARS[ref]
            self.unsupported(f"`{ref}`", place)
        _, word, body = self.entry(ref)
        if word == "list":
            if self.resolve(body) == "u8":
                return "contract::Bytes" if owned else "contract::BytesView"
            if self.resolve(body) == "bool":
                self.unsupported("`list<bool>`", place)
            return f"std::vector<{self.cpp(body, place, owned, True)}>"
        if word == "option":
            return f"std::optional<{self.cpp(body, place, owned, True)}>"
        if word == "tuple":
            return f"std::tuple<{', '.join(self.cpp(member, place, owned, True) for member in body['types'])}>"
        if word == "result":
            if nested or not owned:
                self.unsupported("`result` inside another type or as a parameter", place)
            ok = "void" if body["ok"] is None else self.cpp(body["ok"], place, True, True)
            err = "std::monostate" if body["err"] is None else self.cpp(body["err"], place, True, True)
            return f"std::expected<{ok}, {err}>"
        if word in ("enum", "record"):
            return self.named(ref)
        return self.unsupported(f"`{word}`", place)

    def is_flat(self, ref):
        """Whether a parameter is encoded without storage of its own."""
        ref = self.resolve(ref)
        if isinstance(ref, str):
            return True
        _, word, body = self.entry(ref)
        return word == "enum" or (word == "list" and self.resolve(body) == "u8")

    def is_result(self, ref):
        ref = self.resolve(ref) if ref is not None else "none"
        return not isinstance(ref, str) and self.entry(ref)[1] == "result"


class Function:
    def __init__(self, types, interface, raw):
        self.wit_name = raw["name"]
        self.place = f"{interface.id}#{self.wit_name}"
        if raw["kind"] != "freestanding":
            raise WitError(f"{self.place}: methods and asynchronous functions are not supported")
        self.cpp_name = snake(self.wit_name)
        self.result_ref = raw.get("result")
        self.params = []
        for param in raw["params"]:
            where = f"{self.place}, parameter {param['name']}"
            self.params.append((snake(param["name"]), types.cpp(param["type"], where, owned=False)))
        result = self.result_ref
        self.result = "void" if result is None else types.cpp(result, f"{self.place}, result", owned=True)
        self.type = f"({', '.join(types.text(p['type'], self.place) for p in raw['params'])})"
        if result is not None:
            self.type += f" -> {types.text(result, self.place)}"
        self.flat = all(types.is_flat(p["type"]) for p in raw["params"])
        self.may_suspend = types.is_result(result)
        self.docs = (raw.get("docs") or {}).get("contents")

    def parameters(self):
        return ", ".join(f"{cpp} {name}" for name, cpp in self.params)


class Interface:
    def __init__(self, wit, types, index):
        raw = wit["interfaces"][index]
        self.name = raw["name"]
        if self.name is None:
            raise WitError("an interface written inside the world is not supported; give it a name of its own")
        package, _, version = wit["packages"][raw["package"]]["name"].partition("@")
        self.id = f"{package}/{self.name}" + (f"@{version}" if version else "")
        self.namespace = snake(self.name)
        self.cpp_name = title(self.name)
        self.functions = [Function(types, self, function) for function in raw["functions"].values()]
        self.docs = (raw.get("docs") or {}).get("contents")


def items(wit, world, side):
    for name, item in world[side].items():
        if "interface" not in item:
            kind = next(iter(item))
            if kind == "type":
                continue
            raise WitError(f"world {world['name']}, {side}: `{name}` is a {kind}; only interfaces are supported")
        yield item["interface"]["id"]


def comment(docs, indent):
    return [f"{indent}/// {line}".rstrip() for line in docs.splitlines()] if docs else []


def write_types(wit, types, used):
    lines = []
    for index in used:
        interface = wit["interfaces"][index]
        body = []
        for ref in interface["types"].values():
            declared, word, kind = types.entry(ref)
            name, place = declared["name"], f"{interface['name']}.{declared['name']}"
            if word == "type":
                continue  # `use` and aliases resolve to what they name
            docs = comment((declared.get("docs") or {}).get("contents"), "")
            if word == "enum":
                if types.text(ref, place) == ERROR_CODE_TYPE:
                    body += docs + [f"using {title(name)} = ::tenon::ErrorCode;"]
                    continue
                cases = "".join(f"  {snake(case['name'])},\n" for case in kind["cases"])
                body += docs + [f"enum class {title(name)} : std::uint32_t {{\n{cases}}};"]
            elif word == "record":
                if types.text(ref, place) == ERROR_TYPE:
                    body += docs + [f"using {title(name)} = ::tenon::wasm::Failure;"]
                    continue
                body += docs + [f"struct {title(name)} {{"]
                for field in kind["fields"]:
                    cpp = types.cpp(field["type"], f"{place}.{field['name']}", owned=True, nested=True)
                    body.append(f"  {cpp} {snake(field['name'])}{{}};")
                body.append("};")
            else:
                types.text(ref, place)  # names what is unsupported; plain aliases of supported types need nothing
        if body:
            lines += [f"namespace {snake(interface['name'])} {{", *body, f"}}  // namespace {snake(interface['name'])}", ""]
    return lines


def write_codecs(wit, types, used, namespace):
    """Codec specialisations live in tenon::contract, outside the version's own namespace."""
    lines = []
    for index in used:
        interface = wit["interfaces"][index]
        for ref in interface["types"].values():
            declared, word, kind = types.entry(ref)
            place = f"{interface['name']}.{declared['name']}"
            if word != "record" or types.text(ref, place) == ERROR_TYPE:
                continue
            name = f"{namespace}::{types.named(ref)}"
            fields = [snake(field["name"]) for field in kind["fields"]]
            decoded = ", ".join(
                f"decode_member<decltype({name}::{field})>(value, {number})" for number, field in enumerate(fields))
            encoded = ", ".join(f"value.{field}" for field in fields)
            lines += [
                "template <>",
                f"struct tenon::contract::Codec<{name}> {{",
                f"  static {name} decode(const wasm::Value& value) {{ return {{{decoded}}}; }}",
                f"  static wasm::Value encode(wasm::ValueTree& tree, const {name}& value) {{",
                f"    return encode_members<wasm::Kind::record>(tree, {encoded});",
                "  }",
                "};",
                "",
            ]
    return lines


def write_import(interface):
    lines = comment(interface.docs, "") + [
        f"/// Host side of `{interface.id}`. Functions run on the guest's fiber and do not throw.",
        f"class {interface.cpp_name} {{",
        " public:",
        f"  {interface.cpp_name}() = default;",
        f"  {interface.cpp_name}(const {interface.cpp_name}&) = delete;",
        f"  {interface.cpp_name}& operator=(const {interface.cpp_name}&) = delete;",
        f"  virtual ~{interface.cpp_name}() = default;",
    ]
    for function in interface.functions:
        kind = "contract::Answer" if function.may_suspend else "::tenon::Result"
        parameters = ", ".join(["wasm::CallState& call", *([function.parameters()] if function.params else [])])
        lines += ["", *comment(function.docs, "  "),
                  f"  virtual {kind}<{function.result}> {function.cpp_name}({parameters}) = 0;"]
    return lines + ["};", ""]


def write_link(imports):
    lines = ["/// Implementations of everything this contract gives to guests. Lifetime: outlive the linker and its programs.",
             "struct Imports {"]
    lines += [f"  {interface.cpp_name}& {interface.namespace};" for interface in imports]
    lines += ["};", ""]
    rows = [(interface, function) for interface in imports for function in interface.functions]
    lines.append(f"inline constexpr std::array<contract::LinkRow, {len(rows)}> kLinkTable = {{")
    for interface, function in rows:
        waits = "maybe" if function.may_suspend else "never"
        lines.append(f'    contract::LinkRow{{"{interface.id}", "{function.wit_name}", "{function.type}", '
                     f"wasm::Waits::{waits}}},")
    lines += ["};", "",
              "/// Defines every row of kLinkTable. Errors: those of wasm::Linker::define.",
              "[[nodiscard]] inline ::tenon::Result<> link(wasm::Linker& linker, const Imports& imports) {"]
    lines += ["  const auto define = [&](const contract::LinkRow& row, wasm::HostFunction function) {",
              "    return linker.define(row.interface, row.name, row.type, row.waits, std::move(function));",
              "  };"] if rows else ["  static_cast<void>(linker);", "  static_cast<void>(imports);"]
    for number, (interface, function) in enumerate(rows):
        arguments = ["call"] + [f"contract::decode<{cpp}>(arguments[{index}])"
                                for index, (_, cpp) in enumerate(function.params)]
        invoke = f"host.{function.cpp_name}({', '.join(arguments)})"
        answer = f"{invoke}.reply()" if function.may_suspend else f"contract::to_reply({invoke})"
        lines += [f"  TENON_TRY(define(kLinkTable[{number}], [&host = imports.{interface.namespace}](",
                  "      wasm::CallState& call, [[maybe_unused]] wasm::Arguments arguments) -> wasm::HostReply {",
                  f"    return contract::guarded([&]() -> wasm::HostReply {{ return {answer}; }});",
                  "  }));"]
    return lines + ["  return {};", "}", ""]


def write_export(interface):
    lines = comment(interface.docs, "") + [f"/// What a guest may offer as `{interface.id}`.",
                                           f"namespace {interface.namespace} {{"]
    for function in interface.functions:
        storage = "contract::NoStorage" if function.flat else "wasm::ValueTree"
        count = len(function.params)
        parameters = ", ".join([f"Storage&{' storage' if count else ''}",
                                *(f"const {cpp}& {name}" for name, cpp in function.params)])
        lines += ["", *comment(function.docs, ""), f"struct {title(function.wit_name)} {{",
                  f'  static constexpr std::string_view kInterface = "{interface.id}";',
                  f'  static constexpr std::string_view kName = "{function.wit_name}";',
                  f'  static constexpr std::string_view kType = "{function.type}";',
                  f"  using Output = {function.result};",
                  f"  using Storage = {storage};",
                  f"  static std::array<wasm::Value, {count}> arguments({parameters}) {{"]
        values = ", ".join(f"contract::encode(storage, {name})" for name, _ in function.params)
        lines += [f"    return {{{values}}};", "  }", "};"]
    return lines + ["", f"}}  // namespace {interface.namespace}", ""]


def choose(interfaces, names, value):
    for name in names:
        interface_name, _, function_name = name.partition("#")
        chosen = [function for interface in interfaces if interface.name == interface_name
                  for function in interface.functions if function_name in ("", function.wit_name)]
        if not chosen:
            raise WitError(f"{name}: the world imports no such function")
        for function in chosen:
            function.may_suspend = value


def generate(wit, world_name, namespace, suspends=(), sync=()):
    worlds = [world for world in wit["worlds"] if world["name"] == world_name]
    if not worlds:
        raise WitError(f"no world `{world_name}`; there are: {', '.join(w['name'] for w in wit['worlds'])}")
    types = Types(wit)
    used = sorted(set([*items(wit, worlds[0], "imports"), *items(wit, worlds[0], "exports")]),
                  key=lambda index: wit["interfaces"][index]["name"] != "types")
    imports = [Interface(wit, types, index) for index in items(wit, worlds[0], "imports")]
    exports = [Interface(wit, types, index) for index in items(wit, worlds[0], "exports")]
    imports = [interface for interface in imports if interface.functions]
    exports = [interface for interface in exports if interface.functions]
    choose(imports, suspends, True)
    choose(imports, sync, False)

    headers = ["array", "cstdint", "expected", "optional", "string", "string_view", "tuple", "utility", "variant", "vector"]
    lines = ["#pragma once", f"// Written by tools/wit_host.py from world {world_name}. Do not edit.", ""]
    lines += [f"#include <{header}>" for header in headers]
    lines += ["", '#include "plugins/contract/bindings.h"', "", f"namespace {namespace} {{", "",
              "namespace contract = ::tenon::contract;", "namespace wasm = ::tenon::wasm;", ""]
    lines += write_types(wit, types, used)
    lines += [f"}}  // namespace {namespace}", ""] + write_codecs(wit, types, used, f"::{namespace}")
    lines += [f"namespace {namespace} {{", ""]
    for interface in imports:
        lines += write_import(interface)
    lines += write_link(imports)
    for interface in exports:
        lines += write_export(interface)
    return "\n".join(lines + [f"}}  // namespace {namespace}", ""])


def read_wit(wasm_tools, folder):
    done = subprocess.run([wasm_tools, "component", "wit", "--json", str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        raise WitError(done.stderr.strip())
    return json.loads(done.stdout)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Writes the typed C++ host bindings of one contract version.")
    parser.add_argument("wit", type=pathlib.Path, help="folder of the WIT package")
    parser.add_argument("--world", required=True)
    parser.add_argument("--namespace", required=True, help="such as tenon::contract::v0")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--wasm-tools", default="wasm-tools")
    parser.add_argument("--suspends", nargs="*", default=[], metavar="INTERFACE[#FUNCTION]")
    parser.add_argument("--sync", nargs="*", default=[], metavar="INTERFACE[#FUNCTION]")
    options = parser.parse_args(arguments)
    try:
        wit = read_wit(options.wasm_tools, options.wit)
        text = generate(wit, options.world, options.namespace, options.suspends, options.sync)
    except WitError as error:
        print(f"wit_host: {options.wit}: {error}", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
