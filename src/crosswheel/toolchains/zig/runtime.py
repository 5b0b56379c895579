"""Compiling libc++, libc++abi and libunwind for a target, from the sources in the ziglang package."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import table_row
from crosswheel.targets.tables import systems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.zig.model import ZigProgram

_CXX = (".cpp",)


@dataclass(frozen=True, slots=True)
class RuntimeLibrary:
    """A table of ``runtime.toml``, where each field is explained."""

    name: str
    root: str
    sources: tuple[str, ...]
    exclude: tuple[str, ...]
    include: tuple[str, ...]
    flags: tuple[str, ...]
    systems: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict, hash=False)

    def files(self, library: Path, system: str) -> list[Path]:
        """Its source files in the ziglang package, in a fixed order.

        :param system: by its name in the table of systems; some have files of their own, or do without others.
        """
        table_row(systems(), system, "crosswheel/targets/tables/systems.toml")
        root, own = library / self.root, self.systems.get(system, {})
        exclude = (*self.exclude, *own.get("exclude", ()))
        found = {path for pattern in (*self.sources, *own.get("sources", ())) for path in root.glob(pattern)}
        return sorted(
            path for path in found if not any(fnmatch(str(path.relative_to(root)), pattern) for pattern in exclude)
        )


@cache
def runtime_table() -> str:
    """``runtime.toml`` as it stands; part of the key of what is compiled by it."""
    return files("crosswheel.toolchains.zig").joinpath("runtime.toml").read_text("utf-8")


@cache
def runtime_libraries() -> tuple[RuntimeLibrary, ...]:
    """The libraries of the C++ runtime, in link order."""
    return tuple(_row(row) for row in tomllib.loads(runtime_table())["library"])


def _row(row: dict[str, Any]) -> RuntimeLibrary:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return RuntimeLibrary(**values)


def build_runtime(
    host: Host, zig: ZigProgram, c_flags: tuple[str, ...], cxx_flags: tuple[str, ...], output: Path,
    wanted: tuple[str, ...], system: str,
) -> None:  # fmt: skip
    """Compile the C++ runtime and leave its libraries, ``libc++.a`` and others, in ``output``.

    :param c_flags: what makes clang compile C for the target; ``cxx_flags`` the same for C++.
    :param wanted: the libraries that the target does not have.
    :param system: whose own parts of them are wanted too, by its name in the table of systems.
    :raises EnvironmentMissingError: when a file does not compile.
    """
    common = ("-O2", "-g0", "-w", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
              "-ffunction-sections", "-fdata-sections", "-DNDEBUG", f"-ffile-prefix-map={zig.library}=.")  # fmt: skip

    def compile_one(library: RuntimeLibrary, source: Path, number: int) -> Path:
        is_cxx = source.suffix in _CXX
        produced = output / f"{library.name}-{number:03}-{source.stem}.o"
        # The runtime's own headers come before the compiler's and the C library's, its flags after the target's.
        # Not by -I: that is ignored for directories which the target's flags name as system directories too.
        include = [word for directory in library.include for word in ("-isystem", zig.library / directory)]
        flags = [flag for flag in library.flags if is_cxx or not flag.startswith("-std=")]
        language = ["--driver-mode=g++", *cxx_flags] if is_cxx else list(c_flags)
        outcome = host.run(
            zig.executable,
            "clang",
            *include,
            *language,
            *common,
            *flags,
            "-c",
            source,
            "-o",
            produced,
            cwd=output,
        )
        if not outcome.ok:
            raise EnvironmentMissingError(f"cannot build {library.name}: {outcome.stderr[:500]}", where=source)
        return produced

    with (
        host.progress.step("building the C++ runtime, once for this target"),
        ThreadPoolExecutor(host.jobs) as pool,
    ):
        jobs = {
            library: [
                pool.submit(compile_one, library, source, n)
                for n, source in enumerate(library.files(zig.library, system))
            ]
            for library in runtime_libraries()
            if library.name in wanted
        }
        for library, futures in jobs.items():
            objects = [future.result() for future in futures]
            archive = output / f"{library.name}.a"
            host.run(zig.executable, "ar", "rcsD", archive, *objects, cwd=output)
            for path in objects:
                path.unlink()
