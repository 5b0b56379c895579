"""The build machine as one object, passed to everything that has side effects."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import PlatformDirs

from crosswheel.errors import redact_passwords
from crosswheel.host import machine
from crosswheel.host.downloads import Downloader, HttpDownloader
from crosswheel.host.process import LocalRunner, ProcessRequest, ProcessResult, ProcessRunner
from crosswheel.host.progress import NullProgress, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Host:
    """Access to the operating system.

    :param environ: the environment variables crosswheel was started with.
    :param cache: directory of files kept between builds; all of them can be recreated.
    :param logs: directory of the full logs.
    :param offline: whether network access is forbidden.
    :param jobs: number of processors to use.
    """

    environ: Mapping[str, str]
    cache: Path
    logs: Path
    runner: ProcessRunner
    downloader: Downloader
    progress: Progress
    offline: bool = False
    jobs: int = 1

    @classmethod
    def detect(cls, *, offline: bool = False, progress: Progress | None = None, jobs: int | None = None) -> Host:
        """Return this machine, with caches in ``CROSSWHEEL_CACHE_DIR`` or the platform's default directory."""
        dirs = PlatformDirs("crosswheel")
        cache = Path(os.environ.get("CROSSWHEEL_CACHE_DIR") or dirs.user_cache_dir).expanduser().absolute()
        logs = Path(os.environ.get("CROSSWHEEL_LOG_DIR") or dirs.user_log_dir).expanduser().absolute()
        return cls(
            environ=dict(os.environ),
            cache=cache,
            logs=logs,
            runner=LocalRunner(),
            downloader=HttpDownloader(cache / "downloads", offline=offline),
            progress=progress or NullProgress(),
            offline=offline,
            jobs=jobs or machine.cpu_count(),
        )

    def run(
        self,
        *argv: str | Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        log: Path | None = None,
        timeout: float | None = None,
    ) -> ProcessResult:
        """Run a program until it exits, by default with this process's environment.

        :raises EnvironmentMissingError: if it cannot be started.
        """
        arguments = tuple(str(part) for part in argv)
        self.progress.detail(redact_passwords(f"$ {' '.join(arguments)}"))
        request = ProcessRequest(arguments, self.environ if env is None else env, cwd, stdin, log, timeout)
        return self.runner.run(request)

    def program(self, name: str) -> Path | None:
        """Return the path of a program beside the Python that runs crosswheel or on PATH; None if there is none."""
        beside = str(Path(sys.executable).parent)
        path = shutil.which(name, path=beside) or shutil.which(name, path=self.environ.get("PATH", ""))
        return Path(path) if path else None
