"""File system roots of Debian packages, unpacked without root privileges, and running their programs."""

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
    """Return the suites, oldest first."""
    return tuple(
        Suite(name, row["python"], (int(row["glibc"].split(".")[0]), int(row["glibc"].split(".")[1])),
              tuple(row["architectures"]))
        for name, row in _table("suites.toml").items()
    )  # fmt: skip


def package_names(kind: str, version: str = "") -> tuple[str, ...]:
    """Return the packages that make up a kind of root: ``python``, ``runtime``, ``emulator``, ``wine``."""
    return tuple(name.format(version=version) for name in _table("packages.toml")[kind])


def root_directory(host: Host, suite: str, architecture: str, names: Sequence[str]) -> Path:
    """Return the directory in which :func:`make_root` creates a root with these packages."""
    key = sha256("\n".join(names).encode()).hexdigest()[:8]
    return host.cache / "roots" / f"{suite}-{architecture}-{key}"


def make_root(host: Host, suite: str, architecture: str, names: Sequence[str], *, dependencies: bool = True) -> Path:
    """Create a root with packages and their dependencies, once.

    :param closed: whether to install dependencies; a static program has none.
    :raises UnavailableError: if no mirror has a file that the index lists.
    :raises SourceError: if the archive cannot be reached or verified.
    :raises EnvironmentMissingError: if a package does not exist in the suite.
    """
    directory = root_directory(host, suite, architecture, names)
    if directory.is_dir():
        return directory
    archive = DebianArchive(host, suite, architecture)
    left_out = [name for name in _table("packages.toml")["left_out"] if name not in names]
    with host.progress.step(f"downloading {', '.join(names)} for {architecture} from Debian {suite}"):

        def fill(root: Path) -> None:
            for link in ("bin", "lib", "sbin", "lib64"):
                (root / "usr" / link).mkdir(parents=True, exist_ok=True)
                (root / link).symlink_to(f"usr/{link}")
            for deb in archive.download(names, left_out, dependencies=dependencies):
                unpack_deb(deb, root)

        return create_once(directory, fill)


@dataclass(frozen=True, slots=True)
class DebianMachine:
    """A row of ``machines.toml``, which explains the fields."""

    debian: str
    loader: str
    libraries: str

    def command(self, root: Path, program: Path) -> tuple[str, ...]:
        """Return the command that runs a program of an unpacked root on this machine with the root's own C library."""
        return (str(root / self.loader), "--library-path", str(root / self.libraries), str(program))


@cache
def build_machine() -> DebianMachine | None:
    """Return the row of this machine; None if there is none."""
    text = files("crosswheel.downloads.debian").joinpath("machines.toml").read_text("utf-8")
    row = tomllib.loads(text).get(machine.architecture())
    return DebianMachine(**row) if row else None
