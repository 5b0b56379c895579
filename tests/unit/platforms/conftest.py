"""Targets that crosswheel knows nothing of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from crosswheel.targets import LinuxTarget, System, linux_architectures, target_from_tag
from crosswheel.targets.model import TargetBase

LINUX = target_from_tag("manylinux_2_31_riscv64")


@dataclass(frozen=True)
class CopiedTarget(TargetBase):
    """A target that answers every question as one of Linux does, but for its family and its system's name."""

    original: LinuxTarget
    family: str

    @property
    def system(self) -> System:
        name = "linux" if self.family == "linux" else self.family
        return replace(self.original.system, name=name, platform_system=name)

    @property
    def tag(self) -> str:
        return f"{self.family}_4_riscv64"

    @property
    def unversioned_tag(self) -> str:
        return f"{self.family}_riscv64"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class ArmTarget(LinuxTarget):
    """A made-up kind of Linux."""


@pytest.fixture
def plan9() -> CopiedTarget:
    return CopiedTarget(LINUX, "plan9")


@pytest.fixture
def impostor() -> CopiedTarget:
    """A target that claims to be one of Linux."""
    return CopiedTarget(LINUX, "linux")


@pytest.fixture
def arm64x() -> ArmTarget:
    """A target of the right class, on an architecture that no table has."""
    architecture = replace(linux_architectures()["aarch64"], name="arm64x", machine="arm64x")
    return ArmTarget(architecture, LINUX.libc, (2, 31))
