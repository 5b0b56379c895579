"""File system roots of a target, made of Debian packages without root rights."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.downloads.debian.archive import DebianArchive
from crosswheel.host import machine
from crosswheel.host.archives import unpack_deb
from crosswheel.host.files import create_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosswheel.host import Host


@dataclass(frozen=True, slots=True)
class Suite:
    """A row of ``suites.toml``."""

    name: str
    python: str
    glibc: tuple[int, int]
    architectures: tuple[str, ...]


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("crosswheel.downloads.debian").joinpath(name).read_text("utf-8"))


@cache
def suites() -> tuple[Suite, ...]:
    """The suites, oldest first."""
    return tuple(
        Suite(name, row["python"], (int(row["glibc"].split(".")[0]), int(row["glibc"].split(".")[1])),
              tuple(row["architectures"]))
        for name, row in _table("suites.toml").items()
    )  # fmt: skip


def package_names(kind: str, version: str = "") -> tuple[str, ...]:
    """The packages a kind of root begins with: ``python``, ``runtime``, ``emulator``."""
    return tuple(name.format(version=version) for name in _table("packages.toml")[kind])


def root_directory(host: Host, suite: str, architecture: str, names: Sequence[str]) -> Path:
    """Where :func:`make_root` puts a root with these packages."""
    key = sha256("\n".join(names).encode()).hexdigest()[:8]
    return host.cache / "roots" / f"{suite}-{architecture}-{key}"


def make_root(host: Host, suite: str, architecture: str, names: Sequence[str], *, closed: bool = True) -> Path:
    """A root with these packages and what they depend on, made once.

    :param closed: whether to bring dependencies at all; a static program needs none.
    :raises UnavailableError: when its index lists a file that it lacks.
    :raises SourceError: when the archive cannot be reached or verified.
    :raises EnvironmentMissingError: when it lacks a package.
    """
    place = root_directory(host, suite, architecture, names)
    if place.is_dir():
        return place
    archive = DebianArchive(host, suite, architecture)
    left_out: Sequence[str] = _table("packages.toml")["left_out"]
    with host.progress.step(f"fetching {', '.join(names)} for {architecture} from Debian {suite}, once"):

        def fill(root: Path) -> None:
            for link in ("bin", "lib", "sbin", "lib64"):
                (root / "usr" / link).mkdir(parents=True, exist_ok=True)
                (root / link).symlink_to(f"usr/{link}")
            for deb in archive.download(names, left_out, dependencies=closed):
                unpack_deb(deb, root)

        return create_once(place, fill)


@dataclass(frozen=True, slots=True)
class DebianMachine:
    """A row of ``machines.toml``, where each field is explained."""

    debian: str
    loader: str
    libraries: str

    def command(self, root: Path, program: Path) -> tuple[str, ...]:
        """The words that start a program of an unpacked root."""
        return (str(root / self.loader), "--library-path", str(root / self.libraries), str(program))


@cache
def build_machine() -> DebianMachine | None:
    """The row of this machine; None if there is none."""
    text = files("crosswheel.downloads.debian").joinpath("machines.toml").read_text("utf-8")
    row = tomllib.loads(text).get(machine.architecture())
    return DebianMachine(**row) if row else None
