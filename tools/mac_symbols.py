"""Writes the table of functions that macOS has had since a version only, from the headers in the ziglang package.

    python tools/mac_symbols.py

Headers say of a function since when it is there; Apple's SDK and zig's list of symbols are those of the newest macOS.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.zig.model import installed_zig

TABLE = Path(__file__).resolve().parents[1] / "src" / "crosswheel" / "wheels" / "audit" / "macos_symbols.toml"
OLDEST = (10, 9)
_HEAD = """\
# Functions and variables of macOS's system library, by the version that was the first to have them. Made by
# tools/mac_symbols.py from the headers in the ziglang package; changes here are lost.
"""
_DECLARED = re.compile(r"^[|`]-(?:Function|Var)Decl .*? (\w+) '")
_SINCE = re.compile(r"-AvailabilityAttr .* macos (\d+)(?:\.(\d+))?")
_LABEL = re.compile(r'-AsmLabelAttr .* "_?([\w$]+)"')


def main() -> None:
    """Write the table."""
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for architecture in ("arm64", "x86_64"):
        name = label = ""
        since = None
        for line in [*_declarations(architecture), "|-End"]:
            if not line.startswith(("| ", "  ")):
                if name and since is not None and since > OLDEST:
                    found[since].add(label or name)
                match = _DECLARED.match(line)
                name, label, since = match[1] if match else "", "", None
            elif match := _SINCE.search(line):
                since = int(match[1]), int(match[2] or 0)
            elif match := _LABEL.search(line):
                label = match[1]
    lines = [_HEAD]
    for version, names in sorted(found.items()):
        rows = "".join(f'    "{name}",\n' for name in sorted(names))
        lines.append(f'"{version[0]}.{version[1]}" = [\n{rows}]\n')
    TABLE.write_text("\n".join(lines), "utf-8")
    print(f"{sum(map(len, found.values()))} symbols of {len(found)} versions")


def _declarations(architecture: str) -> list[str]:
    """What clang says of everything the headers declare that compile by themselves."""
    zig, host = installed_zig(), Host.detect()
    headers = zig.library / "libc" / "include" / "any-darwin-any"
    base = [str(zig.executable), "clang", f"--target={architecture}-apple-macosx10.9", "-nostdinc", "-w",
            "-isystem", str(zig.library / "include"), "-isystem", str(headers)]  # fmt: skip
    with temporary_directory() as work:
        source = work / "all.c"
        usable = []
        for header in sorted(headers.rglob("*.h")):
            include = f"#include <{header.relative_to(headers)}>\n"
            source.write_text(include)
            if host.run(*base, "-fsyntax-only", source, cwd=work).ok:
                usable.append(include)
        lines = []
        for include in usable:
            source.write_text(include)
            dump = ("-fsyntax-only", "-Xclang", "-ast-dump", "-fno-color-diagnostics")
            lines += host.run(*base, *dump, source, cwd=work).stdout.splitlines()
    return lines


if __name__ == "__main__":
    main()
