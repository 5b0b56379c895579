"""The installed program, run with a cache of its own for everything that comes from sources."""

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
"""What of the cache no source and no index can change; to make it again for each test would take minutes."""
_CONFIGURED = re.compile(r"(?i)^(PIP_|UV_|CROSSWHEEL_|SSL_CERT|REQUESTS_CA|CURL_CA|NETRC$|.*_PROXY$)")


def crosswheel(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program, with this machine's caches and configuration."""
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
    """How a command ended: its status, what it said, and what it left where."""

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
        """The names of the files in the output directory."""
        return sorted(path.name for path in self.command.output.iterdir()) if self.command.output.is_dir() else []

    def failed(self, status: int, *said: str) -> None:
        """It failed with a status, said why, left nothing half-written, and did not break down itself."""
        assert self.status == status, (self.status, self.out, self.err)
        for text in said:
            assert text in self.err, (text, self.err)
        assert "Traceback" not in self.err
        assert self.wheels == []
        assert self.command.left_over() == []


@dataclass(frozen=True)
class Command:
    """Where a command runs: an empty home, a cache, logs, and an output directory that the command makes."""

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
        """Make the directories."""
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
        """``crosswheel build``, configured by nothing but what is given."""
        inherited = {name: value for name, value in os.environ.items() if not _CONFIGURED.match(name)}
        own = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "CROSSWHEEL_CACHE_DIR": str(self.cache),
            "CROSSWHEEL_LOG_DIR": str(self.logs),
            "UV_CACHE_DIR": str(self.place / "uv"),
            # The machine's own configuration is read beside the user's, and must not decide.
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
        """Files and directories that are half-written, or should be gone."""
        parts = [path for place in (self.cache, self.output) for path in place.rglob("*.part")]
        parts += [path for path in self.cache.rglob(".*") if path.is_dir()]
        return [str(path.relative_to(self.place)) for path in (*parts, *self.temporary.iterdir())]

    def kept(self) -> list[str]:
        """The names of the sdists in the cache."""
        return sorted(path.name for path in (self.cache / "sdists").rglob("*.tar.gz"))

    def forget_answers(self) -> None:
        """As if what an index has answered were long ago."""
        for path in (self.cache / "sdists").glob("*/answers/*"):
            os.utime(path, (0, 0))

    def written(self) -> str:
        """Everything that is written anywhere: cache, logs, output."""
        texts = []
        for directory in (self.cache, self.logs, self.output):
            for root, _, names in os.walk(directory):
                texts += [f"{root}/{name}\n" + Path(root, name).read_text("latin-1") for name in names]
        return "\n".join(texts)
