"""The zig toolchain: zig's clang and lld, from the ziglang package, for every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.targets import LinuxTarget, MacosTarget, PyodideTarget, WindowsTarget
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.model import Support
from crosswheel.toolchains.zig.linux.target_toolchain import prepare_linux
from crosswheel.toolchains.zig.macos.sdk import find_sdk
from crosswheel.toolchains.zig.macos.target_toolchain import OLDEST, prepare_macos
from crosswheel.toolchains.zig.model import installed_zig, zig_targets
from crosswheel.toolchains.zig.windows import target_toolchain as windows

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain


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
        if platform == "pyodide":
            return OLDEST_ABI
        if platform == "macos":
            return OLDEST.get(architecture)
        if platform == "windows":
            return windows.OLDEST if architecture in windows.windows_zig_targets() else None
        row = zig_targets().get(architecture)
        return row.minimum_version(platform) if row else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        return f"zig {self.version} has no {platform} for {architecture}", "crosswheel targets"

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if isinstance(target, LinuxTarget) and target.architecture.name not in zig_targets():
            return Support(available=False, reason=f"zig {self.version} has no {target.architecture.name}")
        return Support(available=True, facts={"version": self.version})

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        match target:
            case LinuxTarget():
                return prepare_linux(self.host, installed_zig(), target)
            case MacosTarget():
                sdk = find_sdk(self.sdk, self.host.environ)
                return prepare_macos(self.host, installed_zig(), target, sdk)
            case WindowsTarget():
                from crosswheel.toolchains.zig.windows.target_toolchain import prepare_windows

                return prepare_windows(self.host, installed_zig(), target)
            case PyodideTarget():
                from crosswheel.toolchains.zig.emscripten.target_toolchain import prepare_emscripten

                return prepare_emscripten(self.host, installed_zig(), target)
        raise EnvironmentMissingError(f"zig cannot build for {target}", hint="crosswheel targets")
