"""The zig toolchain: zig's clang and lld, from the ziglang package, for every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.platforms import table_row, target_as
from crosswheel.targets import LinuxTarget, MacosTarget, PyodideTarget, WindowsTarget, macos_architectures
from crosswheel.targets.pyodide import WASM32
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.model import Support, prepare_target, unsupported_family
from crosswheel.toolchains.zig.linux.target_toolchain import prepare_linux
from crosswheel.toolchains.zig.macos.sdk import find_sdk
from crosswheel.toolchains.zig.macos.target_toolchain import OLDEST, prepare_macos
from crosswheel.toolchains.zig.model import installed_zig, zig_targets
from crosswheel.toolchains.zig.windows import target_toolchain as windows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain

_NAME = "the toolchain zig"


@dataclass(frozen=True)
class ZigToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param sdk: Apple's SDK; by default the one that ``SDKROOT`` names, if any.
    """

    host: Host
    sdk: Path | None = None

    name = "zig"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`."""
        return installed_zig().version

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`."""
        match platform:
            case "glibc" | "musl" if architecture in zig_targets():
                return zig_targets()[architecture].minimum_version(platform)
            case "macos":
                return OLDEST.get(architecture)
            case "windows" if architecture in windows.windows_zig_targets():
                return windows.OLDEST
            case "pyodide" if architecture == WASM32.name:
                return OLDEST_ABI
        return None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        return f"zig {self.version} has no {platform} for {architecture}", "crosswheel targets"

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if unsupported := unsupported_family(self, target):
            return unsupported
        known = table_row(_ARCHITECTURES, target.family, "crosswheel.toolchains.zig.toolchain", kind="family")
        if target.architecture.name not in known():
            return Support(available=False, reason=f"zig {self.version} has no {target.architecture.name}")
        return Support(available=True, facts={"version": self.version})

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        return prepare_target(self, target)


_ARCHITECTURES: Mapping[str, Callable[[], Collection[str]]] = {
    "linux": zig_targets,
    "macos": macos_architectures,  # universal2 too, since zig can build for its parts
    "windows": windows.windows_zig_targets,
    "pyodide": lambda: (WASM32.name,),
}
"""Architectures that zig builds for, by family."""


def prepare_for_linux(toolchain: ZigToolchain, target: Target) -> TargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    return prepare_linux(toolchain.host, installed_zig(), target_as(target, LinuxTarget, _NAME))


def prepare_for_macos(toolchain: ZigToolchain, target: Target) -> TargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    sdk = find_sdk(toolchain.sdk, toolchain.host.environ)
    return prepare_macos(toolchain.host, installed_zig(), target_as(target, MacosTarget, _NAME), sdk)


def prepare_for_windows(toolchain: ZigToolchain, target: Target) -> TargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    return windows.prepare_windows(toolchain.host, installed_zig(), target_as(target, WindowsTarget, _NAME))


def prepare_for_pyodide(toolchain: ZigToolchain, target: Target) -> TargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    from crosswheel.toolchains.zig.emscripten.target_toolchain import prepare_emscripten

    return prepare_emscripten(toolchain.host, installed_zig(), target_as(target, PyodideTarget, _NAME))
