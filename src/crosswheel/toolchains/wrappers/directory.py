"""The directory of wrappers of one build, and the server behind them while the build lasts."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once
from crosswheel.toolchains.tool_names import LINK_CHECKER, wrapper_names
from crosswheel.toolchains.wrappers.server import CallServer
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import CallSettings, TargetToolchain

_TRIPLES = {"x86_64": "x86_64-linux-none", "aarch64": "aarch64-linux-none"}


@dataclass(frozen=True, slots=True)
class Wrappers:
    """Where a build finds its tools.

    :param directory: to be the first on PATH.
    :param log: every call and what was made of it, in a form that can be replayed by hand.
    :param server: what answers their calls, None where nothing does yet.
    """

    directory: Path
    log: Path
    server: CallServer | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> str:
        """The absolute path of the wrapper called ``name``."""
        return str(self.directory / name)

    def update_settings(self, settings: CallSettings) -> None:
        """Answer calls by other settings from now on: what a backend asks for is installed while its build lasts."""
        if self.server is not None:
            self.server.settings = settings


@contextlib.contextmanager
def run_wrappers(
    host: Host, kit: TargetToolchain, settings: CallSettings, place: Path, log: Path
) -> Iterator[Wrappers]:
    """Wrappers for one build, answering as long as the block lasts.

    :param place: an empty directory for them.
    :raises EnvironmentMissingError: on build machines the wrappers do not run on.
    """
    directory = place.resolve() / "bin"  # the program takes it out of PATH by its true name
    directory.mkdir(parents=True)
    names = wrapper_names(kit.target)
    shim = _shim(host)
    for name in (*names, LINK_CHECKER):
        # Not symbolic links: the program learns its name and its place from the path it was started by.
        _hard_link(shim, directory / name)
    with CallServer(place / "calls", kit, settings, names, log, prover=str(directory / LINK_CHECKER)) as server:
        yield Wrappers(directory, log, server)


def _hard_link(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError:
        destination.write_bytes(source.read_bytes())
        destination.chmod(0o755)


def _shim(host: Host) -> Path:
    """The wrapper program, compiled once per machine."""
    source = files("crosswheel.toolchains.wrappers").joinpath("shim.c").read_bytes()
    zig = installed_zig()
    key = sha256(source + zig.version.encode()).hexdigest()[:16]
    triple = _TRIPLES.get(machine.architecture())
    if triple is None:
        raise EnvironmentMissingError(
            f"crosswheel's compiler wrappers do not run on a {machine.architecture()} machine",
            hint=f"build on one of {', '.join(_TRIPLES)}",
        )

    def compile_into(directory: Path) -> None:
        (directory / "shim.c").write_bytes(source)
        compiled = host.run(
            zig.executable, "clang", f"--target={triple}", "-O2", "-ffreestanding", "-fno-stack-protector", "-fno-pic",
            "-fno-builtin", "-c", "shim.c", "-o", "shim.o", cwd=directory,
        )  # fmt: skip
        linked = host.run(
            zig.executable, "ld.lld", "-static", "--strip-all", "-e", "_start", "shim.o", "-o", "shim", cwd=directory
        )
        if not (compiled.ok and linked.ok):
            raise EnvironmentMissingError(f"cannot build the wrapper program: {compiled.stderr}{linked.stderr}")

    return create_once(host.cache / "toolchains" / f"shim-{key}", compile_into) / "shim"
