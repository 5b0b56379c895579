"""The C++ runtime: compile libc++, libc++abi and libunwind for a target from the sources in the ziglang package."""

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
    from crosswheel.targets import Target
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
        """Return the source files, sorted.

        :param library: the ``lib`` directory of the ziglang package.
        :param system: a system's name; some add or exclude files.
        """
        table_row(systems(), system, "crosswheel/targets/tables/systems.toml")
        root, overrides = library / self.root, self.systems.get(system, {})
        exclude = (*self.exclude, *overrides.get("exclude", ()))
        sources = {path for pattern in (*self.sources, *overrides.get("sources", ())) for path in root.glob(pattern)}
        return sorted(
            path for path in sources if not any(fnmatch(str(path.relative_to(root)), pattern) for pattern in exclude)
        )


@cache
def runtime_table() -> str:
    """Return the text of ``runtime.toml``, which is part of the runtime's cache key."""
    return files("crosswheel.toolchains.zig").joinpath("runtime.toml").read_text("utf-8")


@cache
def runtime_libraries() -> tuple[RuntimeLibrary, ...]:
    """Return the libraries of the C++ runtime, in link order."""
    return tuple(_read_row(row) for row in tomllib.loads(runtime_table())["library"])


def _read_row(row: dict[str, Any]) -> RuntimeLibrary:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return RuntimeLibrary(**values)


def build_runtime(
    host: Host, zig: ZigProgram, c_flags: tuple[str, ...], cxx_flags: tuple[str, ...], output: Path,
    libraries: tuple[str, ...], target: Target,
) -> None:  # fmt: skip
    """Compile the C++ runtime into static libraries (``libc++.a``, …).

    :param c_flags: the flags that compile C for the target.
    :param cxx_flags: the flags that compile C++ for the target.
    :param output: the directory to write the libraries to.
    :param libraries: the libraries to build.
    :param target: the target, whose system may add or exclude sources.
    :raises EnvironmentMissingError: if a file does not compile.
    """
    common = ("-O2", "-g0", "-w", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
              "-ffunction-sections", "-fdata-sections", "-DNDEBUG", f"-ffile-prefix-map={zig.library}=.")  # fmt: skip

    def compile_one(library: RuntimeLibrary, source: Path, number: int) -> Path:
        is_cxx = source.suffix in _CXX
        object_file = output / f"{library.name}-{number:03}-{source.stem}.o"
        # The runtime's headers come before the compiler's and the C library's; its flags come after the target's.
        # Not with -I: clang ignores that for directories that the target's flags name as system directories.
        include = [arg for directory in library.include for arg in ("-isystem", zig.library / directory)]
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
            object_file,
            cwd=output,
        )
        if not outcome.ok:
            raise EnvironmentMissingError(f"cannot build {library.name}: {outcome.stderr[:500]}", where=source)
        return object_file

    with (
        host.progress.step(f"building the C++ runtime for {target}, once"),
        ThreadPoolExecutor(host.jobs) as pool,
    ):
        jobs = {
            library: [
                pool.submit(compile_one, library, source, n)
                for n, source in enumerate(library.files(zig.library, target.system.name))
            ]
            for library in runtime_libraries()
            if library.name in libraries
        }
        for library, futures in jobs.items():
            objects = [future.result() for future in futures]
            archive = output / f"{library.name}.a"
            host.run(zig.executable, "ar", "rcsD", archive, *objects, cwd=output)
            for path in objects:
                path.unlink()
