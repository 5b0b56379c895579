"""A kit for macOS: what zig has for it lies in its own package, except for the C++ runtime."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import prepare_directory, read_facts, write_facts
from crosswheel.toolchains.zig.linux.stubs import defines, search_list
from crosswheel.toolchains.zig.macos.rules import MacosFacts, plan_call
from crosswheel.toolchains.zig.model import QUIET, system_headers
from crosswheel.toolchains.zig.runtime_base import ZigTargetToolchainWithCxx

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import MacosTarget
    from crosswheel.toolchains.zig.macos.sdk import Sdk
    from crosswheel.toolchains.zig.model import ZigProgram

OLDEST = {"arm64": (11, 0), "x86_64": (10, 13)}
"""The oldest macOS that zig's linker and its C++ runtime are proven for."""
_LAYOUT = 3
"""Raised when what a kit directory holds changes, so that older ones are not used."""
_VISIBLE = (
    "\n#      define _LIBCPP_NAMESPACE_VISIBILITY\n",
    '\n#    define _LIBCPP_EXPORTED_FROM_ABI _LIBCPP_VISIBILITY("default")\n',
)
# Operators new and delete stay visible otherwise, whatever else is hidden.
_PRIVATE = "-fvisibility-global-new-delete=force-hidden"


@dataclass(frozen=True, slots=True)
class Headers:
    """Where zig looks for headers, and the macros that go with them; ``cxx_`` for C++."""

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]


@dataclass(frozen=True)
class MacosTargetToolchain(ZigTargetToolchainWithCxx):
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: MacosTarget
    found: Headers
    sdk: Sdk | None = None

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        sdk = f"-sdk-{self.sdk.identity}" if self.sdk else ""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}{sdk}"

    def compile(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.compile`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; ``framework NAME`` is a part too."""
        kind, _, name = part.partition(" ")
        if kind == "framework" and self.sdk and self._frameworks:
            stub = self.sdk.stub(name)
            create_once(self._frameworks / f"{name}.framework", lambda output: _write(output / f"{name}.tbd", stub))
        else:
            super().build_component(part)

    @cached_property
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See :attr:`ZigTargetToolchainWithCxx.runtime_flags`. One runtime serves every version of the system."""
        name = self.target.architecture.name
        start = ("--no-default-config", f"--target={_triple(name, OLDEST[name])}")
        return (*start, *self.c_flags), (*start, *self.cxx_flags, _PRIVATE)

    @cached_property
    def facts(self) -> MacosFacts:
        """What the rules need to know."""
        zig = str(self.zig.executable)
        architecture = self.target.architecture
        return MacosFacts(
            clang=(
                zig,
                "clang",
                "--no-default-config",
                f"--target={_triple(architecture.name, self.target.version)}",
                *QUIET,
            ),
            c_flags=(*self.c_flags, *self._more_headers),
            cxx_flags=(
                *("-nostdinc", "-nostdinc++"),
                *system_headers((str(self.directory / "include"), *self.found.cxx_includes)),
                *self._more_headers,
                *self.found.cxx_defines,
            ),
            linker=_zig_cc(self.host, self.zig, self.target),
            tools={Tool.AR: (zig, "ar", "--format=darwin"), Tool.RANLIB: (zig, "ranlib"), Tool.NM: INSPECTORS[Tool.NM]},
            runtime=str(self.runtime),
            architecture=architecture.name,
            cpu=architecture.meson_cpu,
            multiarch=self.target.multiarch,
            sdk_libraries=self.sdk.library_options if self.sdk else (),
            frameworks=str(self._frameworks or ""),
        )

    @property
    def _more_headers(self) -> tuple[str, ...]:
        """The SDK's own, or in their place those that say how plain data of frameworks is laid out."""
        plain = str(files("crosswheel.toolchains.zig.macos").joinpath("headers"))
        return self.sdk.header_options if self.sdk else ("-idirafter", plain)

    @property
    def _frameworks(self) -> Path | None:
        """Where it is written down what the SDK's frameworks have."""
        return self.host.cache / "toolchains" / f"macos-sdk-{self.sdk.identity}" if self.sdk else None


def prepare_macos(host: Host, zig: ZigProgram, target: MacosTarget, sdk: Sdk | None = None) -> MacosTargetToolchain:
    """The kit of a target, made if it is not in the cache yet.

    :param sdk: Apple's, for what zig has not.
    :raises EnvironmentMissingError: when zig cannot build for the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-macos-{_LAYOUT}" / str(target)

    def make(part: Path) -> None:
        write_facts(part, _headers(host, zig, target), zig)
        (part / "include").mkdir()
        configuration = (zig.library / "libcxx" / "include" / "__config").read_text("utf-8")
        (part / "include" / "__config").write_text(hide_libcxx(configuration), "utf-8")

    prepare_directory(host, zig, target, directory, make)
    return MacosTargetToolchain(target, host, zig, directory, Headers(**read_facts(directory, zig)), sdk)


def _write(place: Path, text: str) -> None:
    place.write_text(text, "utf-8")


def hide_libcxx(configuration: str) -> str:
    """libc++'s ``__config`` with everything in namespace ``std`` hidden, and every class it marks as its own.

    What a module instantiates of its templates would be exported otherwise, and what it says of the types of
    exceptions where it is compiled without RTTI; dyld would join that with what other modules have, whose libc++ is
    another one.
    """
    for visible in _VISIBLE:
        if configuration.count(visible) != 1:
            raise EnvironmentMissingError(
                "zig's libc++ is not the one that is known", hint="pip install ziglang==0.17.0"
            )
        word = visible.removeprefix("\n").split()[2]
        configuration = configuration.replace(visible, f'\n#define {word} __attribute__((__visibility__("hidden")))\n')
    return configuration


def _headers(host: Host, zig: ZigProgram, target: MacosTarget) -> Headers:
    """Ask zig where its headers are, and have it make its compiler's helpers ready for links."""
    with temporary_directory() as work:
        (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
        (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
        said = []
        for driver, *options in (("cc", "-c", "empty.c"), ("c++", "-c", "empty.cc"), ("cc", "-shared", "empty.o")):
            made = "empty.o" if "-c" in options else "empty.so"
            outcome = host.run(*_zig_cc(host, zig, target, driver), *options, "-v", "-o", made, cwd=work)
            if not outcome.ok:
                raise EnvironmentMissingError(f"zig {zig.version} cannot build for {target}: {outcome.stderr[-300:]}")
            said.append(outcome.stderr + outcome.stdout)
    return Headers(search_list(said[0]), search_list(said[1]), defines(said[0]), defines(said[1]))


def _zig_cc(host: Host, zig: ZigProgram, target: MacosTarget, driver: str = "cc") -> tuple[str, ...]:
    """``zig cc``, for its linker. Without -O2 it would put its own memcpy into what it links."""
    major, minor = target.version
    cache = host.cache / "zig"
    return (
        "/usr/bin/env", f"ZIG_GLOBAL_CACHE_DIR={cache}", f"ZIG_LOCAL_CACHE_DIR={cache / 'local'}", str(zig.executable),
        driver, "-target", f"{target.architecture.triple_cpu}-macos.{major}.{minor}", "-O2", "-g0",
        "-fno-sanitize=undefined",
    )  # fmt: skip


def _triple(architecture: str, version: tuple[int, int]) -> str:
    return f"{architecture}-apple-macosx{version[0]}.{version[1]}"
