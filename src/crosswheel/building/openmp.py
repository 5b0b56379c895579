"""OpenMP for builds that enable it: the target's library, built for the first compiler call that asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.native_libraries import Prefix
from crosswheel.native_libraries.prefix import STATIC_DIR
from crosswheel.toolchains.model import OpenMpRuntime
from crosswheel.toolchains.openmp import OPENMP

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.native_libraries import LibraryBuilder
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.sealing import Mount
    from crosswheel.store import Key
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Call, CallSettings, Plan, TargetToolchain

LIBRARY = "libomp"
"""The recipe of the library."""


@dataclass(frozen=True)
class OpenMp:
    """The OpenMP library of one build, which may not be needed.

    :param enabled: the option ``openmp``.
    """

    builder: LibraryBuilder
    enabled: bool

    def apply_to(self, settings: CallSettings) -> CallSettings:
        """Return the wrappers' settings with the library, or with the reason why there is none."""
        if self._planned is None:
            return replace(settings, openmp_refusal=self._refusal)
        directory = self._directory
        runtime = OpenMpRuntime(
            include=str(directory / "include"),
            shared=str(directory / "lib" / f"{LIBRARY}.so"),
            static=str(directory / STATIC_DIR / f"{LIBRARY}.a"),
        )
        return replace(settings, openmp=runtime, kept_paths=(*settings.kept_paths, str(directory)))

    def extend(self, toolchain: TargetToolchain) -> TargetToolchain:
        """Return the toolchain with the library as a component."""
        return _ToolchainWithOpenMp(toolchain, self)

    @property
    def key(self) -> Key | None:
        """The library's key in the store; None if builds cannot use it."""
        return self._planned[1] if self._planned else None

    @cached_property
    def prefix(self) -> Prefix:
        """The library in a directory of its own, built if necessary.

        :raises UsageError: if builds cannot use it.
        :raises CrosswheelError: if it cannot be built.
        """
        if self._planned is None:
            raise UsageError(self._refusal)
        installed = self.builder.build_all([LIBRARY])[LIBRARY]
        return Prefix(installed.directory, (installed.library,))

    def used_prefix(self, calls: str) -> Prefix | None:
        """Return the same if a build used it; None otherwise.

        :param calls: the log of the build's compiler calls.
        """
        # Its path differs between the build machine and the seal, but for the digest.
        if self._planned is None or self._planned[1].digest not in calls:
            return None
        return self.prefix if self.builder.store.find(self._planned[1]) else None

    @cached_property
    def _planned(self) -> tuple[Library, Key] | None:
        """The library and its key, which tells its directory; None if it is disabled or not available."""
        return None if self._refusal else self.builder.keys([LIBRARY])[-1]

    @property
    def _directory(self) -> Path:
        assert self._planned is not None
        return self.builder.store.location(self._planned[1])

    @cached_property
    def _refusal(self) -> str:
        """The reason why builds cannot use it; empty if they can."""
        if not self.enabled:
            return "OpenMP is disabled by the option openmp"
        try:
            self.builder.catalogue.closure([LIBRARY], self.builder.toolchain.target)
        except UsageError as error:
            return f"there is no OpenMP library for the target: {error.what}"
        return ""


@dataclass(frozen=True)
class _ToolchainWithOpenMp:
    """A target toolchain with a further component; see :class:`TargetToolchain`."""

    toolchain: TargetToolchain
    openmp: OpenMp

    @property
    def target(self) -> Target:
        return self.toolchain.target

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        return self.toolchain.kernel_headers

    @property
    def identity(self) -> str:
        return self.toolchain.identity

    @property
    def compiler_id(self) -> str:
        return self.toolchain.compiler_id

    @property
    def mounts(self) -> tuple[Mount, ...]:
        return self.toolchain.mounts

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return self.toolchain.plan(call, settings)

    def build_component(self, part: str) -> None:
        if part == OPENMP:
            _ = self.openmp.prefix
        else:
            self.toolchain.build_component(part)
