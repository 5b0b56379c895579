"""Running the programs of one build: sealed, or where that is not possible, with the same environment without walls."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic
from crosswheel.host.watches import watch_opening
from crosswheel.sealing.command import SealedView, binfmt_command, bwrap_command, split_environment
from crosswheel.sealing.model import Mount, Network, Seal, SealRecord
from crosswheel.sealing.paths import PathTranslation
from crosswheel.sealing.private_files import PRIVATE, RESOLVER, write_private_files
from crosswheel.sealing.system import (
    certificate_mounts,
    hidden_directories,
    own_mounts,
    program_path,
    system_mounts,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from crosswheel.host import Host
    from crosswheel.host.process import ProcessResult
    from crosswheel.host.watches import OpenWatch

BUILD = Path("/build")
"""The directory of the build, as sealed programs see it."""
CACHE = Path("/crosswheel/cache")
RECIPE = Path("/crosswheel/recipe")
"""The directory of the recipe in use."""
_TEMPORARY = Path("/tmp")  # noqa: S108  # inside of the seal
_TEMPORARY_2 = Path("/var/tmp")  # noqa: S108
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


ENTRY = "enter"
"""The script in a build's directory that runs a command as the programs of the build run."""
_ARGUMENTS = "arguments"


@dataclass(frozen=True)
class Sandbox:
    """The programs of one build, and where they run.

    Callers use paths of the build machine; programs are passed those that they see.

    :param root: the directory of the build, writable.
    :param inside_root: its path for sealed programs.
    :param mounts: other directories of the build, in place of which it sees others or which it only reads.
    :param machine: what every program sees of the build machine.
    :param lookups: tells whether programs have read the configuration of name servers.
    """

    host: Host
    root: Path
    seal: Seal = field(default_factory=Seal)
    mounts: tuple[Mount, ...] = ()
    machine: tuple[Mount, ...] = ()
    lookups: OpenWatch | None = field(default=None, compare=False)
    inside_root: Path = BUILD

    @property
    def sealed(self) -> bool:
        """Whether programs are sealed."""
        return self.seal.support.available

    @property
    def has_rules(self) -> bool:
        """Whether the kernel runs programs of the target by the rules of the seal."""
        return self.sealed and bool(self.seal.support.unshare)

    @property
    def home(self) -> Path:
        """The home directory of programs."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """Their directory for temporary files."""
        return self.root / "tmp"

    @property
    def programs(self) -> Path:
        """The directory of programs that describe the target's machine."""
        return self.root / PRIVATE / "programs"

    def with_mounts(self, *mounts: Mount) -> Sandbox:
        """Return a sandbox that sees more directories."""
        return replace(self, mounts=(*self.mounts, *mounts))

    def inside(self, text: str | Path) -> str:
        """Replace paths of the build machine by those that programs see."""
        return self.paths.inside(str(text))

    def outside(self, path: str | Path) -> Path:
        """Return the path on the build machine of one that programs see."""
        return Path(self.paths.outside(str(path)))

    def environ(self) -> dict[str, str]:
        """Return the variables that describe the user."""
        return {"HOME": str(self.home), "TMPDIR": str(self.temporary), "USER": "build", "LOGNAME": "build"}

    def path(self, *directories: Path | str) -> str:
        """Return the value of PATH: the directories, programs that describe the target, and the system's."""
        return program_path(*directories, *((self.programs,) if self.seal.machine.programs else ()))

    def run(
        self,
        *argv: str | Path,
        cwd: Path,
        env: Mapping[str, str],
        stdin: str | None = None,
        log: Path | None = None,
        timeout: float | None = None,
    ) -> ProcessResult:
        """Run a program until it exits.

        :param argv: the program and its arguments. They, and all other parameters, have paths of the build machine or
            paths that programs see.
        :raises EnvironmentMissingError: if it cannot be started.
        """
        arguments = tuple(map(str, argv))
        if not self.sealed:
            return self.host.run(*arguments, cwd=cwd, env=env, stdin=stdin, log=log, timeout=timeout)
        command, own_environ = self.command(arguments, cwd, env)
        stdin = None if stdin is None else self.inside(stdin)
        return self.host.run(*command, cwd=Path("/"), env=own_environ, stdin=stdin, log=log, timeout=timeout)

    def command(
        self, argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the command that runs a sealed program, and the environment variables of its first process."""
        support, paths = self.seal.support, self.paths
        translated = dict(zip(env, paths.inside_all(tuple(env.values())), strict=True))
        command = bwrap_command(support.bwrap, self._view(), paths.inside_all(argv), self.inside(cwd), translated)
        if support.unshare:
            rules = paths.inside_all([rule.registration() for rule in self.seal.rules])
            command = binfmt_command(support.unshare, rules, command)
        return command, split_environment(translated)

    def write_entry(self) -> Path:
        """Write a script into the build's directory that runs a command in the seal, where the build is kept.

        :raises StorageError: if it cannot be written.
        """
        env = {**self.environ(), "PATH": self.path()}
        text = 'exec "$@"\n'
        if self.sealed:
            command, _ = self.command((_ARGUMENTS,), self.root, env)
            text = f'exec {shlex.join(command[:-1])} "$@"\n'
        variables = "".join(f"export {name}={shlex.quote(self.inside(value))}\n" for name, value in env.items())
        return write_atomic(self.root / ENTRY, f"#!/bin/sh\n{variables}{text}", mode=0o755)

    def record(self) -> SealRecord:
        """Return how programs have run so far."""
        return SealRecord(self.sealed, self.seal.support.reason, self._network())

    def _network(self) -> Network:
        """Return whether programs used the network: they read the configuration of name servers before they do.

        They need no name server if a proxy, whose address may be a number, looks up names for them.
        """
        if self.sealed and not self.seal.network:
            return Network.FORBIDDEN
        opened = self.lookups.opened if self.lookups else None
        if opened:
            return Network.USED
        is_known = opened is not None and not any(self.host.environ.get(name) for name in _PROXIES)
        return Network.UNUSED if is_known else Network.UNKNOWN

    @cached_property
    def paths(self) -> PathTranslation:
        """The paths of the build machine that programs see elsewhere."""
        if not self.sealed:
            return PathTranslation()
        pairs = {str(mount.outside): str(mount.inside) for mount in self._own_mounts if mount.outside != mount.inside}
        return PathTranslation(tuple(pairs.items()))

    @cached_property
    def _own_mounts(self) -> tuple[Mount, ...]:
        """The mounts of this build, which have paths of their own inside."""
        return (
            Mount(self.root, self.inside_root, writable=True),
            Mount(self.temporary, _TEMPORARY, writable=True),
            Mount(self.host.cache, CACHE),
            *self.seal.mounts,
            *self.mounts,
        )

    def _view(self) -> SealedView:
        by_path = {mount.inside: mount for mount in (*self.machine, *self._own_mounts) if not mount.copied}
        hidden = hidden_directories()
        existing = tuple(
            mount for mount in by_path.values() if mount.outside.exists() and not _is_part(mount, by_path, hidden)
        )
        return SealedView(existing, system_mounts()[1], hidden, self.seal.network)


def _is_part(mount: Mount, by_path: Mapping[Path, Mount], hidden: Collection[Path]) -> bool:
    """Whether a directory is seen at its own path anyway, as a part of another one; each mount costs time."""
    if mount.outside != mount.inside or mount.writable:
        return False
    parents = [parent for parent in mount.inside.parents if parent in by_path or parent in hidden]
    outer = by_path.get(parents[0]) if parents else None
    return outer is not None and outer.outside == outer.inside and not outer.writable


@contextmanager
def open_sandbox(
    host: Host, root: Path, seal: Seal, mounts: Iterable[Mount] = (), *, inside_root: Path = BUILD
) -> Iterator[Sandbox]:
    """Create the private directories and files of a build in its directory, and observe it for the block.

    :param root: the directory of the build.
    :param inside_root: its path for sealed programs.
    :raises StorageError: if they cannot be written.
    """
    sandbox = Sandbox(host, root, seal, tuple(mounts), inside_root=inside_root)
    for directory in (sandbox.home, sandbox.temporary):
        directory.mkdir(exist_ok=True)
    private = write_private_files(root, seal, inside_root, sandbox.mounts)
    if not sandbox.sealed:
        yield sandbox
        return
    machine = (
        *system_mounts()[0],
        *(mount for mount in seal.headers if mount.inside.is_dir()),
        *own_mounts(),
        *certificate_mounts(host.environ),
        Mount(host.cache, host.cache),  # symbolic links and scripts in the cache have its own path
        *_linked_parts(host.cache),
        Mount(sandbox.temporary, _TEMPORARY_2, writable=True),
        *private,
    )
    with watch_opening(root / PRIVATE / RESOLVER.name) as lookups:
        yield replace(sandbox, machine=machine, lookups=lookups)


def _linked_parts(cache: Path) -> Iterator[Mount]:
    """Yield the directories elsewhere that parts of the cache are links to."""
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.is_symlink():
            yield Mount(path.resolve(), path.resolve())
