"""Running a project's build backend (PEP 517) under the pretence, and translating how it ends."""

from __future__ import annotations

import email.parser
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, HookMissing

from crosswheel.environments.build_log import diagnose
from crosswheel.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.host import Host


class _HookFailedError(Exception):
    """The backend's process ended with another status than 0."""


@dataclass(frozen=True)
class HookRunner:
    """Calls the hooks of one backend.

    :param source: the project's directory; ``backend`` and ``backend_path`` as in its pyproject.toml.
    :param env: the whole environment of the backend's process.
    :param log: where everything it says goes.
    :param settings: config settings; one with a single value is given as a string, others as lists.
    """

    host: Host
    source: Path
    python: Path
    backend: str
    backend_path: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    settings: Mapping[str, tuple[str, ...]]

    def requirements(self) -> tuple[str, ...]:
        """What the backend wants besides ``build-system.requires``; an old project's ``setup_requires``.

        :raises BuildError: when it fails, or gives no list of strings.
        """
        found = self._call("get_requires_for_build_wheel", self._settings())
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise self._error(f"the backend {self.backend} gave {found!r} as its requirements")
        return tuple(found)

    def build_wheel(self, destination: Path) -> Path:
        """Build, and find the wheel.

        :param destination: an existing directory.
        :raises BuildError: when it fails, says it did not and left no wheel, or wrote one of another name.
        """
        name = self._call("build_wheel", str(destination), self._settings())
        wheel = destination / str(name)
        if not isinstance(name, str) or wheel.parent != destination or not wheel.is_file():
            raise self._error(f"the backend {self.backend} reported success and left no wheel")
        try:
            written, *_ = parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise self._error(f"the backend {self.backend} wrote {name}, which is no name of a wheel") from error
        expected = project_name(self.source)
        if expected is not None and written != canonicalize_name(expected):
            raise self._error(f"the backend {self.backend} wrote {name}, but the project is {expected}")
        return wheel

    def _settings(self) -> dict[str, Any] | None:
        return {key: values[0] if len(values) == 1 else list(values) for key, values in self.settings.items()} or None

    def _error(self, what: str, hint: str | None = None) -> BuildError:
        return BuildError(what, where=self.source, hint=hint, log=self.log)

    def _call(self, hook: str, *arguments: Any) -> Any:
        begin = self.log.stat().st_size if self.log.is_file() else 0
        try:
            caller = BuildBackendHookCaller(
                str(self.source),
                self.backend,
                self.backend_path or None,
                runner=self._run,
                python_executable=str(self.python),
            )
            return getattr(caller, hook)(*arguments)
        except BackendUnavailable as error:
            self._write(error.traceback)
            reason = next((line for line in reversed(str(error).splitlines()) if line.strip()), "")
            raise self._error(
                f"the build backend {self.backend} cannot be imported: {reason.strip()}",
                "is it among build-system.requires in pyproject.toml?",
            ) from error
        except HookMissing as error:
            raise self._error(f"the build backend {self.backend} has no {hook}") from error
        except _HookFailedError as error:
            found = diagnose(_text_from(self.log, begin))
            failure = self._error(found.what, found.hint)
            failure.missing = found.missing
            raise failure from error
        except (json.JSONDecodeError, FileNotFoundError) as error:
            raise self._error(f"the backend {self.backend} ended without an answer") from error
        except ValueError as error:  # how a backend-path that leads outside is refused
            raise self._error(f"backend-path in pyproject.toml is wrong: {error}") from error

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        env = {**self.env, **(extra_environ or {})}
        outcome = self.host.run(*cmd, cwd=self.source if cwd is None else Path(cwd), env=env, log=self.log)
        if not outcome.ok:
            raise _HookFailedError
        self._keep_warnings(Path(cmd[-1]) / "output.json")

    def _keep_warnings(self, output: Path) -> None:
        """Write the backend's warnings into the log, before they become warnings of this program."""
        if not output.is_file():
            return
        answer = json.loads(output.read_text("utf-8"))
        for warning in answer.pop("warnings", ()):
            self._write(f"{warning['filename']}:{warning['lineno']}: warning: {warning['message']}\n")
        output.write_text(json.dumps(answer), "utf-8")

    def _write(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(text)


def project_name(source: Path) -> str | None:
    """What a project is called by its sdist's metadata or its pyproject.toml, None if neither says."""
    metadata = source / "PKG-INFO"
    if metadata.is_file():
        name = email.parser.HeaderParser().parsestr(metadata.read_text("utf-8", "replace")).get("Name")
        if name:
            return str(name).strip()
    try:
        document = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    project = document.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) else None


def _text_from(log: Path, begin: int) -> str:
    with log.open("rb") as stream:
        stream.seek(begin)
        return stream.read().decode("utf-8", "replace")
