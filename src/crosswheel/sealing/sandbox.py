"""Running the programs of one build: sealed, or where that is not possible, with the same environment without walls."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic
from crosswheel.sealing.command import HOST_NAME, USER_ID, SealedView, binfmt_command, bwrap_command, split_environment
from crosswheel.sealing.model import Mount, Network, Seal, SealRecord
from crosswheel.sealing.paths import PathTranslation
from crosswheel.sealing.system import (
    SYSTEM_PATH,
    certificate_mounts,
    hidden_directories,
    own_mounts,
    private_files,
    program_path,
    system_mounts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crosswheel.host import Host
    from crosswheel.host.process import ProcessResult

BUILD = Path("/build")
"""The directory of the build, as sealed programs see it."""
CACHE = Path("/crosswheel/cache")
_REAL_PROGRAMS = Path("/crosswheel/real")
"""The build machine's own programs in whose place sealed programs find those that describe the target's machine."""
_PRIVATE = "private"
"""The directory of the build with the files that describe the machine."""
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # inside of the seal
_ZIG_CACHE = "zig"
"""zig's own cache in crosswheel's; each build has another one."""
_RESOLVER = Path("/etc/resolv.conf")


@dataclass(frozen=True)
class Sandbox:
    """The programs of one build, and where they run.

    Callers use paths of the build machine; programs are passed those that they see.

    :param root: the directory of the build, writable.
    :param mounts: other directories of the build, in place of which it sees others or which it only reads.
    """

    host: Host
    root: Path
    seal: Seal = field(default_factory=Seal)
    mounts: tuple[Mount, ...] = ()

    @property
    def sealed(self) -> bool:
        """Whether programs are sealed."""
        return self.seal.support.available

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
        return self.root / _PRIVATE / "programs"

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
        values = {"HOME": str(self.home), "TMPDIR": str(self.temporary)}
        return {**values, "USER": "build", "LOGNAME": "build"}

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

        :param argv: the program, its arguments, and all other parameters have paths of the build machine or paths that
            programs see.
        :raises EnvironmentMissingError: if it cannot be started.
        """
        arguments = tuple(map(str, argv))
        if not self.sealed:
            return self.host.run(*arguments, cwd=cwd, env=env, stdin=stdin, log=log, timeout=timeout)
        translated = dict(zip(env, self.paths.inside_all(tuple(env.values())), strict=True))
        command = bwrap_command(
            self.seal.support.bwrap, self._view(), self.paths.inside_all(arguments), self.inside(cwd), translated
        )
        if self.seal.support.unshare:
            rules = self.paths.inside_all([rule.registration() for rule in self.seal.rules])
            command = binfmt_command(self.seal.support.unshare, rules, command)
        stdin = None if stdin is None else self.inside(stdin)
        own_environ = split_environment(translated)
        return self.host.run(*command, cwd=Path("/"), env=own_environ, stdin=stdin, log=log, timeout=timeout)

    def record(self) -> SealRecord:
        """Return how programs have run so far."""
        reason = self.seal.support.reason
        if self.sealed and not self.seal.network:
            return SealRecord(sealed=True, network=Network.FORBIDDEN)
        return SealRecord(sealed=self.sealed, reason=reason)

    @cached_property
    def paths(self) -> PathTranslation:
        """The paths of the build machine that programs see elsewhere."""
        if not self.sealed:
            return PathTranslation()
        pairs = {str(mount.outside): str(mount.inside) for mount in self._own_mounts if mount.outside != mount.inside}
        pairs[str(self.host.cache / _ZIG_CACHE)] = str(
            BUILD / _ZIG_CACHE
        )  # zig writes to its cache even if it only reads
        return PathTranslation(tuple(pairs.items()))

    @cached_property
    def _own_mounts(self) -> tuple[Mount, ...]:
        """The mounts of this build, which have paths of their own inside."""
        return (
            Mount(self.root, BUILD, writable=True),
            Mount(self.root / _PRIVATE, BUILD / _PRIVATE),
            Mount(self.temporary, Path(_TEMPORARY[0]), writable=True),
            Mount(self.host.cache, CACHE),
            *self.seal.mounts,
            *self.mounts,
        )

    def _view(self) -> SealedView:
        system, links = _system()
        cache = self.host.cache  # symbolic links and scripts in the cache have its own path
        every = (
            *system,
            *own_mounts(),
            *certificate_mounts(self.host.environ),
            Mount(cache, cache),
            *(Mount(self.temporary, Path(path), writable=True) for path in _TEMPORARY[1:]),
            *self._own_mounts,
            *self._private_mounts,
        )
        by_path = {mount.inside: mount for mount in every if mount.outside.exists()}
        return SealedView(tuple(by_path.values()), links, hidden_directories(), self.seal.network)

    @cached_property
    def _private_mounts(self) -> tuple[Mount, ...]:
        """Files in place of the machine's own: users, the resolver's configuration, the processor, programs."""
        private = self.root / _PRIVATE
        mounts = [Mount(private / name, Path("/etc", name)) for name in _ETC_FILES if Path("/etc", name).exists()]
        if _RESOLVER.exists():
            mounts.append(Mount(private / _RESOLVER.name, _RESOLVER.resolve()))
        if os.geteuid() == 0:
            hidden = (path for path in private_files() if os.access(path, os.R_OK))
            mounts += [Mount(private / ("nothing" if path.is_dir() else "empty"), path) for path in hidden]
        if self.seal.machine.cpuinfo:
            mounts.append(Mount(private / "cpuinfo", Path("/proc/cpuinfo")))
        for name in self.seal.machine.programs:
            for path in (Path(directory, name) for directory in SYSTEM_PATH):
                # Not where it is a link, since the program that it leads to has other names too (BusyBox).
                if path.is_file() and not path.is_symlink() and path.parent.resolve() == path.parent:
                    mounts += [Mount(path, _REAL_PROGRAMS / name), Mount(self.programs / name, path)]
        return tuple(mounts)


_USER = f"build:x:{USER_ID}:{USER_ID}:build:{BUILD / 'home'}:/bin/sh\n"
_ETC_FILES = {"passwd": _USER, "group": f"build:x:{USER_ID}:\n", "hostname": f"{HOST_NAME}\n", "machine-id": ""}


def open_sandbox(host: Host, root: Path, seal: Seal, mounts: Iterable[Mount] = ()) -> Sandbox:
    """Create the private directories and files of a build in its directory.

    :param root: the directory of the build.
    :raises StorageError: if they cannot be written.
    """
    sandbox = Sandbox(host, root, seal, tuple(mounts))
    private = root / _PRIVATE
    for directory in (sandbox.home, sandbox.temporary, private, sandbox.programs):
        directory.mkdir(exist_ok=True)
    for name, text in seal.machine.programs.items():
        write_atomic(sandbox.programs / name, text, mode=0o755)
    if sandbox.sealed:
        (private / "nothing").mkdir(exist_ok=True)
        for name, text in {**_ETC_FILES, "empty": "", "cpuinfo": seal.machine.cpuinfo}.items():
            (private / name).write_text(text, "utf-8")
        if _RESOLVER.exists():
            shutil.copyfile(_RESOLVER, private / _RESOLVER.name)
    return sandbox


def _system() -> tuple[tuple[Mount, ...], Mapping[Path, str]]:
    return system_mounts()
