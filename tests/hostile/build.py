#!/usr/bin/env python3
"""Builds the components of guests.toml and writes expectations.json beside them.

A guest is given in one of four ways:
  parts      (init, handle_event, realloc, memory, more) that replace those of a harmless v0 module;
  core       the text of a core module for the world `contract` (v0 or v1.0), componentised here;
  component  the text of a whole component;
  file       bytes: {text}, {hex}, {hex, repeat, count}, {cut: guest, bytes} (the beginning of another guest), or
             {nested: N} (components in components).
`{N*text}` in any text is text written N times; `$n` in it counts from 0 and `$m` from 1.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tomllib

PARTS = {
    "memory": '(memory (export "memory") 2)',
    "more": "",
    "init": "(call $ok)",
    "handle_event": "(call $ok)",
    "realloc": """
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.const 131072)) (then unreachable))
      (local.get $at)""",
}

# Text at 1024: `no`; at 1032: bytes that are no UTF-8; at 1040: `test_entity`; at 1056: a record; at 1080: a line with
# control characters. Results are written at 2048.
MODULE = """
(module
  (import "erp:plugin/host" "db-insert" (func $insert (param i32 i32 i32 i32 i32)))
  (import "erp:plugin/host" "log-write" (func $log (param i32 i32 i32 i32)))
  %(memory)s
  (global $top (mut i32) (i32.const 8192))
  (data (i32.const 1024) "no")
  (data (i32.const 1032) "\\ff\\fe\\c0\\80")
  (data (i32.const 1040) "test_entity")
  (data (i32.const 1056) "{\\"name\\":\\"test\\"}")
  (data (i32.const 1080) "a\\r\\n\\1b[2J\\00\\07 level=info user=root")
  (func $ok (result i32) (i32.store8 (i32.const 2048) (i32.const 0)) (i32.const 2048))
  (func $err (param $text i32) (param $size i32) (result i32)
    (i32.store8 (i32.const 2048) (i32.const 1))
    (i32.store (i32.const 2052) (local.get $text))
    (i32.store (i32.const 2056) (local.get $size))
    (i32.const 2048))
  (func $insert_row
    (call $insert (i32.const 1040) (i32.const 11) (i32.const 1056) (i32.const 15) (i32.const 2064)))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32) %(realloc)s)
  (func (export "erp:plugin/plugin#init") (result i32) %(init)s)
  (func (export "erp:plugin/plugin#handle-event") (param $type i32) (param $type_size i32) (param $data i32)
    (param $size i32) (result i32) %(handle_event)s)
  %(more)s)
"""


def repeated(text: str) -> str:
    """Writes out each `{N*text}`; the text may itself have braces that balance, but no further repetition."""
    while match := re.search(r"\{(\d+)\*", text):
        depth, end = 1, match.end()
        while depth > 0:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        body, count = text[match.end():end - 1], int(match[1])
        written = "".join(body.replace("$n", str(i)).replace("$m", str(i + 1)) for i in range(count))
        text = text[:match.start()] + written + text[end:]
    return text


def leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def nested_components(depth: int) -> bytes:
    """The text format bounds nesting, the binary does not: section 4 of a component holds a component."""
    header = bytes.fromhex("0061736d0d000100")
    component = header
    for _ in range(depth):
        component = header + b"\x04" + leb128(len(component)) + component
    return component


def file_bytes(file: dict, output: pathlib.Path) -> bytes:
    if "cut" in file:
        return (output / f"{file['cut']}.wasm").read_bytes()[:file["bytes"]]
    if "nested" in file:
        return nested_components(file["nested"])
    if "hex" in file:
        return bytes.fromhex(file["hex"]) + bytes.fromhex(file.get("repeat", "")) * file.get("count", 0)
    return file["text"].encode()


class Builder:
    def __init__(self, wasm_tools: str, wit: pathlib.Path, output: pathlib.Path):
        self.wasm_tools, self.wit, self.output = wasm_tools, wit, output

    def run(self, *arguments: object) -> None:
        subprocess.run([self.wasm_tools, *map(str, arguments)], check=True)

    def build(self, guest: dict) -> None:
        target = self.output / f"{guest['name']}.wasm"
        text = self.output / f"{guest['name']}.wat"
        if "file" in guest:
            target.write_bytes(file_bytes(guest["file"], self.output))
        elif "component" in guest:
            text.write_text(repeated(guest["component"]))
            self.run("parse", text, "-o", target)
        else:
            unknown = set(guest.get("parts", {})) - set(PARTS)
            if unknown:
                sys.exit(f"{guest['name']}: unknown parts {sorted(unknown)}")
            core = guest.get("core") or MODULE % (PARTS | guest.get("parts", {}))
            text.write_text(repeated(core))
            embedded = self.output / f"{guest['name']}.core.wasm"
            self.run("component", "embed", self.wit / guest.get("contract", "v0"), "--world", "plugin-world", text, "-o",
                     embedded)
            self.run("component", "new", "--skip-validation", embedded, "-o", target)
            embedded.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("guests", type=pathlib.Path)
    parser.add_argument("--wasm-tools", required=True)
    parser.add_argument("--wit", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    guests = tomllib.loads(options.guests.read_text())["guest"]
    builder = Builder(options.wasm_tools, options.wit, options.output)
    expectations = []
    for guest in guests:
        try:
            builder.build(guest)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{guest['name']}: {error}")
        expectations.append({
            "file": f"{guest['name']}.wasm",
            "what": guest["what"],
            "contract": guest.get("contract", "v0"),
            "stage": guest["stage"],
            "calls": guest.get("calls", ["handle-event"] if guest["stage"] == "call" else []),
            "reasons": guest["reasons"],
            "platform": guest["platform"],
        })
    names = [guest["name"] for guest in guests]
    if len(set(names)) != len(names):
        sys.exit("two guests have one name")
    (options.output / "expectations.json").write_text(json.dumps(expectations, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
