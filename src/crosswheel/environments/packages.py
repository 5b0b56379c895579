"""Build requirements: which versions, and their installation with uv."""

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

from crosswheel.errors import CrosswheelError, EnvironmentMissingError, SourceError, redact_passwords
from crosswheel.host.files import sha256 as file_digest
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crosswheel.host import Host, ProcessResult
    from crosswheel.pythons.model import BuildPython

INDEX_CACHE_SECONDS = 600.0
"""Seconds for which what an index answered holds; what PyPI grants its own pages."""

_AWAY = re.compile(
    r"(?i)failed to fetch|error sending request|dns error|could not connect|connection refused|timed out"
)
_OFFLINE = re.compile(r"(?i)network was disabled|--offline|network connectivity is disabled")
_UNBUILDABLE = re.compile(r"(?i)failed to build|failed to download and build|build backend (?:failed|returned)")


@dataclass(frozen=True, slots=True)
class RequirementSource:
    """Where build requirements come from.

    :param options: of ``uv pip``: indexes, constraints.
    :param env: variables for uv, besides those crosswheel was started with.
    """

    options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    def identity(self) -> str:
        """What installations depend on, the content of files and directories included."""
        parts = [f"{word}={_content(word)}" for word in self.options]
        parts += self._variables()
        return "\n".join(parts)

    def digest(self, names: Collection[str]) -> str:
        """The SHA-256 of what installations of some projects depend on; where directories lie does not count.

        :param names: the projects, normalized: archives of others in a directory decide nothing.
        """
        words = [archive_identities(Path(word), names) if _is_path(word) else word for word in self.options]
        return sha256("\n".join((*words, *self._variables())).encode()).hexdigest()

    def _variables(self) -> list[str]:
        return [f"{name}={value}" for name, value in sorted(self.env.items())]


def _is_path(word: str) -> bool:
    return not word.startswith("-") and Path(word).exists()


def archive_identities(path: Path, names: Collection[str]) -> str:
    """What is in a file, or in a directory of archives as far as they are of some projects."""
    if path.is_file():
        return file_digest(path)
    return " ".join(
        f"{file.name} {file_digest(file)}" for file in sorted(path.iterdir()) if _project(file.name) in names
    )


def _project(name: str) -> str | None:
    """The project that an archive is of, going by its file's name."""
    try:
        return parse_wheel_filename(name)[0] if name.endswith(".whl") else parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _content(word: str) -> str:
    """What a word among the options stands for, if it is a file or a directory of packages."""
    path = Path(word)
    if not _is_path(word):
        return ""
    if path.is_file():
        return file_digest(path)
    if path.is_dir():
        return repr(sorted((entry.name, entry.stat().st_mtime_ns) for entry in path.iterdir()))
    return ""


def resolve_requirements(
    host: Host, python: BuildPython, requirements: Sequence[str], packages: RequirementSource, log: Path
) -> tuple[str, ...]:
    """The exact versions of requirements and of what they require, for the build machine.

    The answer is kept for ten minutes, and when offline for ever.

    :returns: lines of a requirements file.
    :raises SourceError: when there are none, or the index cannot be reached.
    :raises EnvironmentMissingError: when uv is missing, or metadata have to be built and cannot.
    """
    if not requirements:
        return ()
    wanted = "\n".join(sorted(requirements))
    identity = f"{python.executable}\n{python.full_version}\n{packages.identity()}\n{wanted}"
    kept = host.cache / "environments" / "resolved" / f"{sha256(identity.encode()).hexdigest()}.txt"
    if is_recent(kept) or (host.offline and kept.is_file()):
        return tuple(kept.read_text("utf-8").splitlines())
    arguments = ("compile", "--quiet", "--no-header", "--no-annotate", "--no-sources", "--python", python.executable)
    outcome = run_uv(host, packages, *arguments, "-", stdin=f"{wanted}\n", log=log)
    if not outcome.ok:
        raise uv_error(outcome, requirements, log)
    pins = tuple(line for line in outcome.stdout.splitlines() if line.strip() and not line.startswith(("#", "-")))
    write_atomic(kept, "\n".join(pins))
    return pins


def is_recent(answer: Path) -> bool:
    """Whether an answer of an index that was kept in a file still holds."""
    return answer.is_file() and time.time() - answer.stat().st_mtime < INDEX_CACHE_SECONDS


def run_uv(
    host: Host, packages: RequirementSource, *arguments: str | Path, stdin: str | None = None, log: Path
) -> ProcessResult:
    """Run ``uv pip``, which says what it does in the log.

    :raises EnvironmentMissingError: when there is no uv.
    """
    offline = ("--offline",) if host.offline else ()
    argv = (uv_program(host), "pip", arguments[0], "--no-config", *offline, *packages.options, *arguments[1:])
    outcome = host.run(*argv, cwd=Path("/"), env={**host.environ, **packages.env}, stdin=stdin)
    variables = "".join(f"{name}={value} " for name, value in sorted(packages.env.items()))
    with log.open("a", encoding="utf-8") as stream:
        stream.write(redact_passwords(f"$ {variables}{outcome.request}\n{stdin or ''}{outcome.stdout}{outcome.stderr}"))
    return outcome


def uv_program(host: Host) -> Path:
    """uv's program.

    :raises EnvironmentMissingError: when there is none.
    """
    found = host.program("uv")
    if found is None:
        raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
    return found


def uv_error(outcome: ProcessResult, requirements: Sequence[str], log: Path) -> CrosswheelError:
    """What uv's failure means for a person; pure."""
    said = _plain(outcome.stderr)
    culprit = _culprit(said, requirements)
    named = f"the build requirement {culprit!r}" if culprit else f"the build requirements {', '.join(requirements)}"
    what = f"{named} cannot be installed: {said[:400]}"
    if _OFFLINE.search(said):
        return SourceError(what, hint="run once without --offline, so that it is in uv's cache", log=log)
    if _UNBUILDABLE.search(said):
        return EnvironmentMissingError(
            what,
            hint="it has no wheel for this machine and does not build here; --build-constraint picks another",
            log=log,
        )
    if _AWAY.search(said):
        return SourceError(what, hint="check the network, the proxy and the index settings", log=log)
    return SourceError(what, hint="check its name and version, the index settings and --build-constraint", log=log)


def _plain(text: str) -> str:
    """uv's message on one line, without its drawing of a tree."""
    words = re.sub(r"\x1b\[[0-9;]*m|[×╰─▶├│]", " ", text)
    return " ".join(words.split()) or "uv says nothing"


def _culprit(said: str, requirements: Sequence[str]) -> str | None:
    """The requirement that is named first in a message."""
    places = []
    for text in requirements:
        try:
            name = canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            return text
        spelt = "[-_.]+".join(map(re.escape, name.split("-")))
        if match := re.search(rf"(?<![\w-]){spelt}(?![\w-])", said, re.IGNORECASE):
            places.append((match.start(), text))
    return min(places)[1] if places else None
