"""An installed emcc as a toolchain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import target_as
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.emcc.find import EmccSearch, find_emcc
from crosswheel.toolchains.emcc.target_toolchain import EmccTargetToolchain, prepare_emcc
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.model import Support, prepare_target, unsupported_family

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.emcc.find import InstalledEmcc
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class EmccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: the directory of an emsdk, if the environment does not name it.
    """

    host: Host
    prefix: Path | None = None

    name = "emcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`."""
        return self._search.installed.version if self._search.installed else "not installed"

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`."""
        return OLDEST_ABI if architecture == "wasm32" and platform == "pyodide" and self._search.installed else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        if platform != "pyodide":
            return f"emcc does not build for {platform} on {architecture}", "--toolchain zig"
        return self._search.problem, self._search.hint

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if unsupported := unsupported_family(self, target):
            return unsupported
        installed = self._search.installed
        if installed is None:
            return Support(available=False, reason=self._search.problem, hint=self._search.hint)
        return Support(
            available=True, facts={"version": installed.version, "program": str(installed.directory / "emcc")}
        )

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        return prepare_target(self, target)

    def installed(self) -> InstalledEmcc:
        """Return the emcc.

        :raises EnvironmentMissingError: if there is none.
        """
        if self._search.installed is None:
            raise EnvironmentMissingError(self._search.problem, hint=self._search.hint)
        return self._search.installed

    @cached_property
    def _search(self) -> EmccSearch:
        """The emcc, looked for once."""
        return find_emcc(self.host, self.prefix)


def prepare_for_pyodide(toolchain: EmccToolchain, target: Target) -> EmccTargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    return prepare_emcc(toolchain.host, toolchain.installed(), target_as(target, PyodideTarget, "the toolchain emcc"))
