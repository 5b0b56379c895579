"""The directories and logs of one build."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crosswheel.host.files import make_unique_dir, plain_name, read_log, temp_dir_without_blanks, temporary_directory
from crosswheel.sealing import Mount, Sandbox, Seal, open_sandbox
from crosswheel.sealing.sandbox import BUILD
from crosswheel.toolchains.tool_names import BUILD_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.host import Host

_READ_ONLY = ("env", "tools", "overlays", "libraries")
"""Directories of a build whose files are hard links to the cache."""
_CALL = re.compile(rf"# (?!\S+{BUILD_SUFFIX}\b)\S")
"""Matches the line of a call that compiles for the target, in the log of compiler calls."""
_QUERIES = frozenset({"--help", "--version", "-version", "-v", "-V"})
"""Arguments with which build systems ask programs what they are, without compiling anything."""
_FIXED = re.compile(r":\d+: note: fixed: ")


@dataclass(frozen=True)
class Workspace:
    """The paths that the steps of one build use.

    :param root: the build directory; removed after the build unless it is kept.
    :param log: the output of the backend and of every other program of the build.
    :param calls: the log of compiler calls, as they were made and as they were rewritten.
    :param clock: wall-clock time by step.
    :param sandbox: where the programs of the build run.
    """

    root: Path
    log: Path
    calls: Path
    clock: Stopwatch
    sandbox: Sandbox

    def with_mounts(self, *mounts: Mount) -> Workspace:
        """Return the workspace with more directories that its programs see."""
        return replace(self, sandbox=self.sandbox.with_mounts(*mounts))

    @property
    def inside_directories(self) -> tuple[str, ...]:
        """The directories of the build that sealed programs see at other paths, without the root of all."""
        if not self.sandbox.sealed:
            return ()
        return tuple(f"{BUILD / name}/" for name in (*_READ_ONLY, "source", "config", "raw", "meson", "cmake", "home"))

    @property
    def source_root(self) -> Path:
        """The directory that the source is checked out to; the tree of an archive is a directory in it."""
        return self.root / "source"

    @property
    def environment(self) -> Path:
        """The isolated build environment."""
        return self.root / "env"

    @property
    def overlays(self) -> Path:
        """The target's files of the packages in that environment."""
        return self.root / "overlays"

    @property
    def configuration(self) -> Path:
        """Generated files that configure build systems for the target."""
        return self.root / "config"

    @property
    def declared_extensions(self) -> Path:
        """The file that the backend's extension modules are recorded in, one JSON value per line."""
        return self.root / "declared.jsonl"

    @property
    def tools(self) -> Path:
        """The compiler wrappers."""
        return self.root / "tools"

    @property
    def raw(self) -> Path:
        """The directory that the backend writes its wheel to."""
        return self.root / "raw"

    @property
    def finished(self) -> Path:
        """The directory of the repaired wheel, until it is published."""
        return self.root / "finished"

    @property
    def dependencies(self) -> Path:
        """Wheels built because a test requires them; one directory for each."""
        return self.root / "dependencies"

    def notes(self, *, pure: bool = False) -> tuple[str, ...]:
        """Return notes for the user about the logged compiler calls, each once.

        :param pure: whether the wheel is pure Python.
        """
        fixed = len(_FIXED.findall(read_log(self.log)))
        changes = [f"{fixed} mismatches of C and Fortran fixed: see 'note: fixed' in the log"] if fixed else []
        if not self.calls.is_file():
            return tuple(changes)
        lines = self.calls.read_text("utf-8", "surrogateescape").splitlines()
        removals = [line.removeprefix("#   ") for line in lines if line.startswith("#   removed -")]
        notes = [note for note in dict.fromkeys(removals) if "build machine" in note]
        if pure and any(_CALL.match(line) for line in lines):
            notes.append("compilers were called, but nothing compiled is in the wheel: see the log for the reason")
        return (*notes, *changes)

    def compiled(self) -> bool:
        """Return whether the build called a compiler or a linker for the target, not only to ask what it is."""
        calls = (line for line in read_log(self.calls).splitlines() if _CALL.match(line))
        return not all(_QUERIES.issuperset(call.split()[2:]) for call in calls)


@dataclass
class Stopwatch:
    """Wall-clock time by step, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to a step."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


@contextmanager
def create_workspace(host: Host, label: str, *, keep: bool, seal: Seal | None = None) -> Iterator[Workspace]:
    """Create a workspace for one build; its logs are kept afterwards.

    :param label: part of the name of the log directory.
    :param keep: whether to keep the build directory.
    :param seal: how the programs of the build run; None to run them unsealed.
    :raises StorageError: if a directory cannot be created.
    """
    # Never shared with another build: errors, notes and linked modules are read back from these logs.
    logs = make_unique_dir(host.logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{plain_name(label)}")
    with temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-", keep=keep) as root:
        for directory in ("raw", "finished"):
            (root / directory).mkdir()
        read_only = (Mount(root / directory, BUILD / directory) for directory in _READ_ONLY)
        with open_sandbox(host, root, seal or Seal(), read_only) as sandbox:
            yield Workspace(root, logs / "build.log", logs / "calls.log", Stopwatch(), sandbox)
