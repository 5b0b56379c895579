"""Calls of a project's build backend (PEP 517) in a cross environment, and conversion of its failures to errors."""

from __future__ import annotations

import email.parser
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, HookMissing

from crosswheel.environments.backend_exceptions import ProjectFiles
from crosswheel.environments.build_log import diagnose
from crosswheel.errors import BuildError
from crosswheel.sealing.model import Mount
from crosswheel.sealing.network import NETWORK_HINT, network_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.sealing import Sandbox


CONTROL = Path("/crosswheel/hook")
"""The directory by which pyproject_hooks and the backend's process exchange arguments and results, inside the seal."""


class _HookFailedError(Exception):
    """The backend's process exited with a status other than 0."""


@dataclass(frozen=True)
class HookRunner:
    """Calls the hooks of a backend.

    :param sandbox: where the backend's process runs.
    :param source: the project's directory.
    :param python: interpreter of the build environment.
    :param backend: ``build-backend`` in pyproject.toml.
    :param backend_path: ``backend-path`` in pyproject.toml.
    :param env: all environment variables of the backend's process.
    :param log: file to which its output is appended.
    :param settings: config settings; a single value is passed as a string, several as a list.
    """

    sandbox: Sandbox
    source: Path
    python: Path
    backend: str
    backend_path: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    settings: Mapping[str, tuple[str, ...]]

    def requirements(self) -> tuple[str, ...]:
        """Return the backend's requirements in addition to ``build-system.requires`` (``setup_requires``).

        :raises BuildError: if the backend fails, or does not return a list of strings.
        """
        requirements = self._call("get_requires_for_build_wheel", self._settings())
        if not isinstance(requirements, list) or not all(isinstance(item, str) for item in requirements):
            raise self._error(f"the backend {self.backend} returned invalid requirements: {requirements!r}")
        return tuple(requirements)

    def build_wheel(self, destination: Path) -> Path:
        """Build the wheel, and return its path.

        :param destination: an existing directory.
        :raises BuildError: if the backend fails, writes no wheel, or one with an invalid name or of another project.
        """
        name = self._call("build_wheel", self.sandbox.inside(destination), self._settings())
        wheel = destination / str(name)
        if not isinstance(name, str) or wheel.parent != destination or not wheel.is_file():
            raise self._error(f"the backend {self.backend} reported success but wrote no wheel")
        try:
            written, *_ = parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise self._error(f"the backend {self.backend} wrote {name}, which is not a valid wheel name") from error
        expected = project_name(self.source)
        if expected is not None and written != canonicalize_name(expected):
            raise self._error(f"the backend {self.backend} wrote {name}, but the project is {expected}")
        return wheel

    def _settings(self) -> dict[str, Any] | None:
        inside = {key: list(map(self.sandbox.inside, values)) for key, values in self.settings.items()}
        return {key: values[0] if len(values) == 1 else values for key, values in inside.items()} or None

    def _error(self, what: str, hint: str | None = None) -> BuildError:
        return BuildError(what, where=self.source, hint=hint, log=self.log)

    def _call(self, hook: str, *arguments: Any) -> Any:
        offset = self.log.stat().st_size if self.log.is_file() else 0
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
                f"cannot import the build backend {self.backend}: {reason.strip()}",
                "add it to build-system.requires in pyproject.toml",
            ) from error
        except HookMissing as error:
            raise self._error(f"the build backend {self.backend} has no hook {hook}") from error
        except _HookFailedError as error:
            output = _text_from(self.log, offset)
            if line := network_error(self.sandbox.seal, output):
                raise self._error(f"the build needs the network, which it may not use: {line}", NETWORK_HINT) from error
            diagnosis = diagnose(output, ProjectFiles(self.source))
            failure = self._error(diagnosis.what, diagnosis.hint)
            failure.missing = diagnosis.missing
            raise failure from error
        except (json.JSONDecodeError, FileNotFoundError) as error:
            raise self._error(f"the backend {self.backend} exited without a result") from error
        except ValueError as error:  # pyproject_hooks: backend-path is outside of the project
            raise self._error(f"invalid backend-path in pyproject.toml: {error}") from error

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        env = {**self.env, **(extra_environ or {})}
        *command, control = cmd
        sandbox = self.sandbox.with_mounts(Mount(Path(control), CONTROL, writable=True))
        result = sandbox.run(*command, control, cwd=Path(cwd or self.source), env=env, log=self.log)
        if not result.ok:
            raise _HookFailedError
        self._keep_warnings(Path(control) / "output.json")

    def _keep_warnings(self, output: Path) -> None:
        """Move the backend's warnings to the log; pyproject_hooks would issue them in this process."""
        if not output.is_file():
            return
        result = json.loads(output.read_text("utf-8"))
        for warning in result.pop("warnings", ()):
            self._write(f"{warning['filename']}:{warning['lineno']}: warning: {warning['message']}\n")
        output.write_text(json.dumps(result), "utf-8")

    def _write(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(text)


def project_name(source: Path) -> str | None:
    """Return the project's name from its sdist metadata or pyproject.toml; None if neither has one."""
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


def _text_from(log: Path, offset: int) -> str:
    with log.open("rb") as stream:
        stream.seek(offset)
        return stream.read().decode("utf-8", "replace")
