"""A build requirement with a header, as wheels in a directory and as it is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host
from packaging.requirements import Requirement

from crosswheel.cross_requirements import OverlayResolver
from crosswheel.host import Host
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel, record_hash, wheel_file

PYTHON = PythonVersion.parse("3.13")
SITE = "lib/python3.13/site-packages"
HERE = "cp313-cp313-manylinux_2_17_x86_64"
MODULE = b"\x7fELF a module"
FILES = {"headed/__init__.py": b"", "headed/core.so": MODULE, "headed/include/headed.h": b"#define LONG 8\n"}


@dataclass
class FakeWheelBuilder:
    """Records what it is to build, and returns a given wheel."""

    wheel: Path | None = None
    requested: list[str] = field(default_factory=list)
    recipe: str = ""

    def identity(self, name: str) -> str:
        return self.recipe

    def build(self, requirement: Requirement, directory: Path) -> Path:
        self.requested.append(str(requirement))
        assert self.wheel is not None, "nothing should have been built"
        return self.wheel


@dataclass(frozen=True)
class Workspace:
    """A directory of wheels instead of an index, and an environment."""

    host: Host
    directory: Path
    builder: FakeWheelBuilder

    @property
    def environment(self) -> Path:
        return self.directory / "env"

    @property
    def links(self) -> Path:
        return self.directory / "links"

    def wheel(self, tag: str, changes: Mapping[str, bytes] | None = None, directory: Path | None = None) -> Path:
        """A wheel of ``headed`` with some files changed."""
        target = directory or self.links
        target.mkdir(exist_ok=True)
        files = {**FILES, **(changes or {})}
        files["headed-1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: Headed\nVersion: 1.0\n"
        files["headed-1.0.dist-info/WHEEL"] = wheel_file([("Wheel-Version", "1.0")], [tag], pure=tag.endswith("any"))
        return pack_wheel(files, {}, WheelName.parse(f"headed-1.0-{tag}.whl"), target, 1_700_000_000)

    def install(self, wheel: Path) -> None:
        """Install a wheel into the environment, as installers do."""
        files = read_wheel(wheel).files
        rows = io.StringIO()
        for path, data in files.items():
            file = self.environment / SITE / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            csv.writer(rows).writerow([path, record_hash(data), len(data)])
        (self.environment / SITE / "headed-1.0.dist-info" / "RECORD").write_text(rows.getvalue(), "utf-8")

    def overlays(self, target: str, *, builds: bool = True, **more) -> OverlayResolver:
        self.links.mkdir(exist_ok=True)
        index = IndexSettings(no_index=True, find_links=(str(self.links),))
        found = target_from_tag(target)
        assert found is not None
        store = Store(self.directory / "store", self.host.progress)
        return OverlayResolver(self.host, store, found, PYTHON, "zig 0", index, self.builder, may_build=builds, **more)

    def resolve(self, target: str, **more):
        """Return the overlay of ``headed``."""
        ((_, overlay),) = self.overlays(target, **more).resolve(self.environment, self.environment / SITE)
        return overlay


@pytest.fixture
def workspace(tmp_path):
    return Workspace(fake_host(tmp_path, Shelf(tmp_path)), tmp_path, FakeWheelBuilder())
