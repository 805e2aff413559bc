#!/usr/bin/env python3
"""Checks a built component: it is one, it is small, and it imports nothing but the platform's contract."""

import argparse
import json
import os
import subprocess
import sys


def imported_names(wasm_tools: str, component: str) -> list[str]:
    """The interfaces the component imports, as `package/interface`, and functions imported by a bare name."""
    text = subprocess.run([wasm_tools, "component", "wit", "--json", component], check=True, capture_output=True,
                          text=True).stdout
    wit = json.loads(text)
    names = []
    for world in wit["worlds"]:
        for key, item in world["imports"].items():
            if "interface" not in item:
                names.append(key)
                continue
            interface = wit["interfaces"][item["interface"]["id"]]
            package = wit["packages"][interface["package"]]["name"] if interface["package"] is not None else ""
            names.append(f"{package}/{interface['name'] or key}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("component")
    parser.add_argument("--wasm-tools", required=True)
    parser.add_argument("--max-bytes", type=int, required=True)
    arguments = parser.parse_args()

    size = os.path.getsize(arguments.component)
    imports = imported_names(arguments.wasm_tools, arguments.component)
    print(f"{arguments.component}: {size} bytes, imports {', '.join(imports) or 'nothing'}")
    foreign = [name for name in imports if not name.startswith("erp:plugin")]
    if foreign:
        print(f"imports that the platform does not give: {', '.join(foreign)}", file=sys.stderr)
    if size >= arguments.max_bytes:
        print(f"{size} bytes; it must stay below {arguments.max_bytes}", file=sys.stderr)
    return 1 if foreign or size >= arguments.max_bytes else 0


if __name__ == "__main__":
    sys.exit(main())
