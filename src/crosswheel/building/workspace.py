"""The directory of one build: where each thing lies, and its log."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosswheel.host.files import make_unique_dir, temp_dir_without_blanks, temporary_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.host import Host

_CALL = re.compile(r"# \S")


@dataclass(frozen=True)
class Workspace:
    """Where each thing of one build lies.

    :param root: all of it; gone after the build unless it is kept.
    :param log: everything the backend said; ``calls`` every compiler call and what was made of it.
    """

    root: Path
    log: Path
    calls: Path
    clock: Stopwatch

    @property
    def environment(self) -> Path:
        """The isolated build environment."""
        return self.root / "env"

    @property
    def overlays(self) -> Path:
        """The target's files of what is in that environment."""
        return self.root / "overlays"

    @property
    def configuration(self) -> Path:
        """Generated files that tell build systems of the target."""
        return self.root / "config"

    @property
    def tools(self) -> Path:
        """The compiler wrappers."""
        return self.root / "tools"

    @property
    def raw(self) -> Path:
        """Where the backend leaves its wheel."""
        return self.root / "raw"

    @property
    def finished(self) -> Path:
        """Where the wheel lies until it is proven."""
        return self.root / "finished"

    def notes(self, *, pure: bool = False) -> tuple[str, ...]:
        """What was seen in calls of compilers that a person should know, each thing once.

        :param pure: whether the wheel has nothing compiled.
        """
        if not self.calls.is_file():
            return ()
        lines = self.calls.read_text("utf-8", "surrogateescape").splitlines()
        said = [line.removeprefix("#   ") for line in lines if line.startswith("#   removed -")]
        notes = [note for note in dict.fromkeys(said) if "build machine" in note]
        if pure and any(_CALL.match(line) for line in lines):
            notes.append("compilers were called for it, and nothing compiled is in the wheel: the log says why")
        return tuple(notes)


@dataclass
class Stopwatch:
    """Wall seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the seconds of the block to a step."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


@contextmanager
def create_workspace(host: Host, label: str, *, keep: bool) -> Iterator[Workspace]:
    """A workspace for one build; its logs outlive it.

    :param label: what the logs are called after.
    :raises StorageError: when the disk refuses.
    """
    name = re.sub(r"[^\w.+-]+", "-", label).strip("-")
    # Its own: errors, notes and modules that were linked are read back from these logs.
    logs = make_unique_dir(host.logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}")
    with temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-", keep=keep) as root:
        place = Workspace(root, logs / "build.log", logs / "calls.log", Stopwatch())
        for directory in (place.raw, place.finished):
            directory.mkdir()
        yield place
