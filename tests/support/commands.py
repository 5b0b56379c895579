"""Running the installed program, with its own cache for everything that depends on sources and indexes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosswheel.host import Host

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_SHARED = ("zig", "toolchains", "build-pythons", "pythons")
"""Directories of the cache that do not depend on sources or indexes; recreating them in each test takes minutes."""
_CONFIGURED = re.compile(r"(?i)^(PIP_|UV_|CROSSWHEEL_|SSL_CERT|REQUESTS_CA|CURL_CA|NETRC$|.*_PROXY$)")


def crosswheel(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program with this machine's caches and configuration."""
    return subprocess.run(
        [sys.executable, "-m", "crosswheel", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@dataclass(frozen=True)
class Ended:
    """The result of a command: exit status, output, and files."""

    status: int
    out: str
    err: str
    command: Command

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results in the JSON document."""
        return json.loads(self.out)["results"]

    @property
    def wheels(self) -> list[str]:
        """The names of the files in the output directory, sorted."""
        return sorted(path.name for path in self.command.output.iterdir()) if self.command.output.is_dir() else []

    def failed(self, status: int, *messages: str) -> None:
        """Assert that it failed with a status and these messages, without partial files or a traceback."""
        assert self.status == status, (self.status, self.out, self.err)
        for text in messages:
            assert text in self.err, (text, self.err)
        assert "Traceback" not in self.err
        assert self.wheels == []
        assert self.command.left_over() == []


@dataclass(frozen=True)
class Command:
    """The directories of a command: an empty home, a cache, logs, and an output directory, which it creates."""

    place: Path

    @property
    def cache(self) -> Path:
        return self.place / "cache"

    @property
    def logs(self) -> Path:
        return self.place / "logs"

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def output(self) -> Path:
        return self.place / "dist"

    @property
    def temporary(self) -> Path:
        return self.place / "tmp"

    def prepare(self, shared: Host) -> Command:
        """Create the directories."""
        for directory in (self.cache, self.home, self.temporary):
            directory.mkdir()
        for name in _SHARED:
            (shared.cache / name).mkdir(parents=True, exist_ok=True)
            (self.cache / name).symlink_to(shared.cache / name)
        return self

    def build(
        self,
        *words: object,
        target: str = "native",
        python: str | None = PYTHON,
        before: Callable[[], None] | None = None,
        **environment: str,
    ) -> Ended:
        """Run ``crosswheel build``, configured only by the arguments."""
        inherited = {name: value for name, value in os.environ.items() if not _CONFIGURED.match(name)}
        own = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "CROSSWHEEL_CACHE_DIR": str(self.cache),
            "CROSSWHEEL_LOG_DIR": str(self.logs),
            "UV_CACHE_DIR": str(self.place / "uv"),
            # pip's configuration of the machine would be read too.
            "PIP_CONFIG_FILE": "/dev/null",
        }
        which = () if python is None else ("-p", python)
        ended = subprocess.run(
            [sys.executable, "-m", "crosswheel", "build", *map(str, words), "-t", target, *which],
            cwd=self.place,
            env={**inherited, **own, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            preexec_fn=before,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr, self)

    def left_over(self) -> list[str]:
        """Return partial files, and temporary files that should be removed."""
        parts = [path for place in (self.cache, self.output) for path in place.rglob("*.part")]
        parts += [path for path in self.cache.rglob(".*") if path.is_dir()]
        return [str(path.relative_to(self.place)) for path in (*parts, *self.temporary.iterdir())]

    def kept(self) -> list[str]:
        """Return the names of the sdists in the cache."""
        return sorted(path.name for path in (self.cache / "sdists").rglob("*.tar.gz"))

    def forget_answers(self) -> None:
        """Make the cached responses of indexes look outdated."""
        for path in (self.cache / "sdists").glob("*/answers/*"):
            os.utime(path, (0, 0))

    def written(self) -> str:
        """Return the text of all files in the cache, the logs and the output directory."""
        texts = []
        for directory in (self.cache, self.logs, self.output):
            for root, _, names in os.walk(directory):
                texts += [f"{root}/{name}\n" + Path(root, name).read_text("latin-1") for name in names]
        return "\n".join(texts)
