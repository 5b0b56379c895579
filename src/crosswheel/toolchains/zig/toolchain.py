"""zig as a toolchain: for every target, from one package of the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.model import Support
from crosswheel.toolchains.zig.kit import ZigKit, open_kit
from crosswheel.toolchains.zig.model import installed_zig, zig_targets

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target


@dataclass(frozen=True)
class ZigToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`."""

    host: Host

    name = "zig"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`."""
        return installed_zig().version

    def floor(self, architecture: str, libc: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.floor`."""
        row = zig_targets().get(architecture)
        return row.floor(libc) if row else None

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if target.architecture.name not in zig_targets():
            return Support(available=False, reason=f"zig {self.version} has no {target.architecture.name}")
        return Support(available=True, facts={"version": self.version})

    def prepare(self, target: Target) -> ZigKit:
        """See :meth:`Toolchain.prepare`."""
        return open_kit(self.host, installed_zig(), target)
