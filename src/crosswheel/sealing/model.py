"""What a sealed program sees: mounts, the description of the target's machine, and how programs of the target run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory or file of the build machine at a path inside of the seal.

    :param outside: its path on the build machine.
    :param inside: its path for sealed programs.
    :param writable: whether sealed programs may write to it.
    :param copied: whether each build has a copy of its own in its directory, for programs that write where they read.
    """

    outside: Path
    inside: Path
    writable: bool = False
    copied: bool = False


class Network(StrEnum):
    """Whether the programs of a build used the network."""

    USED = "used"
    UNUSED = "unused"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SealRecord:
    """How the programs of a build ran, for its result.

    :param sealed: whether they were sealed.
    :param reason: why not; empty if they were.
    """

    sealed: bool = False
    reason: str = ""
    network: Network = Network.UNKNOWN

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-compatible values."""
        return {"sealed": self.sealed, "unsealed_reason": self.reason, "network": self.network.value}


@dataclass(frozen=True, slots=True)
class SealSupport:
    """Whether programs can be sealed on this machine.

    :param bwrap: the command that starts bubblewrap; empty if they cannot.
    :param unshare: the program that creates the outer namespace, in which the kernel runs programs of the target;
        empty if it cannot.
    :param reason: why programs cannot be sealed, in words; empty if they can.
    :param hint: what would make it possible.
    """

    bwrap: tuple[str, ...] = ()
    unshare: str = ""
    reason: str = ""
    hint: str = ""

    @property
    def available(self) -> bool:
        """Whether they can."""
        return bool(self.bwrap)


@dataclass(frozen=True, slots=True)
class MachineView:
    """The target's machine as programs of the build see it.

    :param programs: scripts by the name of the program that they replace: ``uname``, ``arch``, ``lscpu``.
    :param cpuinfo: the content of ``/proc/cpuinfo``; empty if the target's system has no such file.
    :param kernel: the content of ``/proc/version``; likewise.
    :param substitutes: those of the programs that replace only what the build machine has: the existence of ``dpkg``
        tells a project that the machine is Debian's.
    """

    programs: Mapping[str, str] = field(default_factory=dict)
    cpuinfo: str = ""
    kernel: str = ""
    substitutes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BinfmtRule:
    """A rule of the kernel's binfmt_misc: which program runs files that begin with certain bytes.

    Source: Documentation/admin-guide/binfmt-misc.rst of Linux.

    :param name: unique among the rules of a namespace.
    :param magic: the first bytes of the files.
    :param mask: which of their bits count; as long as ``magic``.
    :param interpreter: an executable script or program; it is called with the path of the file, its ``argv[0]``, and
        the other arguments.
    """

    name: str
    magic: bytes
    mask: bytes
    interpreter: Path

    def registration(self) -> str:
        """Return the line to write to ``binfmt_misc/register``; flag P passes the original ``argv[0]``."""
        magic, mask = (_escape(data) for data in (self.magic, self.mask))
        return f":{self.name}:M::{magic}:{mask}:{self.interpreter}:P"


@dataclass(frozen=True, slots=True)
class Seal:
    """How the programs of builds for one target run; by default not sealed.

    :param mounts: what they see besides the system and the directories of their build: Pythons, toolchains.
    :param network: whether they may use the network.
    :param machine: the target's machine.
    :param rules: how the kernel runs programs of the target.
    :param headers: directories of the target's headers in place of the machine's, where it has such.
    """

    support: SealSupport = field(default_factory=SealSupport)
    mounts: tuple[Mount, ...] = ()
    network: bool = True
    machine: MachineView = field(default_factory=MachineView)
    rules: tuple[BinfmtRule, ...] = ()
    headers: tuple[Mount, ...] = ()


def _escape(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)
