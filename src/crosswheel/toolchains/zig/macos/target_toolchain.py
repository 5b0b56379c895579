"""Preparation of zig for a macOS target: header directories, a patched libc++ configuration, C++ runtime."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.host.scratch import remove_tree
from crosswheel.sealing import Mount
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import (
    ZigTargetToolchainWithCxx,
    prepare_directory,
    read_zig_options,
    write_zig_options,
)
from crosswheel.toolchains.zig.command_lines import defines, search_list
from crosswheel.toolchains.zig.macos.rules import MacosFacts, plan_call
from crosswheel.toolchains.zig.model import QUIET_FLAGS, system_headers

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import MacosTarget
    from crosswheel.toolchains.zig.macos.sdk import Sdk
    from crosswheel.toolchains.zig.model import ZigProgram

OLDEST = {"arm64": (11, 0), "x86_64": (10, 13)}
"""Oldest macOS, by architecture, that zig's linker and its C++ runtime are tested for."""
_LAYOUT = 4
"""Version of the directory's contents; raise it when they change, so that older directories are not used."""
_ZIG_CACHE = "zig-cache"
"""The directory of what zig itself needs for a link, in its own format."""
_VISIBLE_MACROS = (
    "\n#      define _LIBCPP_NAMESPACE_VISIBILITY\n",
    '\n#    define _LIBCPP_EXPORTED_FROM_ABI _LIBCPP_VISIBILITY("default")\n',
)
# Operators new and delete stay visible without this option, whatever else is hidden.
_HIDE_NEW_DELETE = "-fvisibility-global-new-delete=force-hidden"


@dataclass(frozen=True, slots=True)
class MacosZigOptions:
    """What zig passes to clang for a macOS target; see :class:`ZigCompileOptions`."""

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]


@dataclass(frozen=True)
class MacosTargetToolchain(ZigTargetToolchainWithCxx):
    """zig for one macOS target; implements :class:`crosswheel.toolchains.model.TargetToolchain`.

    :param sdk: Apple's SDK, None if there is none.
    """

    target: MacosTarget
    zig_options: MacosZigOptions
    sdk: Sdk | None = None

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        sdk = f"-sdk-{self.sdk.identity}" if self.sdk else ""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}{sdk}"

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.mounts`."""
        cache = Mount(self.directory / _ZIG_CACHE, Path("/build/zig-cache"), copied=True)
        return (cache, *((Mount(self.sdk.path, self.sdk.path),) if self.sdk else ()))

    def plan_without_fortran(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.plan_without_fortran`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; ``framework NAME`` is a component too."""
        kind, _, name = part.partition(" ")
        if kind == "framework" and self.sdk and self._frameworks:
            stub = self.sdk.stub(name)
            create_once(self._frameworks / f"{name}.framework", lambda output: _write(output / f"{name}.tbd", stub))
        else:
            super().build_component(part)

    @cached_property
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See :attr:`ZigTargetToolchainWithCxx.runtime_flags`; all deployment targets share one runtime."""
        name = self.target.architecture.name
        start = ("--no-default-config", f"--target={_triple(name, OLDEST[name])}")
        return (*start, *self.c_flags), (*start, *self.cxx_flags, _HIDE_NEW_DELETE)

    @cached_property
    def facts(self) -> MacosFacts:
        """See :attr:`ZigTargetToolchain.facts`."""
        zig = str(self.zig.executable)
        architecture = self.target.architecture
        return MacosFacts(
            clang=(
                zig,
                "clang",
                "--no-default-config",
                f"--target={_triple(architecture.name, self.target.version)}",
                *QUIET_FLAGS,
            ),
            c_flags=(*self.c_flags, *self._framework_headers),
            cxx_flags=(
                *("-nostdinc", "-nostdinc++"),
                *system_headers((str(self.directory / "include"), *self.zig_options.cxx_includes)),
                *self._framework_headers,
                *self.zig_options.cxx_defines,
            ),
            linker=_zig_driver(self.zig, self.target, self.directory / _ZIG_CACHE),
            tools={Tool.AR: (zig, "ar", "--format=darwin"), Tool.RANLIB: (zig, "ranlib"), Tool.NM: INSPECTORS[Tool.NM]},
            runtime=str(self.runtime),
            cpu_model=self.cpu_model.library,
            architecture=architecture.name,
            cpu=architecture.meson_cpu,
            multiarch=self.target.multiarch,
            sdk_libraries=self.sdk.library_options if self.sdk else (),
            frameworks=str(self._frameworks or ""),
        )

    @property
    def _framework_headers(self) -> tuple[str, ...]:
        """Options that add the SDK's headers; without an SDK, crosswheel's headers of a few plain data types."""
        headers = str(files("crosswheel.toolchains.zig.macos").joinpath("headers"))
        return self.sdk.header_options if self.sdk else ("-idirafter", headers)

    @property
    def _frameworks(self) -> Path | None:
        """The directory of framework stubs, None without an SDK."""
        return self.host.cache / "toolchains" / f"macos-sdk-{self.sdk.identity}" if self.sdk else None


def prepare_macos(host: Host, zig: ZigProgram, target: MacosTarget, sdk: Sdk | None = None) -> MacosTargetToolchain:
    """Return the toolchain for a target, preparing its directory on first use.

    :param sdk: Apple's SDK, for frameworks and for libraries that zig has no stubs for.
    :raises EnvironmentMissingError: if zig does not support the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-macos-{_LAYOUT}" / str(target)

    def fill(output: Path) -> None:
        write_zig_options(output, _find_headers(host, zig, target, output / _ZIG_CACHE), zig)
        (output / "include").mkdir()
        configuration = (zig.library / "libcxx" / "include" / "__config").read_text("utf-8")
        (output / "include" / "__config").write_text(hide_libcxx(configuration), "utf-8")

    prepare_directory(host, zig, target, directory, fill)
    options = MacosZigOptions(**read_zig_options(directory, zig))
    return MacosTargetToolchain(target, host, zig, directory, options, sdk)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def hide_libcxx(configuration: str) -> str:
    """Return libc++'s ``__config`` with namespace ``std`` and all classes that it marks as exported hidden.

    Otherwise a module exports the templates it instantiates, and the type information of exceptions if it is compiled
    without RTTI. dyld would coalesce these symbols with those of other modules, which have another libc++.

    :raises EnvironmentMissingError: if the file is not that of the zig version this was written for.
    """
    for definition in _VISIBLE_MACROS:
        if configuration.count(definition) != 1:
            raise EnvironmentMissingError(
                "the libc++ of the installed zig is not supported", hint="pip install ziglang==0.17.0"
            )
        macro = definition.removeprefix("\n").split()[2]
        hidden = f'\n#define {macro} __attribute__((__visibility__("hidden")))\n'
        configuration = configuration.replace(definition, hidden)
    return configuration


def _find_headers(host: Host, zig: ZigProgram, target: MacosTarget, cache: Path) -> MacosZigOptions:
    """Get zig's header directories and macros, and have zig build compiler-rt into a cache for later links."""
    with temporary_directory() as work:
        (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
        (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
        outputs = []
        for driver, *options in (("cc", "-c", "empty.c"), ("c++", "-c", "empty.cc"), ("cc", "-shared", "empty.o")):
            name = "empty.o" if "-c" in options else "empty.so"
            outcome = host.run(*_zig_driver(zig, target, cache, driver), *options, "-v", "-o", name, cwd=work)
            if not outcome.ok:
                raise EnvironmentMissingError(f"zig {zig.version} cannot build for {target}: {outcome.stderr[-300:]}")
            outputs.append(outcome.stderr + outcome.stdout)
    for unused in ("local", "tmp", "z"):  # zig's intermediate code, twenty times the size of the rest
        remove_tree(cache / unused)
    c, cxx, _link = outputs
    return MacosZigOptions(search_list(c), search_list(cxx), defines(c), defines(cxx))


def _zig_driver(zig: ZigProgram, target: MacosTarget, cache: Path, driver: str = "cc") -> tuple[str, ...]:
    """Return the start of a ``zig cc`` command, which is needed for zig's linker.

    zig locks and writes files of its cache in every call, whether it finds all that it needs there or not. Without -O2
    zig would link its own memcpy.
    """
    major, minor = target.version
    return (
        "/usr/bin/env", f"ZIG_GLOBAL_CACHE_DIR={cache}", f"ZIG_LOCAL_CACHE_DIR={cache / 'local'}", str(zig.executable),
        driver, "-target", f"{target.architecture.triple_cpu}-macos.{major}.{minor}", "-O2", "-g0",
        "-fno-sanitize=undefined",
    )  # fmt: skip


def _triple(architecture: str, version: tuple[int, int]) -> str:
    return f"{architecture}-apple-macosx{version[0]}.{version[1]}"
