"""Running a project's build backend (PEP 517) under the pretence, and translating how it ends."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, BuildBackendWarning, HookMissing

from crosswheel.environments.diagnose import diagnose
from crosswheel.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host


class _HookFailedError(Exception):
    """The backend's process ended with another status than 0."""


@dataclass(frozen=True)
class HookRunner:
    """Calls the hooks of one backend.

    :param source: the project's directory; ``backend`` and ``backend_path`` as in its pyproject.toml.
    :param env: the whole environment of the backend's process.
    :param log: where everything it says goes.
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
        """What the backend wants besides ``build-system.requires``.

        :raises BuildError: when it fails.
        """
        return tuple(self._call("get_requires_for_build_wheel", self._settings()))

    def build_wheel(self, destination: Path) -> Path:
        """Build, and find the wheel.

        :raises BuildError: when it fails, or says it did not and left no wheel.
        """
        name = self._call("build_wheel", str(destination), self._settings())
        wheel = destination / str(name)
        if not isinstance(name, str) or not wheel.is_file() or wheel.suffix != ".whl":
            raise BuildError(
                f"the backend {self.backend} reported success and left no wheel", where=self.source, log=self.log
            )
        return wheel

    def _settings(self) -> dict[str, Any] | None:
        return {key: values[0] if len(values) == 1 else list(values) for key, values in self.settings.items()} or None

    def _call(self, hook: str, *arguments: Any) -> Any:
        caller = BuildBackendHookCaller(
            str(self.source),
            self.backend,
            self.backend_path or None,
            runner=self._run,
            python_executable=str(self.python),
        )
        # The log has them; here they would be repeated on the terminal.
        warnings.simplefilter("ignore", BuildBackendWarning)
        try:
            return getattr(caller, hook)(*arguments)
        except BackendUnavailable as error:
            raise BuildError(
                f"the build backend {self.backend} cannot be imported: {error}",
                where=self.source,
                log=self.log,
                hint="is it among build-system.requires in pyproject.toml?",
            ) from error
        except HookMissing as error:
            raise BuildError(f"the build backend {self.backend} has no {hook}", where=self.source) from error
        except _HookFailedError as error:
            said = self.log.read_text("utf-8", "replace")
            found = diagnose(said)
            raise BuildError(found.what, where=self.source, hint=found.hint, log=self.log) from error
        except (json.JSONDecodeError, FileNotFoundError) as error:
            raise BuildError(
                f"the backend {self.backend} ended without an answer", where=self.source, log=self.log
            ) from error

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        env = {**self.env, **(extra_environ or {})}
        outcome = self.host.run(*cmd, cwd=self.source if cwd is None else type(self.source)(cwd), env=env, log=self.log)
        if not outcome.ok:
            raise _HookFailedError
