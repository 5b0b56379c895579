"""The C files a target is probed with. Every one carries controls: something there, something absent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = "crosswheel_probe"
ABSENT = "crosswheel_probe_absent"
_DIGITS = 4
_MEASURE = re.compile(rb"crosswheel_probe:(\w+)=(\d{4});")


def preprocessor_program(
    features: Mapping[str, str], conditions: Mapping[str, str], headers: Iterable[str], functions: Iterable[str]
) -> str:
    """A file whose preprocessed text has a line ``MARK "kind name"`` for everything that is so.

    The quotes keep ``linux``, a predefined macro, from being replaced.

    glibc says in ``<gnu/stubs.h>``, which ``<limits.h>`` includes, which functions only fail.
    """
    facts = [("condition", "here", "1"), ("condition", "absent", f"__has_include(<{ABSENT}.h>)")]
    facts += [("condition", macro, condition) for macro, condition in conditions.items()]
    facts += [("header", header, f"__has_include(<{header}>)") for header in sorted(headers)]
    facts += [("stub", name, f"defined __stub_{name} || defined __stub___{name}") for name in sorted(functions)]
    lines = [f'#if {condition}\n{MARK} "{kind} {name}"\n#endif' for kind, name, condition in facts]
    return "\n".join([_features(features), "#include <limits.h>", "#include <sys/types.h>", *lines, ""])


def compile_program(features: Mapping[str, str], headers: Iterable[str], code: Mapping[str, str]) -> str:
    """A file in which each piece of code claims to be from a file ``MARK.name``, so that errors tell it."""
    pieces = {"absent": f"{ABSENT} probed;", **code}
    functions = [
        f'#line 1 "{MARK}.{name}"\nvoid {MARK}_{number}(void); void {MARK}_{number}(void) {{ {body} }}'
        for number, (name, body) in enumerate(pieces.items())
    ]
    return "\n".join([_features(features), _includes(headers), *functions, ""])


def declaration_check(name: str) -> str:
    """Code that compiles where a name is declared, or defined as a macro."""
    return f"\n#ifndef {name}\n(void){name};\n#endif\n"


def measure_program(features: Mapping[str, str], headers: Iterable[str], numbers: Mapping[str, str]) -> str:
    """A file whose object holds ``MARK:name=dddd;`` for each number, as plain characters.

    Characters are the same whatever the object's format and byte order.
    """
    lines = [_features(features), _includes(headers)]
    for index, (name, number) in enumerate(numbers.items()):
        text = ",".join(f"'{character}'" for character in f"{MARK}:{name}=")
        digits = ",".join(f"'0'+({number})/{10**place}%10" for place in reversed(range(_DIGITS)))
        lines.append(f"const char {MARK}_{index}[] = {{{text},{digits},';'}};")
    return "\n".join([*lines, ""])


def read_measures(data: bytes) -> dict[str, int]:
    """The numbers in an object made from :func:`measure_program`."""
    return {name.decode(): int(number) for name, number in _MEASURE.findall(data)}


def link_program(symbols: Iterable[str], prefix: str = "") -> str:
    """A program that needs the symbols; they are not declared as functions, so no built-in gets in the way.

    :param prefix: what stands before C's names in symbol tables.
    """
    names = list(symbols)
    lines = [f'extern const char {MARK}_{i} __asm__("{prefix}{name}");' for i, name in enumerate(names)]
    table = ", ".join(f"&{MARK}_{i}" for i in range(len(names)))
    lines.append(f"const void *volatile const {MARK}_table[] = {{{table}}};")
    lines.append(f"int main(int argc, char **argv) {{ return {MARK}_table[argc] == argv; }}")
    return "\n".join([*lines, ""])


def _features(features: Mapping[str, str]) -> str:
    return "\n".join(f"#ifndef {name}\n#define {name} {value}\n#endif" for name, value in features.items())


def _includes(headers: Iterable[str]) -> str:
    from crosswheel.pythons.pyconfig_checks import prelude

    there = set(headers)
    return "\n".join(f"#include <{header}>" for header in prelude() if header in there)
