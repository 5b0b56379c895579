"""The directory with the wrappers of one build, and the server that answers them during the build."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once, hard_link
from crosswheel.toolchains.build_machine_tools import BuildMachineTools
from crosswheel.toolchains.tool_names import FOR_BUILD, LINK_CHECKER, RUN_BINFMT, RUN_PROGRAM, RUN_PYTHON, wrapper_names
from crosswheel.toolchains.wrappers.exec_hook import install_exec_hook
from crosswheel.toolchains.wrappers.server import CallServer
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.sealing.paths import PathTranslation
    from crosswheel.toolchains.model import CallSettings, TargetToolchain
    from crosswheel.toolchains.wrappers.server import PlanPrograms

_TRIPLES = {"x86_64": "x86_64-linux-none", "aarch64": "aarch64-linux-none"}


@dataclass(frozen=True, slots=True)
class Wrappers:
    """The wrappers of one build.

    :param directory: the first entry of the build's PATH.
    :param log: records every call and its plan, in a form that can be replayed in a shell.
    :param server: the server that answers the calls, None if none is running.
    :param environ: environment variables with which programs of the target run, whatever starts them.
    """

    directory: Path
    log: Path
    server: CallServer | None = field(default=None, repr=False, compare=False)
    environ: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __getitem__(self, name: str) -> str:
        """Return the absolute path of the wrapper called ``name``."""
        return str(self.directory / name)

    def update_settings(self, settings: CallSettings) -> None:
        """Use other settings for the following calls: backend requirements are installed while the wrappers run."""
        if self.server is not None:
            self.server.use_settings(settings)


@contextlib.contextmanager
def run_wrappers(
    host: Host,
    toolchain: TargetToolchain,
    settings: CallSettings,
    workspace: Path,
    log: Path,
    paths: PathTranslation | None = None,
    programs: PlanPrograms | None = None,
    *,
    exec_hook: bool = False,
) -> Iterator[Wrappers]:
    """Install wrappers for one build, and answer their calls for the duration of the block.

    :param workspace: an empty directory for them.
    :param log: the file to append the calls to.
    :param paths: the paths of the build machine that the build sees elsewhere.
    :param programs: plans the runs of programs of the target; None if the build cannot run any.
    :param exec_hook: whether a preloaded library runs programs of the target, since the kernel does not.
    :raises EnvironmentMissingError: if the wrapper program does not support the build machine.
    """
    directory = workspace.resolve() / "bin"  # the wrapper program removes it from PATH by its resolved name
    directory.mkdir(parents=True)
    names = wrapper_names(toolchain.target)
    shim = _build_shim(host)
    for name in (*names, *FOR_BUILD, LINK_CHECKER, RUN_PROGRAM, RUN_BINFMT, RUN_PYTHON):
        # Not symbolic links: the program reads its name and directory from /proc/self/exe.
        hard_link(shim, directory / name)
    checker = str(directory / LINK_CHECKER)
    checker = paths.inside(checker) if paths else checker
    with CallServer(workspace / "calls", toolchain, settings, names, BuildMachineTools(host), log,
                    link_checker=checker, paths=paths, programs=programs) as server:  # fmt: skip
        environ = install_exec_hook(host, toolchain.target, directory.parent) if exec_hook else {}
        yield Wrappers(directory, log, server, environ)


def _build_shim(host: Host) -> Path:
    """Return the wrapper program, which is compiled once per machine."""
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
