"""Build native libraries for several targets, and run on each a program that uses them.

What a library must do is in tests/libraries/NAME.c. Where a target runs no programs but Python, ctypes loads it as a
shared library.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import CrosswheelError, UsageError
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import native_alias
from crosswheel.native_libraries import LibraryBuilder, read_catalogue
from crosswheel.native_libraries.prefix import pkg_config, runtime_options
from crosswheel.runners import find_runner
from crosswheel.sources.index import IndexSettings
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, find_target
from crosswheel.targets.python_version import NEWEST_MINOR, OLDEST_MINOR
from crosswheel.toolchains.model import Call, CallSettings, TargetToolchain, Tool, run_call
from crosswheel.toolchains.select import find_toolchain
from measurements.data import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.native_libraries import Prefix
    from crosswheel.runners.model import Runner
    from crosswheel.targets import Target

CHECKS = ROOT / "tests" / "libraries"


@dataclass(frozen=True)
class Row:
    """One library for one target: ``passed``, ``built`` where nothing runs it, or why not."""

    library: str
    version: str
    homepage: str
    target: str
    result: str
    remark: str
    seconds: float


def measure(host: Host, targets: Sequence[str], only: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each library and each target; all libraries if ``only`` is empty."""
    toolchain = find_toolchain(host, "zig")
    catalogue = read_catalogue()
    index = IndexSettings.load(host.environ, {})
    for alias in targets:
        kit = toolchain.prepare(find_target(alias, toolchain, native=native_alias()))
        workshop = LibraryBuilder(
            host, kit, catalogue, Store.open(host), RequirementSource(index.uv_options(), index.uv_environ())
        )
        for name in only or sorted(catalogue.recipes):
            row = _one(host, workshop, name, alias)
            print(f"{row.library:14} {row.target:16} {row.result:8} {row.seconds:6.1f} s  {row.remark}", flush=True)
            yield asdict(row)


def names() -> frozenset[str]:
    """Return the libraries that there are recipes of."""
    return frozenset(read_catalogue().recipes)


def _one(host: Host, workshop: LibraryBuilder, name: str, alias: str) -> Row:
    began = time.monotonic()
    recipe = workshop.catalogue[name].recipe

    def row(result: str, remark: str = "") -> Row:
        return Row(name, recipe.version, recipe.homepage, alias, result, remark, round(time.monotonic() - began, 1))

    try:
        with temporary_directory() as work:
            prefix = workshop.build_prefix([name], work / "prefix")
            return row(*check(host, workshop.toolchain, prefix, name, work))
    except UsageError as error:
        return row("absent", error.what.partition(": ")[2] or error.what)
    except CrosswheelError as error:
        return row("failed", _first_line(error.what))


def check(host: Host, kit: TargetToolchain, prefix: Prefix, name: str, work: Path) -> tuple[str, str]:
    """What became of a library's program: a word, and what there is to say."""
    source = CHECKS / f"{name}.c"
    emulator, support = find_runner(host, kit.target)
    programs = emulator.runs_programs(kit.target)
    settings = CallSettings(
        extra_compile=prefix.compile_options,
        extra_link=prefix.link_options,
        archives=tuple(map(str, prefix.archives)),
        exports=("check",),
    )
    module = ("-include", str(CHECKS / "exported.h"), str(source), "-shared", "-o", "l.so")
    words = (str(source), str(CHECKS / "main.c"), "-o", "program") if programs else module
    libraries = () if name == "libffi" else ("-lpthread", "-ldl")
    flags = (*_flags(host, prefix, name), *runtime_options(prefix.libraries).linking)
    status, said = run_call(host, kit, Call(Tool.CC, ("-O1", *flags, *words, *libraries, "-lm"), str(work)), settings)
    if status:
        return "failed", _first_line(next((line for line in said.splitlines() if "error" in line), said))
    if not support.available and not programs:
        return "built", support.reason
    if programs:
        outcome = host.run(*emulator.program_prefix(kit.target), work / "program", cwd=work)
    else:
        python = emulator.interpreter(kit.target, _newest(emulator, kit.target))
        code = f"import ctypes, sys; sys.exit(ctypes.CDLL({str(work / 'l.so')!r}).check())"
        outcome = host.run(python.executable, "-c", code, cwd=work, env={**host.environ, **python.env})
    said = f"{outcome.stdout}{outcome.stderr}".strip().rpartition("\n")[2]
    return ("passed", emulator.name) if outcome.ok else ("failed", _first_line(said))


def _newest(emulator: Runner, target: Target) -> PythonVersion:
    """The newest Python that the emulator has for a target."""
    known = (PythonVersion(minor) for minor in range(NEWEST_MINOR, OLDEST_MINOR - 1, -1))
    return next(version for version in known if emulator.support(target, version).available)


def _first_line(text: str) -> str:
    """The beginning of what went wrong, without directories of this machine."""
    return re.sub(r"/\S*/", "…/", text.partition("\n")[0])[:200]


def _flags(host: Host, prefix: Prefix, name: str) -> tuple[str, ...]:
    """Where the library's headers are, as its file for pkg-config says."""
    program = host.program("pkgconf")
    packages = next(each.recipe.provides.packages for each in prefix.libraries if each.name == name)
    if program is None or not packages:
        return ()
    outcome = host.run(*pkg_config(program, prefix.directory), "--cflags", packages[0], cwd=prefix.directory)
    return tuple(outcome.stdout.split())
