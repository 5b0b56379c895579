"""Answering the questions of ``pyconfig.h`` with a compiler for the target, in a handful of its runs."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons import check_programs as sources
from crosswheel.pythons.pyconfig_checks import Check, CheckKind, check_table, prelude
from crosswheel.toolchains.model import Call, Tool, run_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import TargetToolchain

_UNDEFINED = re.compile(r"undefined (?:symbol|reference)[: ]\s*(?:to )?[`'\"]?(\w+)")
_MOST_LINKS = 40


class ProbeError(EnvironmentMissingError):
    """The compiler's answer is none: it failed where it must not, or succeeded where it must fail."""


@dataclass(frozen=True)
class CheckRunner:
    """Asks a kit's compiler.

    :param features: the macros configure compiles everything with (``_GNU_SOURCE``, ``_FILE_OFFSET_BITS``, ...).
    :param work: an empty directory for sources and objects.
    """

    host: Host
    kit: TargetToolchain
    features: Mapping[str, str]
    work: Path

    def run_checks(self, questions: Iterable[Check]) -> dict[str, str | None]:
        """The value of each macro that is asked for, None for leaving it undefined; policy is left out.

        :raises ProbeError: when the compiler cannot be trusted to have answered.
        """
        asked: dict[CheckKind, list[Check]] = defaultdict(list)
        for question in questions:
            asked[question.kind].append(question)
        found = {question.macro: question.fixed for question in asked[CheckKind.FIXED]}
        headers, stubs = self._preprocess(asked, found)
        self._compile(asked, headers, found)
        self._measure(asked, headers, found)
        self._link(asked[CheckKind.FUNCTION], stubs, found)
        return found

    def _preprocess(
        self, asked: Mapping[CheckKind, Sequence[Check]], found: dict[str, str | None]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Answer headers and conditions; also which headers of the prelude and which stubs there are."""
        conditions = {question.macro: question.subjects[0] for question in asked[CheckKind.CONDITION]}
        headers = {question.subjects[0] for question in asked[CheckKind.HEADER]} | set(prelude())
        functions = {name for question in asked[CheckKind.FUNCTION] for name in question.subjects}
        source = sources.preprocessor_program(self.features, conditions, headers, functions)
        status, said = self._run(source, "-E", "-P", "{source}")
        true = set(re.findall(rf'^{sources.MARK} "(\w+ \S+)"\s*$', said, re.MULTILINE))
        if status or not {"condition here", "header stddef.h"} <= true or "condition absent" in true:
            raise self._error("preprocessing", said)
        for macro in conditions:
            found[macro] = "1" if f"condition {macro}" in true else None
        for question in asked[CheckKind.HEADER]:
            found[question.macro] = "1" if f"header {question.subjects[0]}" in true else None
        return (
            frozenset(header for header in headers if f"header {header}" in true),
            frozenset(name for name in functions if f"stub {name}" in true),
        )

    def _compile(
        self, asked: Mapping[CheckKind, Sequence[Check]], headers: frozenset[str], found: dict[str, str | None]
    ) -> None:
        """Answer code and declarations, and whether the types exist that will be measured."""
        code = {question.macro: question.subjects[0] for question in asked[CheckKind.CODE]}
        for question in asked[CheckKind.DECLARATION]:
            code[question.macro] = sources.declaration_check(question.subjects[0])
        for question in (*asked[CheckKind.SIZE], *asked[CheckKind.ALIGNMENT]):
            code[question.macro] = f"(void)sizeof({question.subjects[0]});"
        limit = "-ferror-limit=0" if self.kit.compiler_id == "clang" else "-fmax-errors=0"
        source = sources.compile_program(self.features, headers, code)
        status, said = self._run(source, "-fsyntax-only", "-w", limit, "{source}")
        places = re.findall(r"^([^\s:]+):\d+(?::\d+)?: (?:fatal )?error:", said, re.MULTILINE)
        wrong = {place.removeprefix(f"{sources.MARK}.") for place in places}
        if status == 0 or "absent" not in wrong or wrong - code.keys() - {"absent"}:
            raise self._error("compiling", said)
        no = {question.macro: "0" for question in asked[CheckKind.DECLARATION]}
        for macro in code:
            found[macro] = no.get(macro) if macro in wrong else "1"

    def _measure(
        self, asked: Mapping[CheckKind, Sequence[Check]], headers: frozenset[str], found: dict[str, str | None]
    ) -> None:
        """Answer sizes and alignments, in bytes; a type that does not exist has size 0, as autoconf says."""
        numbers = {question.macro: f"sizeof({question.subjects[0]})" for question in asked[CheckKind.SIZE]}
        numbers |= {question.macro: f"_Alignof({question.subjects[0]})" for question in asked[CheckKind.ALIGNMENT]}
        here = {macro: number for macro, number in numbers.items() if found[macro] is not None}
        object_file = self.work / "sizes.o"
        source = sources.measure_program(self.features, headers, here)
        status, said = self._run(source, "-w", "-c", "{source}", "-o", str(object_file))
        if status:
            raise self._error("measuring types", said)
        measured = sources.read_measures(object_file.read_bytes())
        if here.keys() - measured.keys():
            raise self._error("measuring types", f"no answer for {sorted(here.keys() - measured.keys())}")
        for macro in numbers:
            found[macro] = str(measured.get(macro, 0))

    def _link(self, questions: Sequence[Check], stubs: frozenset[str], found: dict[str, str | None]) -> None:
        """Answer functions: those are there without which nothing is undefined when a program is linked.

        Linking goes on until it succeeds, whatever part of the undefined symbols a linker names at once.
        """
        wanted = {name for question in questions for name in question.subjects} - stubs
        absent: set[str] = set()
        for attempt in range(_MOST_LINKS):
            symbols = wanted - absent | ({"printf"} if attempt else {"printf", sources.ABSENT})
            status, said = self._link_program(symbols)
            if status == 0 and attempt:
                break
            prefix = self.kit.target.symbol_prefix
            undefined = {name.removeprefix(prefix) for name in _UNDEFINED.findall(said)} & symbols
            expected = undefined if attempt else undefined & {sources.ABSENT}
            if status == 0 or not expected or "printf" in undefined:
                raise self._error("linking", said)
            absent |= undefined
        else:
            raise self._error("linking", f"still undefined symbols after {_MOST_LINKS} links")
        for question in questions:
            there = all(name in wanted and name not in absent for name in question.subjects)
            found[question.macro] = "1" if there else None

    def _link_program(self, symbols: Iterable[str]) -> tuple[int, str]:
        # The control comes first: a linker may name only some of the undefined symbols.
        ordered = sorted(symbols, key=lambda name: (name != sources.ABSENT, name))
        table = check_table(self.kit.target.system.name)
        unlimited = table.clang_link_flags if self.kit.compiler_id == "clang" else ()
        libraries = [f"-l{name}" for name in table.libraries]
        output, source = str(self.work / "program"), sources.link_program(ordered, self.kit.target.symbol_prefix)
        return self._run(source, "-w", *unlimited, "{source}", "-o", output, *libraries)

    def _run(self, source: str, *arguments: str) -> tuple[int, str]:
        path = self.work / "probe.c"
        path.write_text(source, "utf-8")
        words = tuple(str(path) if word == "{source}" else word for word in arguments)
        # Messages are read, so they must not be translated.
        plain = replace(self.host, environ={**self.host.environ, "LC_ALL": "C"})
        return run_call(plain, self.kit, Call(Tool.CC, words, str(self.work)))

    def _error(self, what: str, said: str) -> ProbeError:
        lines = [line for line in said.strip().splitlines() if "error" in line] or said.strip().splitlines()
        return ProbeError(
            f"cannot probe {self.kit.target}: {what} gave no answer that can be trusted",
            where="; ".join(lines[:3]) or self.kit.identity,
            hint="run the compiler by hand (-v shows the call), or give a --target-python",
        )
