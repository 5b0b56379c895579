"""zig as a toolchain: for every target, from one package of the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.targets import LinuxTarget, MacosTarget, PyodideTarget, WindowsTarget
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.model import Support
from crosswheel.toolchains.zig.kit import open_kit
from crosswheel.toolchains.zig.macos.kit import OLDEST, open_macos_kit
from crosswheel.toolchains.zig.model import installed_zig, zig_targets
from crosswheel.toolchains.zig.windows import model as windows

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Kit

_MERGE = "build for macos-x86_64 and macos-arm64, then crosswheel merge"


@dataclass(frozen=True)
class ZigToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`."""

    host: Host

    name = "zig"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`."""
        return installed_zig().version

    def floor(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.floor`."""
        if platform == "pyodide":
            return OLDEST_ABI
        if platform == "macos":
            return OLDEST.get(architecture)
        if platform == "windows":
            return windows.OLDEST if architecture in windows.windows_zig() else None
        row = zig_targets().get(architecture)
        return row.floor(platform) if row else None

    def absence(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`Floors.absence`."""
        if platform == "macos":
            return f"zig {self.version} compiles for one architecture at a time", _MERGE
        return f"zig {self.version} has no {platform} for {architecture}", "crosswheel targets"

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if isinstance(target, LinuxTarget) and target.architecture.name not in zig_targets():
            return Support(available=False, reason=f"zig {self.version} has no {target.architecture.name}")
        if isinstance(target, MacosTarget) and target.architecture.name not in OLDEST:
            reason, hint = self.absence(target.architecture.name, "macos")
            return Support(available=False, reason=reason, hint=hint)
        return Support(available=True, facts={"version": self.version})

    def prepare(self, target: Target) -> Kit:
        """See :meth:`Toolchain.prepare`."""
        match target:
            case LinuxTarget():
                return open_kit(self.host, installed_zig(), target)
            case MacosTarget():
                return open_macos_kit(self.host, installed_zig(), target)
            case WindowsTarget():
                from crosswheel.toolchains.zig.windows.kit import open_windows_kit

                return open_windows_kit(self.host, installed_zig(), target)
            case PyodideTarget():
                from crosswheel.toolchains.zig.emscripten.kit import open_emscripten_kit

                return open_emscripten_kit(self.host, installed_zig(), target)
        raise EnvironmentMissingError(f"zig cannot build for {target}", hint="crosswheel targets")
