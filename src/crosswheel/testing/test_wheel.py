"""Testing a wheel: the target and Python to test on, a fresh environment, installation, imports and commands."""

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
from crosswheel.sealing.machine_view import install_programs
from crosswheel.settings.variable_expansion import expand_environment, fill_placeholders
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing.model import TestOutcome, TestPlan, TestResult
from crosswheel.testing.shipped_programs import replace_programs
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit.model import MODULE_SUFFIXES
from crosswheel.wheels.audit.modules import module_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host, ProcessResult
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
"""Exit status of import_check.py if no module could be tested."""
_SYSTEM_PATH = frozenset(map(Path, ("/usr/bin", "/bin", "/usr/sbin", "/sbin")))
"""Directories with the programs that every shell command relies on; the system's Python is among them."""


class _StepFailedError(Exception):
    """A step of the test failed."""


class _NotTestedError(Exception):
    """Nothing was tested; ``missing`` are dependencies without wheels, if that is why."""

    def __init__(self, reason: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.missing = missing


def test_wheel(host: Host, wheel: Path, target: Target, version: PythonVersion, plan: TestPlan) -> TestResult:
    """Install a wheel on its target and test it.

    :returns: ``untested`` with the reason if the target's Python is not available on this machine.
    """
    started = time.monotonic()
    runner, support = find_runner(host, target, version)
    if not support.available:
        return TestResult(TestOutcome.UNTESTED, support.reason)
    try:
        interpreter = runner.interpreter(target, version)
    except (EnvironmentMissingError, SourceError) as error:
        address = "" if error.where is None or error.where in error.what else f": {error.where}"
        return TestResult(TestOutcome.UNTESTED, f"{error.what}{address}")
    with temporary_directory() as work:
        programs = install_programs(host, target)
        session = _Session(host, interpreter, plan, work, programs, [])
        missing, installed = tuple[str, ...](), tuple[str, ...]()
        try:
            with interpreter.environments(interpreter.executable, session.directory, session.uv) as environment:
                session.install(environment, wheel)
                replace_programs(host, target, session.directory)
                installed = _installed(session.directory)
                session = session.with_plan_variables()
                session.imports(wheel)
                session.commands(wheel)
        except EnvironmentMissingError as error:
            outcome, reason = TestOutcome.UNTESTED, error.what
        except _StepFailedError as error:
            outcome, reason = TestOutcome.FAILED, str(error)
        except _NotTestedError as error:
            outcome, reason, missing = TestOutcome.UNTESTED, str(error), error.missing
        else:
            outcome, reason = TestOutcome.PASSED, ""
    output = "\n".join(session.transcript)
    seconds = time.monotonic() - started
    return TestResult(outcome, reason, interpreter.description, output, seconds, missing, installed)


test_wheel.__test__ = False  # type: ignore[attr-defined]  # not a pytest test case


@dataclass(frozen=True)
class _Session:
    """A fresh environment and the steps of a test in it.

    :param programs: directory of programs that describe the target's machine.
    """

    host: Host
    interpreter: Interpreter
    plan: TestPlan
    work: Path
    programs: Path
    transcript: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def with_plan_variables(self) -> _Session:
        """Return the session with the plan's environment variables set."""
        directory = Path(self.plan.project) if self.plan.project else self.work
        return replace(self, variables=expand_environment(self.host, self.plan.environment, self._environ(), directory))

    @property
    def directory(self) -> Path:
        return self.work / "env"

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    def install(self, environment: TestEnvironment, wheel: Path) -> None:
        links = [
            arg for directory in self.plan.find_links if Path(directory).is_dir() for arg in ("--find-links", directory)
        ]
        groups = [arg for name in self.plan.groups for arg in ("--group", f"{self.plan.project}/pyproject.toml:{name}")]
        offline = ["--offline"] if self.host.offline else []
        options = ("--only-binary", ":all:", *offline, *self.plan.install_options, *links)
        environment.install(*options, self._with_extras(wheel), *self.plan.requires, *groups)

    def imports(self, wheel: Path) -> None:
        """Import all modules in one process, which prints each name first, so that a crash can be attributed."""
        names = self.plan.imports or importable_modules(wheel)
        script = files("crosswheel.testing").joinpath("import_check.py").read_text("utf-8")
        result = self._run(self.python, "-c", script, json.dumps(names))
        if result.status == _NOTHING_IMPORTED:
            if not self.plan.commands:
                raise _NotTestedError("every module requires a package that is not among the wheel's dependencies")
        elif not result.ok:
            lines = (result.stdout + result.stderr).strip().splitlines()
            last = next((line for line in reversed(lines) if line.startswith("importing ")), "")
            problem = next((line for line in lines if line.startswith("cannot import ")), "")
            crash = f"{last.replace('importing', 'import of')} crashed the interpreter (status {result.status})"
            raise _StepFailedError(problem or (crash if last else f"{lines[-1:]}"))

    def commands(self, wheel: Path) -> None:
        for command in self.plan.commands:
            result = self._run("/bin/sh", "-c", fill_placeholders(command, project=self.plan.project, wheel=wheel))
            if not result.ok:
                status = "timed out" if result.timed_out else f"ended with status {result.status}"
                raise _StepFailedError(f"`{command}` {status}")

    def _with_extras(self, wheel: Path) -> str:
        return f"{wheel}[{','.join(self.plan.extras)}]" if self.plan.extras else str(wheel)

    def uv(self, *args: str | Path) -> None:
        uv = self.host.program("uv")
        if uv is None:
            raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
        result = self._run(uv, *args)
        if missing := packages_without_wheels(result.stderr):
            raise _NotTestedError(
                f"dependency {missing[0]} has no wheel for the target; build one into the same directory first",
                missing,
            )
        if not result.ok:
            raise _StepFailedError(f"uv {args[0]}: {' '.join(result.stderr.split())[:400]}")

    def _environ(self) -> dict[str, str]:
        env = {
            name: value for name, value in self.host.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        env |= {**self.interpreter.env, **self.plan.install_env, "VIRTUAL_ENV": str(self.directory)}
        path = _path_without_pythons(env.get("PATH", "/usr/bin:/bin"))
        env["PATH"] = ":".join((str(self.python.parent), str(self.programs), *path))
        return env

    def _run(self, *args: str | Path) -> ProcessResult:
        env = self.variables or self._environ()
        result = self.host.run(*args, cwd=self.work, env=env, timeout=self.plan.timeout)
        self.transcript.append(f"$ {result.request}\n{result.stdout}{result.stderr}")
        return result


def _path_without_pythons(path: str) -> list[str]:
    """Return the directories of PATH but those of other Pythons: an activated virtual environment, pyenv, conda.

    A ``pytest`` there would run the tests with its own Python, and the wheel would pass without having been imported.
    """
    entries = [Path(entry) for entry in path.split(":") if entry]
    return [str(entry) for entry in entries if entry in _SYSTEM_PATH or not (entry / "python3").exists()]


def _installed(directory: Path) -> tuple[str, ...]:
    """Return the normalized names of the projects in an environment (PEP 376)."""
    found = (path.name.partition("-")[0] for path in directory.rglob("site-packages/*.dist-info"))
    return tuple(sorted(map(canonicalize_name, found)))


def packages_without_wheels(output: str) -> tuple[str, ...]:
    """Return the packages for which uv found no compatible wheel, in the order of its error message.

    :param output: uv's error output: ``Because all versions of numpy have no usable wheels and …``.
    """
    if "No solution found" not in output:
        return ()
    plain = " ".join(output.split())
    return tuple(dict.fromkeys(match[1] for pattern in _WITHOUT_WHEELS for match in pattern.finditer(plain)))


def importable_modules(wheel: Path) -> list[str]:
    """Return the top-level modules and all extension modules of a wheel."""
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
    """Whether a file is an extension module rather than a library for ctypes."""
    binary = read_binary(data)
    return binary is not None and is_module(binary)


def target_of_wheel(name: WheelName, native: Target) -> Target:
    """Return the target of a wheel; pure wheels are tested on this machine.

    :raises UsageError: if its platform is unknown.
    """
    if name.is_pure:
        return native
    targets = [target for tag in name.platforms if (target := target_from_tag(tag))]
    if not targets:
        raise UsageError(f"cannot run wheels for {', '.join(name.platforms)}", where=name)
    return min(targets, key=lambda target: target.version)


def python_for_wheel(host: Host, name: WheelName, target: Target, preferred: PythonVersion) -> PythonVersion:
    """Return the Python version to test a wheel with: that of its tag, or the preferred one if it supports several.

    If the target has no Python of the preferred version, the oldest available one that the wheel supports.

    :raises UsageError: if the wheel is for an unsupported Python.
    """
    if "abi3" not in name.abis and name.abis != ("none",):
        return PythonVersion.parse(name.abis[0])
    minimum_versions = [PythonVersion.parse(tag) for tag in name.pythons if tag.startswith("cp3")]
    oldest = min(minimum_versions, default=PythonVersion(0))
    usable = [version for version in supported_versions() if version >= oldest and not version.freethreaded]
    if preferred in usable:
        usable = [preferred, *usable]
    return next((v for v in usable if find_runner(host, target, v)[1].available), preferred)
