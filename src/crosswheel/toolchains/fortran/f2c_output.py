"""What is changed in the C that f2c writes, so that it has the names and types that callers expect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.toolchains.fortran.model import table

if TYPE_CHECKING:
    from collections.abc import Mapping

# A string or character constant, or a name with an underscore inside that f2c gave a second one at its end. Remarks
# have such names too, of COMMON blocks, and apostrophes.
_DOUBLED = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\[0-7]+|\\.|[^'\\\n])')|\b([A-Za-z][A-Za-z0-9]*_\w*?[A-Za-z0-9])__\b"""
)
_PASSED = re.compile(r"\(R_fp\)\s*(r_\w+)")
_BLOCK = re.compile(r"^((?:Extern )?(struct|union)\s*\{\n.*?^)(\}\s*(\w+)(?:\s*=|;))", re.MULTILINE | re.DOTALL)
_LOCALS = re.compile(r"^    /\* Local variables \*/\n(.*?)(?=^\n|^\{|^\})", re.MULTILINE | re.DOTALL)
_DECLARED = re.compile(r"^    (\w+) ([^;()]*);", re.MULTILINE)
_ARRAY = re.compile(r"\w+\[(\d+)\]")


def use_gfortran_names(text: str) -> str:
    """C or prototypes of f2c with gfortran's names: one underscore at the end, whatever is inside."""
    return _DOUBLED.sub(lambda match: match[1] or f"{match[2]}_", text)


def fix_intrinsic_results(text: str) -> str:
    """C of f2c in which intrinsic functions that are passed as arguments return what ``-R`` promises.

    libf2c's return double, a REAL function returns float.
    """
    passed = sorted(set(_PASSED.findall(text)))
    if not passed:
        return text
    lines = []
    for name in passed:
        two = name in table()["intrinsics"]["two"]
        given, names = ("real *x, real *y", "x, y") if two else ("real *x", "x")
        lines.append(
            f"double {name}({given});\nstatic real crosswheel_{name}({given}) {{ return (real){name}({names}); }}\n"
        )
    changed = _PASSED.sub(r"(R_fp)crosswheel_\1", text)
    return changed.replace('#include "f2c.h"\n', '#include "f2c.h"\n' + "".join(lines), 1)


def pad_common_blocks(text: str, own: Mapping[str, int], longest: Mapping[str, int]) -> str:
    """C of f2c in which every COMMON block is as long as in the source that gives it most.

    :param own: the blocks' bytes in this source, ``longest`` those in all of them.
    """

    def padded(match: re.Match[str]) -> str:
        start, kind, end, name = match.groups()
        missing = longest.get(name, 0) - own.get(name, 0)
        if name not in own or missing <= 0:
            return match[0]
        return f"{start}    char crosswheel_rest[{missing if kind == 'struct' else longest[name]}];\n{end}"

    return _BLOCK.sub(padded, text)


def make_large_locals_static(text: str) -> str:
    """C of f2c in which local arrays that are too large for a stack are static, as gfortran makes them."""
    sizes, limit = table()["locals"]["sizes"], table()["locals"]["limit"]

    def moved(match: re.Match[str]) -> str:
        kind, names = match[1], [name.strip() for name in match[2].split(",")]
        large = [name for name in names if (found := _ARRAY.match(name)) and int(found[1]) * sizes.get(kind, 0) > limit]
        small = [name for name in names if name not in large]
        lines = [f"    static {kind} {name};" for name in large] + (
            [f"    {kind} {', '.join(small)};"] if small else []
        )
        return "\n".join(lines) if large else match[0]

    return _LOCALS.sub(lambda match: _DECLARED.sub(moved, match[0]), text)
