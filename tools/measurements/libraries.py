"""Build native libraries for several targets, and run a program that uses them.

The program of each library is tests/libraries/NAME.c. On targets that only run Python, it is built as a shared library
and called through ctypes.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from crosswheel.building.openmp import LIBRARY as OPENMP_LIBRARY
from crosswheel.building.openmp import OpenMp
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import CrosswheelError, UsageError
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import native_alias
from crosswheel.native_libraries import LibraryBuilder, read_catalogue
from crosswheel.native_libraries.prefix import pkg_config, runtime_flags
from crosswheel.runners import find_runner
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, find_target
from crosswheel.targets.python_version import NEWEST_MINOR, OLDEST_MINOR
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, CallSettings, Tool
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
    """The result of one library for one target: ``passed``, ``built`` (not run), ``absent`` or ``failed``."""

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
        target_toolchain = toolchain.prepare(find_target(alias, toolchain, native=native_alias()))
        packages = RequirementSource(index.uv_options(), index.uv_environ())
        builder = LibraryBuilder(host, target_toolchain, catalogue, Store.open(host), packages)
        for name in only or sorted(catalogue.recipes):
            row = _measure_library(host, builder, name, alias)
            print(f"{row.library:14} {row.target:16} {row.result:8} {row.seconds:6.1f} s  {row.remark}", flush=True)
            yield asdict(row)


def names() -> frozenset[str]:
    """Return the names of all library recipes."""
    return frozenset(read_catalogue().recipes)


def _measure_library(host: Host, builder: LibraryBuilder, name: str, alias: str) -> Row:
    started = time.monotonic()
    recipe = builder.catalogue[name].recipe

    def row(result: str, remark: str = "") -> Row:
        return Row(name, recipe.version, recipe.homepage, alias, result, remark, round(time.monotonic() - started, 1))

    try:
        with temporary_directory() as work:
            prefix = builder.build_prefix([name], work / "prefix")
            return row(*check(host, OpenMp(builder, enabled=name == OPENMP_LIBRARY), prefix, name, work))
    except UsageError as error:
        return row("absent", error.what.partition(": ")[2] or error.what)
    except CrosswheelError as error:
        return row("failed", _first_line(error.what))


def check(host: Host, openmp: OpenMp, prefix: Prefix, name: str, work: Path) -> tuple[str, str]:
    """Compile and run a library's program; return the result and a remark.

    :param openmp: enabled for the program of the OpenMP library, which calls with ``-fopenmp`` get.
    """
    toolchain = openmp.extend(openmp.builder.toolchain)
    source = CHECKS / f"{name}.c"
    runner, support = find_runner(host, toolchain.target)
    runs_programs = runner.runs_programs(toolchain.target)
    settings = CallSettings(
        extra_compile=prefix.compile_options,
        extra_link=prefix.link_options,
        archives=tuple(map(str, prefix.archives)),
        exports=("check",),
    )
    module = ("-include", str(CHECKS / "exported.h"), str(source), "-shared", "-o", "l.so")
    args = (str(source), str(CHECKS / "main.c"), "-o", "program.exe") if runs_programs else module
    libraries = () if name == "libffi" else ("-lpthread", "-ldl")
    flags = (
        *_flags(host, prefix, name),
        *(["-fopenmp"] if openmp.enabled else []),
        *runtime_flags(prefix.libraries).link_args,
    )
    call = Call(Tool.CC, ("-O1", *flags, *args, *libraries, "-lm"), str(work))
    status, messages = run_call(host, toolchain, call, openmp.apply_to(settings))
    if status:
        return "failed", _first_line(next((line for line in messages.splitlines() if "error" in line), messages))
    if not support.available and not runs_programs:
        return "built", support.reason
    if runs_programs:
        outcome = host.run(*runner.program_prefix(toolchain.target), work / "program.exe", cwd=work)
    else:
        python = runner.interpreter(toolchain.target, _newest_python(runner, toolchain.target))
        code = f"import ctypes, sys; sys.exit(ctypes.CDLL({str(work / 'l.so')!r}).check())"
        outcome = host.run(python.executable, "-c", code, cwd=work, env={**host.environ, **python.env})
    last_line = f"{outcome.stdout}{outcome.stderr}".strip().rpartition("\n")[2]
    return ("passed", runner.name) if outcome.ok else ("failed", _first_line(last_line))


def _newest_python(runner: Runner, target: Target) -> PythonVersion:
    """Return the newest Python version that a runner supports for a target."""
    versions = (PythonVersion(minor) for minor in range(NEWEST_MINOR, OLDEST_MINOR - 1, -1))
    return next(version for version in versions if runner.support(target, version).available)


def _first_line(text: str) -> str:
    """Return the first line of a message, without directories of this machine."""
    return re.sub(r"/\S*/", "…/", text.partition("\n")[0])[:200]


def _flags(host: Host, prefix: Prefix, name: str) -> tuple[str, ...]:
    """Return the compiler arguments of the library's pkg-config file."""
    program = host.program("pkgconf")
    packages = next(each.recipe.provides.packages for each in prefix.libraries if each.name == name)
    if program is None or not packages:
        return ()
    outcome = host.run(*pkg_config(program, prefix.directory), "--cflags", packages[0], cwd=prefix.directory)
    return tuple(outcome.stdout.split())
