"""What the kits of zig's clang have in common, whatever system they are for."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from crosswheel.host.files import create_once
from crosswheel.toolchains.fortran.f2c import F2c
from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Call, CallSettings, Plan
    from crosswheel.toolchains.zig.model import ZigProgram

_FACTS = "kit.json"
_HERE = "{ziglang}"


class Facts(Protocol):
    """What the rules of a system have to know, as far as it is the same for all."""

    @property
    def tools(self) -> Mapping[Tool, tuple[str, ...]]:
        """The commands of programs that are neither compilers nor linkers."""
        ...


@dataclass(frozen=True)
class ZigTargetToolchain(ABC):
    """A kit that compiles with zig's clang: what is left to say is what differs between systems.

    :param directory: where it lies in the cache.
    """

    target: Target
    host: Host
    zig: ZigProgram
    directory: Path

    COMMONS: ClassVar[str] = "common"
    """How Fortran's COMMON blocks become symbols."""
    TYPED: ClassVar[bool] = False
    """Whether the linker knows the types of functions."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """What the rules need to know."""

    @abstractmethod
    def compile(self, call: Call, settings: CallSettings) -> Plan:
        """The plan for a call that has nothing to do with Fortran."""

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return "clang"

    @cached_property
    def fortran(self) -> F2c:
        """Fortran 77 with this kit's C compiler."""
        archiver = self.facts.tools[Tool.AR]
        return F2c(
            self.host, self.target, self.identity, self.compile, archiver, commons=self.COMMONS, typed=self.TYPED
        )

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return self.fortran.plan(call, settings)


def relocatable(facts: object, zig: ZigProgram) -> str:
    """A value without the place that zig lies in, for a key or a file."""
    return json.dumps(facts).replace(str(zig.library), _HERE)


def write_facts(directory: Path, facts: Any, zig: ZigProgram) -> None:
    """Keep in a kit's directory what zig has said, a frozen value of tuples."""
    (directory / _FACTS).write_text(relocatable(asdict(facts), zig), "utf-8")


def read_facts(directory: Path, zig: ZigProgram) -> Mapping[str, tuple[str, ...]]:
    """What :func:`write_facts` has kept, by the names of its fields."""
    text = (directory / _FACTS).read_text("utf-8").replace(_HERE, str(zig.library))
    return {key: tuple(value) for key, value in json.loads(text).items()}


def prepare_directory(
    host: Host, zig: ZigProgram, target: Target, directory: Path, make: Callable[[Path], None]
) -> None:
    """Make a kit's directory if it is not in the cache yet."""
    if not directory.is_dir():
        with host.progress.step(f"preparing zig {zig.version} for {target}, once"):
            create_once(directory, make)
