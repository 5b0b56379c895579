"""Build requirements: resolution and installation with uv."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from crosswheel.errors import CrosswheelError, EnvironmentMissingError, SourceError, full_disk_error, redact_passwords
from crosswheel.host.files import sha256 as file_digest
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crosswheel.host import Host, ProcessResult
    from crosswheel.pythons.model import BuildPython

INDEX_CACHE_SECONDS = 600.0
"""Seconds for which results of index queries are valid: as long as PyPI allows for its pages."""

_NETWORK_ERROR = re.compile(
    r"(?i)failed to fetch|error sending request|dns error|could not connect|connection refused|timed out"
)
_OFFLINE = re.compile(r"(?i)network was disabled|--offline|network connectivity is disabled")
_UNBUILDABLE = re.compile(r"(?i)failed to build|failed to download and build|build backend (?:failed|returned)")


@dataclass(frozen=True, slots=True)
class RequirementSource:
    """Source of build requirements.

    :param options: options of ``uv pip``: indexes, constraints.
    :param env: environment variables for uv, in addition to those crosswheel was started with.
    """

    options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    def identity(self) -> str:
        """Return everything that affects installations, including the content of files and directories."""
        parts = [f"{option}={_content(option)}" for option in self.options]
        parts += self._variables()
        return "\n".join(parts)

    def digest(self, names: Collection[str]) -> str:
        """Return the SHA-256 of everything that affects the installation of projects, except directories' paths.

        :param names: normalized names of the projects; archives of other projects in a directory are ignored.
        """
        parts = [archive_identities(Path(option), names) if _is_path(option) else option for option in self.options]
        return sha256("\n".join((*parts, *self._variables())).encode()).hexdigest()

    def _variables(self) -> list[str]:
        return [f"{name}={value}" for name, value in sorted(self.env.items())]


def _is_path(option: str) -> bool:
    return not option.startswith("-") and Path(option).exists()


def archive_identities(path: Path, names: Collection[str]) -> str:
    """Return hashes of a file, or of the archives in a directory that belong to the given projects."""
    if path.is_file():
        return file_digest(path)
    return " ".join(
        f"{file.name} {file_digest(file)}" for file in sorted(path.iterdir()) if _project(file.name) in names
    )


def _project(name: str) -> str | None:
    """Return the project of an archive by its file name; None if the name is invalid."""
    try:
        return parse_wheel_filename(name)[0] if name.endswith(".whl") else parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _content(option: str) -> str:
    """Return the content of an option's argument, if it is a file or a directory of packages."""
    path = Path(option)
    if not _is_path(option):
        return ""
    if path.is_file():
        return file_digest(path)
    if path.is_dir():
        return repr(sorted((entry.name, entry.stat().st_mtime_ns) for entry in path.iterdir()))
    return ""


def resolve_requirements(
    host: Host, python: BuildPython, requirements: Sequence[str], packages: RequirementSource, log: Path
) -> tuple[str, ...]:
    """Return the exact versions of requirements and their dependencies, for the build machine.

    Results are cached for ten minutes, and used without a time limit when offline.

    :returns: lines of a requirements file.
    :raises SourceError: if there is no solution, or the index cannot be reached.
    :raises EnvironmentMissingError: if uv is not installed, or metadata must be built and that fails.
    """
    if not requirements:
        return ()
    lines = "\n".join(sorted(requirements))
    identity = f"{python.executable}\n{python.full_version}\n{packages.identity()}\n{lines}"
    cache_file = host.cache / "environments" / "resolved" / f"{sha256(identity.encode()).hexdigest()}.txt"
    if is_recent(cache_file) or (host.offline and cache_file.is_file()):
        return tuple(cache_file.read_text("utf-8").splitlines())
    arguments = ("compile", "--quiet", "--no-header", "--no-annotate", "--no-sources", "--python", python.executable)
    result = run_uv(host, packages, *arguments, "-", stdin=f"{lines}\n", log=log)
    if not result.ok:
        raise uv_error(result, requirements, log)
    pins = tuple(line for line in result.stdout.splitlines() if line.strip() and not line.startswith(("#", "-")))
    write_atomic(cache_file, "\n".join(pins))
    return pins


def is_recent(cache_file: Path) -> bool:
    """Whether a cached result of an index query is still valid."""
    return cache_file.is_file() and time.time() - cache_file.stat().st_mtime < INDEX_CACHE_SECONDS


def run_uv(
    host: Host, packages: RequirementSource, *arguments: str | Path, stdin: str | None = None, log: Path
) -> ProcessResult:
    """Run ``uv pip``, and append its output to the log.

    :raises EnvironmentMissingError: if uv is not installed.
    """
    offline = ("--offline",) if host.offline else ()
    argv = (uv_program(host), "pip", arguments[0], "--no-config", *offline, *packages.options, *arguments[1:])
    result = host.run(*argv, cwd=Path("/"), env={**host.environ, **packages.env}, stdin=stdin)
    variables = "".join(f"{name}={value} " for name, value in sorted(packages.env.items()))
    with log.open("a", encoding="utf-8") as stream:
        stream.write(redact_passwords(f"$ {variables}{result.request}\n{stdin or ''}{result.stdout}{result.stderr}"))
    return result


def uv_program(host: Host) -> Path:
    """Return the path of uv.

    :raises EnvironmentMissingError: if uv is not installed.
    """
    program = host.program("uv")
    if program is None:
        raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
    return program


def uv_error(outcome: ProcessResult, requirements: Sequence[str], log: Path) -> CrosswheelError:
    """Convert a failure of uv to an error with a hint; pure."""
    output = _plain(outcome.stderr)
    culprit = _culprit(output, requirements)
    subject = f"build requirement {culprit!r}" if culprit else f"build requirements {', '.join(requirements)}"
    if full := full_disk_error(output, subject):
        full.log = log
        return full
    what = f"{subject} cannot be installed: {output[:400]}"
    if _OFFLINE.search(output):
        return SourceError(what, hint="run once without --offline to fill uv's cache", log=log)
    if _UNBUILDABLE.search(output):
        return EnvironmentMissingError(
            what,
            hint="it has no wheel for this machine and fails to build; use another version with --build-constraint",
            log=log,
        )
    if _NETWORK_ERROR.search(output):
        return SourceError(what, hint="check the network, the proxy and the index settings", log=log)
    return SourceError(what, hint="check its name and version, the index settings and --build-constraint", log=log)


def _plain(text: str) -> str:
    """Return uv's message on one line, without colours and tree characters."""
    words = re.sub(r"\x1b\[[0-9;]*m|[×╰─▶├│]", " ", text)
    return " ".join(words.split()) or "uv printed no message"


def _culprit(output: str, requirements: Sequence[str]) -> str | None:
    """Return the requirement that is named first in a message."""
    matches = []
    for text in requirements:
        try:
            name = canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            return text
        spelt = "[-_.]+".join(map(re.escape, name.split("-")))
        if match := re.search(rf"(?<![\w-]){spelt}(?![\w-])", output, re.IGNORECASE):
            matches.append((match.start(), text))
    return min(matches)[1] if matches else None
