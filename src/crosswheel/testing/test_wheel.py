"""Testing one wheel: a fresh environment of the target's Python, the wheel and its dependencies, its imports."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.errors import EnvironmentMissingError, SourceError, UsageError
from crosswheel.host.files import temporary_directory
from crosswheel.object_files import is_module, read_binary
from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners.select import find_runner
from crosswheel.settings.placeholders import fill_placeholders
from crosswheel.settings.variable_expansion import expand_environment
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing.model import TestOutcome, TestPlan, TestResult
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit.model import MODULE_SUFFIXES
from crosswheel.wheels.audit.modules import module_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host
    from crosswheel.host import ProcessResult as Ended
    from crosswheel.runners.model import Interpreter, TestEnvironment
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.wheels.archive import WheelName

_WITHOUT_WHEELS = (
    re.compile(r"Wheels are required for `([^`]+)`"),
    re.compile(
        r"Because (?:all versions of |all of: )?([A-Za-z0-9][\w.-]*?)(?:\{[^}]*\})?(?:[=<>!~][^ ]*)?"
        r"(?: [^ ]+)*? ha(?:s|ve) no (?:usable )?wheels"
    ),
)
_NOTHING_IMPORTED = 3
"""The exit status of import_check.py when it could not try anything."""


class _StepFailedError(Exception):
    """A step of the test did not succeed."""


class _NothingTriedError(Exception):
    """There is nothing that a test has shown; ``missing`` are the dependencies without wheels, if that is why."""

    def __init__(self, reason: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.missing = missing


def test_wheel(host: Host, wheel: Path, target: Target, version: PythonVersion, plan: TestPlan) -> TestResult:
    """Install a wheel on its target and run it.

    :returns: ``untested`` with the reason when the target's Python cannot be had here.
    """
    started = time.monotonic()
    emulator, support = find_runner(host, target, version)
    if not support.available:
        return TestResult(TestOutcome.UNTESTED, support.reason)
    try:
        interpreter = emulator.interpreter(target, version)
    except (EnvironmentMissingError, SourceError) as error:
        address = "" if error.where is None or error.where in error.what else f": {error.where}"
        return TestResult(TestOutcome.UNTESTED, f"{error.what}{address}")
    with temporary_directory() as work:
        session = _Session(host, interpreter, plan, work, [])
        missing, installed = tuple[str, ...](), tuple[str, ...]()
        try:
            with interpreter.environments(interpreter.executable, session.directory, session.uv) as environment:
                session.install(environment, wheel)
                installed = _installed(session.directory)
                session = session.with_plan_variables()
                session.imports(wheel)
                session.commands(wheel)
        except EnvironmentMissingError as error:
            outcome, reason = TestOutcome.UNTESTED, error.what
        except _StepFailedError as error:
            outcome, reason = TestOutcome.FAILED, str(error)
        except _NothingTriedError as error:
            outcome, reason, missing = TestOutcome.UNTESTED, str(error), error.missing
        else:
            outcome, reason = TestOutcome.PASSED, ""
    said = "\n".join(session.said)
    seconds = time.monotonic() - started
    return TestResult(outcome, reason, interpreter.description, said, seconds, missing, installed)


test_wheel.__test__ = False  # type: ignore[attr-defined]  # not a test case, whatever pytest makes of the name


@dataclass(frozen=True)
class _Session:
    """One fresh environment and what is done in it."""

    host: Host
    interpreter: Interpreter
    plan: TestPlan
    work: Path
    said: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def with_plan_variables(self) -> _Session:
        """The same session, in which the variables of the plan are set."""
        directory = Path(self.plan.project) if self.plan.project else self.work
        return replace(self, variables=expand_environment(self.host, self.plan.environment, self._environ(), directory))

    @property
    def directory(self) -> Path:
        return self.work / "env"

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    def install(self, environment: TestEnvironment, wheel: Path) -> None:
        links = [word for place in self.plan.find_links if Path(place).is_dir() for word in ("--find-links", place)]
        groups = [
            word for name in self.plan.groups for word in ("--group", f"{self.plan.project}/pyproject.toml:{name}")
        ]
        offline = ["--offline"] if self.host.offline else []
        options = ("--only-binary", ":all:", *offline, *self.plan.install_options, *links)
        environment.install(*options, self._with_extras(wheel), *self.plan.requires, *groups)

    def imports(self, wheel: Path) -> None:
        """Import everything in one process, which writes down what it is about to import before it does."""
        names = self.plan.imports or importable_modules(wheel)
        script = files("crosswheel.testing").joinpath("import_check.py").read_text("utf-8")
        ended = self._run(self.python, "-c", script, json.dumps(names))
        if ended.status == _NOTHING_IMPORTED:
            if not self.plan.commands:
                raise _NothingTriedError("every module wants a package that is not among the wheel's dependencies")
        elif not ended.ok:
            lines = (ended.stdout + ended.stderr).strip().splitlines()
            last = next((line for line in reversed(lines) if line.startswith("importing ")), "")
            problem = next((line for line in lines if line.startswith("cannot import ")), "")
            crash = f"{last.replace('importing', 'import of')} killed the interpreter (status {ended.status})"
            raise _StepFailedError(problem or (crash if last else f"{lines[-1:]}"))

    def commands(self, wheel: Path) -> None:
        for command in self.plan.commands:
            ended = self._run("/bin/sh", "-c", fill_placeholders(command, project=self.plan.project, wheel=wheel))
            if not ended.ok:
                how = "ran out of time" if ended.timed_out else f"ended with status {ended.status}"
                raise _StepFailedError(f"`{command}` {how}")

    def _with_extras(self, wheel: Path) -> str:
        return f"{wheel}[{','.join(self.plan.extras)}]" if self.plan.extras else str(wheel)

    def uv(self, *words: str | Path) -> None:
        uv = self.host.program("uv")
        if uv is None:
            raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
        ended = self._run(uv, *words)
        if missing := packages_without_wheels(ended.stderr):
            raise _NothingTriedError(
                f"its dependency {missing[0]} has no wheel for the target; build one into the same directory first",
                missing,
            )
        if not ended.ok:
            raise _StepFailedError(f"uv {words[0]}: {' '.join(ended.stderr.split())[:400]}")

    def _environ(self) -> dict[str, str]:
        env = {
            name: value for name, value in self.host.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        env |= {**self.interpreter.env, **self.plan.install_env, "VIRTUAL_ENV": str(self.directory)}
        env["PATH"] = f"{self.python.parent}:{env.get('PATH', '/usr/bin:/bin')}"
        return env

    def _run(self, *words: str | Path) -> Ended:
        env = self.variables or self._environ()
        ended = self.host.run(*words, cwd=self.work, env=env, timeout=self.plan.timeout)
        self.said.append(f"$ {ended.request}\n{ended.stdout}{ended.stderr}")
        return ended


def _installed(directory: Path) -> tuple[str, ...]:
    """The projects in an environment, by their normalized names (PEP 376, as the packaging guide has it)."""
    found = (path.name.partition("-")[0] for path in directory.rglob("site-packages/*.dist-info"))
    return tuple(sorted(map(canonicalize_name, found)))


def packages_without_wheels(said: str) -> tuple[str, ...]:
    """The packages of which uv found no wheel for the target, if it says so, the first that it names first.

    :param said: its error: ``Because all versions of numpy have no usable wheels and …``.
    """
    if "No solution found" not in said:
        return ()
    plain = " ".join(said.split())
    return tuple(dict.fromkeys(match[1] for pattern in _WITHOUT_WHEELS for match in pattern.finditer(plain)))


def importable_modules(wheel: Path) -> list[str]:
    """Every top-level module and every extension module of a wheel."""
    contents = read_wheel(wheel)
    names: dict[str, None] = {}
    for path, data in contents.files.items():
        if ".dist-info/" in path or ".data/" in path or ".libs/" in path:
            continue
        first, slash, rest = path.partition("/")
        if not slash and first.endswith(".py"):
            names.setdefault(first.removesuffix(".py"))
        elif slash and rest == "__init__.py":
            names.setdefault(first)
        if path.endswith(MODULE_SUFFIXES) and _is_module(data):
            names.setdefault(module_name(path))
    return [name for name in names if all(part.isidentifier() for part in name.split("."))]


def _is_module(data: bytes) -> bool:
    """Whether a file can be imported, rather than only be loaded with ctypes."""
    binary = read_binary(data)
    return binary is not None and is_module(binary)


def target_of_wheel(name: WheelName, native: Target) -> Target:
    """The target of a wheel; pure ones are tested on this machine.

    :raises UsageError: when it is for a system that is not known.
    """
    if name.is_pure:
        return native
    targets = [target for tag in name.platforms if (target := target_from_tag(tag))]
    if not targets:
        raise UsageError(f"cannot run wheels for {', '.join(name.platforms)}", where=name)
    return min(targets, key=lambda target: target.version)


def python_for_wheel(host: Host, name: WheelName, target: Target, preferred: PythonVersion) -> PythonVersion:
    """The Python that a wheel is tested with: its own, or for one that runs on several the preferred one.

    Where the target has no Python of the preferred version, the oldest one that it has and the wheel supports.

    :raises UsageError: when the wheel is for a Python that is not supported.
    """
    if "abi3" not in name.abis and name.abis != ("none",):
        return PythonVersion.parse(name.abis[0])
    minimum_versions = [PythonVersion.parse(tag) for tag in name.pythons if tag.startswith("cp3")]
    oldest = min(minimum_versions, default=PythonVersion(0))
    usable = [version for version in supported_versions() if version >= oldest and not version.freethreaded]
    if preferred in usable:
        usable = [preferred, *usable]
    return next((v for v in usable if find_runner(host, target, v)[1].available), preferred)
