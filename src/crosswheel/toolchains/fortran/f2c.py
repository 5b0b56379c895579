"""f2c as a program for the build machine, and its library for a target: fetched or compiled once, cached."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.downloads.debian import build_machine, fetch_source, make_root, root_directory
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once
from crosswheel.toolchains.fortran.model import FortranFacts, table, table_text
from crosswheel.toolchains.fortran.rules import plan_with_fortran
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.fortran.rules import Planner

_LAYOUT = 1
"""Version of the directories' contents; raise it when they change, so that older directories are not used."""
_ARITH = {
    "little": "#define IEEE_8087\n#define Arith_Kind_ASL 1\n#define QNaN0 0x0\n#define QNaN1 0x7ff80000\n",
    "big": "#define IEEE_MC68k\n#define Arith_Kind_ASL 2\n#define QNaN0 0x7ff80000\n#define QNaN1 0x0\n",
}
_ARITH_COMMON = "#define Long int\n#define Intcast (int)(long)\n#define Double_Align\n#define NANCHECK\n"


@dataclass(frozen=True)
class F2c:
    """Fortran 77 for one target toolchain.

    :param identity: the toolchain's identity, for cache keys.
    :param plan_c: the toolchain's plans for everything but Fortran.
    :param archiver: start of its ``ar`` command.
    :param common_blocks: see :class:`FortranFacts`.
    :param typed_calls: see :class:`FortranFacts`.
    """

    host: Host
    target: Target
    identity: str
    plan_c: Planner
    archiver: tuple[str, ...]
    common_blocks: str
    typed_calls: bool

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """Return the plan for any call of the toolchain; see :func:`plan_with_fortran`."""
        return plan_with_fortran(self.facts, call, settings, self.plan_c)

    def build_component(self, part: str) -> bool:
        """Fetch ``f2c`` or build ``libf2c`` unless it is cached.

        :returns: whether the component is one of these.
        :raises SourceError: if it cannot be fetched.
        :raises EnvironmentMissingError: if it cannot be built.
        """
        if part == "f2c":
            self._fetch_program()
            create_once(self._headers, self._write_header)
        elif part == "libf2c":
            create_once(self._library, self._compile_library)
        return part in {"f2c", "libf2c"}

    @cached_property
    def facts(self) -> FortranFacts:
        """The facts that the rules read."""
        return FortranFacts(
            translate=(sys.executable, "-m", "crosswheel.toolchains.fortran.translate"),
            check_calls=(sys.executable, "-m", "crosswheel.toolchains.fortran.check_calls"),
            f2c=self._program,
            include=str(self._headers),
            library=str(self._library / "libf2c.a"),
            common_blocks=self.common_blocks,
            typed_calls=self.typed_calls,
        )

    @cached_property
    def _program(self) -> tuple[str, ...]:
        """Start of f2c's command: the program on PATH, or Debian's with Debian's C library."""
        if program := self.host.program("f2c"):
            return (str(program),)
        build = build_machine()
        if build is None:
            return ("f2c",)
        root = root_directory(self.host, table()["suite"], build.debian, table()["packages"])
        return build.command(root, root / "usr/bin/f2c")

    def _fetch_program(self) -> None:
        build = build_machine()
        if build and len(self._program) > 1:
            make_root(self.host, table()["suite"], build.debian, table()["packages"], dependencies=False)
        elif not self.host.program("f2c"):
            raise EnvironmentMissingError(
                f"f2c is not available for {machine.architecture()} machines", hint="install f2c and put it on PATH"
            )

    @property
    def _headers(self) -> Path:
        key = sha256(f"{_LAYOUT}\n{table_text()}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"f2c-{key}"

    @property
    def _library(self) -> Path:
        key = sha256(f"{_LAYOUT}\n{self.identity}\n{table_text()}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"libf2c-{self.target}-{key}"

    def _sources(self) -> Path:
        return fetch_source(self.host, table()["suite"], table()["source"])

    def _write_header(self, directory: Path) -> None:
        (directory / "f2c.h").write_text(f2c_header((self._sources() / "f2c.h0").read_text("utf-8")), "utf-8")

    def _compile_library(self, output: Path) -> None:
        sources = self._sources()
        generated = output / "include"
        generated.mkdir()
        self._write_header(generated)
        endian = self.target.architecture.endian
        pointers = "#define X64_bit_pointers\n" if self.target.architecture.bits == 64 else ""
        (generated / "arith.h").write_text(_ARITH[endian] + _ARITH_COMMON + pointers, "utf-8")
        (generated / "sysdep1.h").write_text("", "utf-8")
        (generated / "signal1.h").write_bytes((sources / "signal1.h0").read_bytes())
        (generated / "fio.h").write_bytes((sources / "fio.h0").read_bytes())
        files = [path for path in sorted(sources.glob("*.c")) if path.name not in table()["libf2c"]["exclude"]]
        includes = [
            arg for directory in (generated, sources) for arg in (f"-ffile-prefix-map={directory}=.", f"-I{directory}")
        ]

        def compile_one(source: Path) -> Path:
            object_file = output / f"{source.stem}.o"
            text = source.read_text("utf-8")
            if (changed := make_subroutines_int(text)) != text:
                source = generated / source.name
                source.write_text(changed, "utf-8")
            args = (*table()["libf2c"]["flags"], *includes, "-c", str(source), "-o", str(object_file))
            for command in self.plan_c(Call(Tool.CC, args, str(output)), CallSettings()).commands:
                outcome = self.host.run(*command, cwd=output)
                if not outcome.ok:
                    raise EnvironmentMissingError(f"cannot build libf2c: {outcome.stderr[:500]}", where=source)
            return object_file

        with (
            self.host.progress.step(f"building libf2c for {self.target}, once"),
            ThreadPoolExecutor(self.host.jobs) as pool,
        ):
            objects = list(pool.map(compile_one, files))
            self.host.run(*self.archiver, "rcsD", output / "libf2c.a", *objects, cwd=output)
        for path in objects:
            path.unlink()


def f2c_header(text: str) -> str:
    """Adapt ``f2c.h`` to all targets: INTEGER and types of its size have 4 bytes, and INTEGER*8 exists."""
    names = "|".join(table()["libf2c"]["narrow"])
    narrowed = re.sub(rf"\b(typedef\s+(?:unsigned\s+)?)long int ({names});", r"\1int \2;", text)
    return f"#ifndef INTEGER_STAR_8\n#define INTEGER_STAR_8\n#endif\n{narrowed}"


def make_subroutines_int(text: str) -> str:
    """Make the functions of libf2c that f2c calls as subroutines return int, in one of its sources."""
    names = "|".join(table()["libf2c"]["subroutines"])
    return re.sub(rf"\b(?:VOID|void)(\s+(?:#ifdef KR_headers\s+)?(?:{names})\()", r"int\1", text)
