"""Running the checks of ``pyconfig.h`` with a compiler for the target, in few runs of it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons.pyconfig_checks import Check, CheckKind, check_table, prelude
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import TargetToolchain

_UNDEFINED = re.compile(r"undefined (?:symbol|reference)[: ]\s*(?:to )?[`'\"]?(\w+)")
_MAX_LINKS = 40


class ProbeError(EnvironmentMissingError):
    """The compiler's results are not plausible: it failed where it must not, or succeeded where it must fail."""


@dataclass(frozen=True)
class CheckRunner:
    """Runs checks with the compiler of a toolchain.

    :param features: macros that configure defines for every compilation (``_GNU_SOURCE``, ``_FILE_OFFSET_BITS``, ...).
    :param work: an empty directory for sources and objects.
    """

    host: Host
    toolchain: TargetToolchain
    features: Mapping[str, str]
    work: Path

    def run_checks(self, checks: Iterable[Check]) -> dict[str, str | None]:
        """Return the value of each macro that is not policy, None to leave it undefined.

        :raises ProbeError: if the compiler's results are not plausible.
        """
        by_kind: dict[CheckKind, list[Check]] = defaultdict(list)
        for check in checks:
            by_kind[check.kind].append(check)
        results = {check.macro: check.fixed for check in by_kind[CheckKind.FIXED]}
        headers, stubs = self._preprocess(by_kind, results)
        self._compile(by_kind, headers, results)
        self._measure(by_kind, headers, results)
        self._link(by_kind[CheckKind.FUNCTION], stubs, results)
        return results

    def _preprocess(
        self, checks: Mapping[CheckKind, Sequence[Check]], results: dict[str, str | None]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Check headers and conditions; return the headers and the stub functions that exist."""
        conditions = {check.macro: check.subjects[0] for check in checks[CheckKind.CONDITION]}
        headers = {check.subjects[0] for check in checks[CheckKind.HEADER]} | set(prelude())
        functions = {name for check in checks[CheckKind.FUNCTION] for name in check.subjects}
        source = preprocessor_program(self.features, conditions, headers, functions)
        status, output = self._run(source, "-E", "-P", "{source}")
        true = set(re.findall(rf'^{MARK} "(\w+ \S+)"\s*$', output, re.MULTILINE))
        if status or not {"condition here", "header stddef.h"} <= true or "condition absent" in true:
            raise self._error("preprocessing", output)
        for macro in conditions:
            results[macro] = "1" if f"condition {macro}" in true else None
        for check in checks[CheckKind.HEADER]:
            results[check.macro] = "1" if f"header {check.subjects[0]}" in true else None
        return (
            frozenset(header for header in headers if f"header {header}" in true),
            frozenset(name for name in functions if f"stub {name}" in true),
        )

    def _compile(
        self, checks: Mapping[CheckKind, Sequence[Check]], headers: frozenset[str], results: dict[str, str | None]
    ) -> None:
        """Check code and declarations, and whether the types exist that will be measured."""
        code = {check.macro: check.subjects[0] for check in checks[CheckKind.CODE]}
        for check in checks[CheckKind.DECLARATION]:
            code[check.macro] = declaration_check(check.subjects[0])
        for check in (*checks[CheckKind.SIZE], *checks[CheckKind.ALIGNMENT]):
            code[check.macro] = f"(void)sizeof({check.subjects[0]});"
        limit = "-ferror-limit=0" if self.toolchain.compiler_id == "clang" else "-fmax-errors=0"
        source = compile_program(self.features, headers, code)
        status, output, failed = self.failing_parts(source, "-w", limit)
        if status == 0 or "absent" not in failed or failed - code.keys() - {"absent"}:
            raise self._error("compiling", output)
        no = {check.macro: "0" for check in checks[CheckKind.DECLARATION]}
        for macro in code:
            results[macro] = no.get(macro) if macro in failed else "1"

    def failing_parts(self, source: str, *options: str) -> tuple[int, str, set[str]]:
        """Compile a program, and return the status, the output, and the parts with errors.

        A part is from a file ``MARK.name``, by ``#line``; its name is returned, or the path of another file.
        """
        status, output = self._run(source, "-fsyntax-only", *options, "{source}")
        files = re.findall(r"^([^\s:]+):\d+(?::\d+)?: (?:fatal )?error:", output, re.MULTILINE)
        return status, output, {file.removeprefix(f"{MARK}.") for file in files}

    def _measure(
        self, checks: Mapping[CheckKind, Sequence[Check]], headers: frozenset[str], results: dict[str, str | None]
    ) -> None:
        """Measure sizes and alignments in bytes; 0 for a type that does not exist, as autoconf does."""
        expressions = {check.macro: f"sizeof({check.subjects[0]})" for check in checks[CheckKind.SIZE]}
        expressions |= {check.macro: f"_Alignof({check.subjects[0]})" for check in checks[CheckKind.ALIGNMENT]}
        existing = {macro: expression for macro, expression in expressions.items() if results[macro] is not None}
        measured = self.measure(measure_program(self.features, headers, existing), existing)
        for macro in expressions:
            results[macro] = str(measured.get(macro, 0))

    def measure(self, source: str, expected: Iterable[str], *options: str) -> dict[str, int]:
        """Compile a program of :func:`measurements`, and return its numbers.

        :param expected: names that must have a number.
        :raises ProbeError: if it does not compile, or a number is missing.
        """
        object_file = self.work / "sizes.o"
        status, output = self._run(source, "-w", *options, "-c", "{source}", "-o", str(object_file))
        if status:
            raise self._error("measuring types", output)
        measured = read_measures(object_file.read_bytes())
        if missing := set(expected) - measured.keys():
            raise self._error("measuring types", f"no result for {sorted(missing)}")
        return measured

    def _link(self, checks: Sequence[Check], stubs: frozenset[str], results: dict[str, str | None]) -> None:
        """Check functions: they exist if a program that uses them links.

        Links are repeated until one succeeds, since a linker may report only some of the undefined symbols at once.
        """
        wanted = {name for check in checks for name in check.subjects} - stubs
        absent: set[str] = set()
        for attempt in range(_MAX_LINKS):
            symbols = wanted - absent | ({"printf"} if attempt else {"printf", ABSENT})
            status, output = self._link_program(symbols)
            if status == 0 and attempt:
                break
            prefix = self.toolchain.target.symbol_prefix
            undefined = {name.removeprefix(prefix) for name in _UNDEFINED.findall(output)} & symbols
            expected = undefined if attempt else undefined & {ABSENT}
            if status == 0 or not expected or "printf" in undefined:
                raise self._error("linking", output)
            absent |= undefined
        else:
            raise self._error("linking", f"still undefined symbols after {_MAX_LINKS} links")
        for check in checks:
            exists = all(name in wanted and name not in absent for name in check.subjects)
            results[check.macro] = "1" if exists else None

    def _link_program(self, symbols: Iterable[str]) -> tuple[int, str]:
        # The control comes first: a linker may report only some of the undefined symbols.
        ordered = sorted(symbols, key=lambda name: (name != ABSENT, name))
        table = check_table(self.toolchain.target.system.name)
        unlimited = table.clang_link_flags if self.toolchain.compiler_id == "clang" else ()
        libraries = [f"-l{name}" for name in table.libraries]
        output, source = str(self.work / "program"), link_program(ordered, self.toolchain.target.symbol_prefix)
        return self._run(source, "-w", *unlimited, "{source}", "-o", output, *libraries)

    def _run(self, source: str, *arguments: str) -> tuple[int, str]:
        path = self.work / "probe.c"
        path.write_text(source, "utf-8")
        args = tuple(str(path) if arg == "{source}" else arg for arg in arguments)
        # Error messages are parsed, so they must not be translated.
        untranslated = replace(self.host, environ={**self.host.environ, "LC_ALL": "C"})
        return run_call(untranslated, self.toolchain, Call(Tool.CC, args, str(self.work)))

    def _error(self, step: str, output: str) -> ProbeError:
        lines = [line for line in output.strip().splitlines() if "error" in line] or output.strip().splitlines()
        return ProbeError(
            f"cannot probe {self.toolchain.target}: implausible results of {step}",
            where="; ".join(lines[:3]) or self.toolchain.identity,
            hint="run the compiler by hand (-v shows the call), or pass --target-python",
        )


# The C programs. Each one has controls: something that exists, something that does not.

MARK = "crosswheel_probe"
ABSENT = "crosswheel_probe_absent"
_MEASURE = re.compile(rb"crosswheel_probe:(\w+)=([+-])([a-p]{16});")
_HEXADECIMAL = bytes.maketrans(b"abcdefghijklmnop", b"0123456789abcdef")


def preprocessor_program(
    features: Mapping[str, str], conditions: Mapping[str, str], headers: Iterable[str], functions: Iterable[str]
) -> str:
    """Return a program whose preprocessed text has a line ``MARK "kind name"`` for everything that is true.

    The quotes keep ``linux``, a predefined macro, from being replaced. glibc's ``<gnu/stubs.h>``, which ``<limits.h>``
    includes, defines macros for functions that only fail.
    """
    facts = [("condition", "here", "1"), ("condition", "absent", f"__has_include(<{ABSENT}.h>)")]
    facts += [("condition", macro, condition) for macro, condition in conditions.items()]
    facts += [("header", header, f"__has_include(<{header}>)") for header in sorted(headers)]
    facts += [("stub", name, f"defined __stub_{name} || defined __stub___{name}") for name in sorted(functions)]
    lines = [f'#if {condition}\n{MARK} "{kind} {name}"\n#endif' for kind, name, condition in facts]
    return "\n".join([_define_features(features), "#include <limits.h>", "#include <sys/types.h>", *lines, ""])


def compile_program(features: Mapping[str, str], headers: Iterable[str], code: Mapping[str, str]) -> str:
    """Return a program in which each piece of code is from a file ``MARK.name``, by which errors identify it."""
    pieces = {"absent": f"{ABSENT} probed;", **code}
    functions = [
        f'#line 1 "{MARK}.{name}"\nvoid {MARK}_{number}(void); void {MARK}_{number}(void) {{ {body} }}'
        for number, (name, body) in enumerate(pieces.items())
    ]
    return "\n".join([_define_features(features), _include(headers), *functions, ""])


def declaration_check(name: str) -> str:
    """Return code that compiles if a name is declared, or defined as a macro."""
    return f"\n#ifndef {name}\n(void){name};\n#endif\n"


def measure_program(features: Mapping[str, str], headers: Iterable[str], numbers: Mapping[str, str]) -> str:
    """Return a program whose object file contains numbers: see :func:`measurements`."""
    return "\n".join([_define_features(features), _include(headers), *measurements(numbers), ""])


def measurements(numbers: Mapping[str, str]) -> list[str]:
    """Return a line for each number that puts ``MARK:name=+aaaaaaaaaaaaaaaa;`` into the object file.

    Plain characters do not depend on the object's format and byte order: a sign, and a letter from a to p for each half
    byte of the absolute value. An expression that is not constant has no sign.

    :param numbers: an integer expression of C by name.
    """
    lines = []
    for name, number in numbers.items():
        text = ",".join(f"'{character}'" for character in f"{MARK}:{name}=")
        lines.append(
            f"enum {{ {MARK}_c_{name} = __builtin_constant_p({number}) }};\n"
            f"#define {MARK}_v __builtin_choose_expr({MARK}_c_{name}, ({number}), 0)\n"
            f"#define {MARK}_a ((unsigned long long)({MARK}_v < 0 ? -(long long){MARK}_v : {MARK}_v))\n"
            f"const char {MARK}_n_{name}[] = {{{text},{MARK}_c_{name} ? {MARK}_v < 0 ? '-' : '+' : '?',"
            + ",".join(f"'a'+({MARK}_a>>{shift}&15)" for shift in range(60, -4, -4))
            + f",';'}};\n#undef {MARK}_v\n#undef {MARK}_a"
        )
    return lines


def read_measures(data: bytes) -> dict[str, int]:
    """Return the numbers in an object file of :func:`measurements`."""
    return {
        name.decode(): int(sign + letters.translate(_HEXADECIMAL), 16) for name, sign, letters in _MEASURE.findall(data)
    }


def link_program(symbols: Iterable[str], prefix: str = "") -> str:
    """Return a program that uses the symbols. They are not declared as functions, so that no built-in replaces them.

    :param prefix: prefix of C names in symbol tables.
    """
    names = list(symbols)
    lines = [f'extern const char {MARK}_{i} __asm__("{prefix}{name}");' for i, name in enumerate(names)]
    table = ", ".join(f"&{MARK}_{i}" for i in range(len(names)))
    lines.append(f"const void *volatile const {MARK}_table[] = {{{table}}};")
    lines.append(f"int main(int argc, char **argv) {{ return {MARK}_table[argc] == argv; }}")
    return "\n".join([*lines, ""])


def _define_features(features: Mapping[str, str]) -> str:
    return "\n".join(f"#ifndef {name}\n#define {name} {value}\n#endif" for name, value in features.items())


def _include(headers: Iterable[str]) -> str:
    existing = set(headers)
    return "\n".join(f"#include <{header}>" for header in prelude() if header in existing)
