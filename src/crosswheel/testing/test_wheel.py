"""Testing a wheel: the target and Python to test on, a fresh environment, installation, imports and commands."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.environments.isolated import INHERITED
from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host.files import temporary_directory
from crosswheel.object_files import is_module, read_binary
from crosswheel.runners.binfmt import binfmt_rules, write_launcher
from crosswheel.runners.select import find_runner
from crosswheel.sealing import Mount, Seal, open_sandbox, program_path
from crosswheel.sealing.machine_view import machine_view
from crosswheel.sealing.network import NETWORK_HINT, network_error
from crosswheel.sealing.system import python_mounts
from crosswheel.settings.variable_expansion import expand_environment, fill_placeholders
from crosswheel.testing.commands import (
    failure_hint,
    foreign_python_script,
    installs_system_packages,
    last_line,
    not_installed_hint,
)
from crosswheel.testing.installed import installed_projects, projects_with
from crosswheel.testing.model import TestOutcome, TestPlan, TestResult
from crosswheel.testing.shipped_programs import find_programs, replace_programs
from crosswheel.wheels.archive import WheelName, read_wheel
from crosswheel.wheels.audit.model import MODULE_SUFFIXES
from crosswheel.wheels.audit.modules import module_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host, ProcessResult
    from crosswheel.runners.model import Interpreter, Runner, TestEnvironment
    from crosswheel.sealing import Sandbox
    from crosswheel.targets import PythonVersion, Target

_WITHOUT_WHEELS = (
    re.compile(r"Wheels are required for `([^`]+)`"),
    re.compile(
        r"Because (?:all versions of |all of: )?([A-Za-z0-9][\w.-]*?)(?:\{[^}]*\})?(?:[=<>!~][^ ]*)?"
        r"(?: [^ ]+)*? ha(?:s|ve) no (?:usable )?wheels"
    ),
)
_NOTHING_IMPORTED = 3
"""Exit status of import_check.py if no module could be tested."""
_UNREACHABLE = re.compile(
    r"Failed to fetch|error sending request|dns error|tcp connect error|operation timed out|network (?:was|is) disabled"
    r"|network connectivity is disabled",
    re.IGNORECASE,
)
"""Messages of uv for packages that could not be downloaded."""
_MISSING_MODULE = re.compile(r"(?:No module named '?|: it requires )([A-Za-z_]\w*)")
"""Messages of Python and of import_check.py for modules that are not installed."""
_FAILED_HINT = "the output of the test is at the end of the log; --no-test builds without one"


class _StepFailedError(Exception):
    """A step of the test failed; ``hint`` is what to do about it."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


class _NotTestedError(Exception):
    """Nothing was tested.

    :param missing: dependencies without wheels, if that is why.
    :param unrunnable: installed dependencies that the runner cannot run, if that is why: ``numpy==2.5.5``.
    :param stdlib_parts: parts of the standard library that are not installed, if that is why.
    :param unavailable: whether packages could not be downloaded.
    """

    def __init__(
        self,
        reason: str,
        missing: tuple[str, ...] = (),
        *,
        unrunnable: tuple[str, ...] = (),
        stdlib_parts: tuple[str, ...] = (),
        unavailable: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.missing = missing
        self.unrunnable = unrunnable
        self.stdlib_parts = stdlib_parts
        self.unavailable = unavailable
        self.hint = hint


def test_wheel(
    host: Host, wheel: Path, target: Target, version: PythonVersion, plan: TestPlan, seal: Seal | None = None
) -> TestResult:
    """Install a wheel on its target and test it.

    The wheel's modules and the commands run sealed; uv, which runs no code of the packages that it installs, does not.

    :param seal: whether programs are sealed, whether they have the network, and directories of the plan that they see;
        None to run them unsealed.
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
        return TestResult(TestOutcome.UNTESTED, f"{error.what}{address}", unavailable=True, hint=error.hint)
    seal = _test_seal(host, target, interpreter, wheel, seal or Seal())
    with temporary_directory() as work, open_sandbox(host, work, seal, inside_root=work) as sandbox:
        session = _Session(sandbox, runner, interpreter, plan, [])
        result = _run_test(session, target, wheel)
        record = sandbox.record()
    output = "\n".join(session.transcript)
    seconds = time.monotonic() - started
    return replace(result, interpreter=interpreter.description, output=output, seconds=seconds, seal=record)


test_wheel.__test__ = False  # type: ignore[attr-defined]  # not a pytest test case


def _test_seal(host: Host, target: Target, interpreter: Interpreter, wheel: Path, seal: Seal) -> Seal:
    """Add the interpreter, the wheel and the target's machine to what tested programs see."""
    mounts = (*seal.mounts, *python_mounts(interpreter.executable), Mount(wheel, wheel))
    return replace(seal, mounts=mounts, machine=machine_view(target, host.jobs))


def _run_test(session: _Session, target: Target, wheel: Path) -> TestResult:
    """Run the steps of a test, and return its outcome."""
    installed = tuple[str, ...]()
    interpreter, sealed = session.interpreter, session.sandbox.sealed
    try:
        with interpreter.environments(
            interpreter.executable, session.directory, session.uv, sealed=sealed
        ) as environment:
            session.install(environment, wheel)
            installed = tuple(installed_projects(session.directory))
            session = session.with_environment(environment, target).with_plan_variables()
            session.imports(wheel)
            session.commands(wheel)
    except EnvironmentMissingError as error:
        return TestResult(TestOutcome.UNTESTED, error.what, unavailable=True, hint=error.hint, installed=installed)
    except _StepFailedError as error:
        return TestResult(TestOutcome.FAILED, str(error), hint=error.hint or _FAILED_HINT, installed=installed)
    except _NotTestedError as error:
        return TestResult(
            TestOutcome.UNTESTED, str(error), missing=error.missing, unrunnable=error.unrunnable,
            stdlib_parts=error.stdlib_parts, unavailable=error.unavailable, hint=error.hint, installed=installed,
        )  # fmt: skip
    return TestResult(TestOutcome.PASSED, installed=installed)


@dataclass(frozen=True)
class _Session:
    """A fresh environment and the steps of a test in it.

    :param sandbox: where the tested programs run, in its directory at its own path: scripts of environments contain it.
    """

    sandbox: Sandbox
    runner: Runner
    interpreter: Interpreter
    plan: TestPlan
    transcript: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def with_plan_variables(self) -> _Session:
        """Return the session with the plan's environment variables set."""
        directory = Path(self.plan.project) if self.plan.project else self.work
        variables = expand_environment(self.sandbox, self.plan.environment, self._private_environ(), directory)
        return replace(self, variables=variables)

    @property
    def host(self) -> Host:
        return self.sandbox.host

    @property
    def work(self) -> Path:
        return self.sandbox.root

    @property
    def directory(self) -> Path:
        return self.work / "env"

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    def with_environment(self, environment: TestEnvironment, target: Target) -> _Session:
        """Return the session whose programs see what is installed, and run the target's programs among it."""
        sandbox = self.sandbox.with_mounts(*(Mount(path, path) for path in environment.read_only))
        if programs := find_programs(target, self.directory):
            if sandbox.has_rules:
                launcher = write_launcher(self.host, target, self.work / "launchers")
                rules = binfmt_rules(self.host, target, launcher)
                sandbox = replace(sandbox, seal=replace(sandbox.seal, rules=rules))
            else:
                replace_programs(self.host, target, programs)
        return replace(self, sandbox=sandbox)

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
        shown = f"import {' '.join(names)}"
        result = self._run(self.python, "-c", script, json.dumps(names), env=self._test_environ(), shown=shown)
        self._require_stdlib_parts(result)
        if result.status == _NOTHING_IMPORTED:
            if not self.plan.commands:
                raise _NotTestedError("every module requires a package that is not among the wheel's dependencies")
        elif not result.ok:
            self._require_complete_runner(result, wheel)
            lines = (result.stdout + result.stderr).strip().splitlines()
            last = next((line for line in reversed(lines) if line.startswith("importing ")), "")
            problem = next((line for line in lines if line.startswith("cannot import ")), "")
            crash = f"{last.replace('importing', 'import of')} crashed the interpreter (status {result.status})"
            raise _StepFailedError(problem or (crash if last else f"{lines[-1:]}"))

    def commands(self, wheel: Path) -> None:
        if self.plan.commands and self.plan.cibuildwheel_commands and not self.sandbox.sealed:
            raise _NotTestedError(
                "the test commands are from [tool.cibuildwheel], written for a container, and programs are not sealed "
                f"here: {self.sandbox.seal.support.reason}",
                hint="--unsealed runs them on this machine; a command in [tool.crosswheel] replaces them",
            )
        for command in self.plan.commands:
            text, env = fill_placeholders(command, project=self.plan.project, wheel=wheel), self._test_environ()
            if name := foreign_python_script(text, self.directory, env["PATH"]):
                what = f"`{command}` runs {name}, which is not installed in the test environment"
                raise _StepFailedError(what, not_installed_hint(name))
            result = self._run("/bin/sh", "-c", text, env=env)
            if not result.ok:
                self._require_stdlib_parts(result)
                self._require_complete_runner(result, wheel)
                status = "timed out" if result.timed_out else f"ended with status {result.status}"
                reason = last_line(result.stderr, result.stdout)
                output = f"{result.stdout}{result.stderr}"
                if line := network_error(self.sandbox.seal, output):
                    what = f"`{command}` needs the network, which it may not use: {line}"
                    raise _StepFailedError(what, NETWORK_HINT)
                if self.plan.cibuildwheel_commands and installs_system_packages(output):
                    raise _NotTestedError(
                        f"`{command}` installs packages of the system, which a sealed test cannot",
                        hint="give a command that tests the wheel only, as test-command in [tool.crosswheel]",
                    )
                hint = failure_hint(result.status, output)
                raise _StepFailedError(f"`{command}` {status}{f': {reason}' if reason else ''}", hint)

    def _require_stdlib_parts(self, result: ProcessResult) -> None:
        """Raise if a program lacked a module of the standard library that the target's Python keeps apart."""
        modules = _MISSING_MODULE.findall(f"{result.stdout}{result.stderr}")
        parts = tuple(dict.fromkeys(part for name in modules if (part := self.interpreter.stdlib_parts.get(name))))
        if parts:
            reason = (
                f"it imports {', '.join(parts)} of the standard library, which {self.interpreter.description} lacks"
            )
            raise _NotTestedError(reason, stdlib_parts=parts)

    def _require_complete_runner(self, result: ProcessResult, wheel: Path) -> None:
        """Raise if a program failed because of what the runner lacks: that says nothing about the wheel."""
        limit = self.runner.own_limit(f"{result.stdout}{result.stderr}")
        if limit is None:
            return
        dependencies = projects_with(self.directory, limit.required_by)
        if dependencies.pop(WheelName.parse(wheel.name).name, None) is not None or not dependencies:
            raise _NotTestedError(f"cannot be tested on {self.interpreter.description}: {limit.reason}")
        labels = ", ".join(f"{name} {version}" for name, version in dependencies.items())
        raise _NotTestedError(
            f"its dependency {labels} cannot run on {self.interpreter.description}: {limit.reason}",
            unrunnable=tuple(f"{name}=={version}" for name, version in dependencies.items()),
        )

    def _with_extras(self, wheel: Path) -> str:
        return f"{wheel}[{','.join(self.plan.extras)}]" if self.plan.extras else str(wheel)

    def uv(self, *args: str | Path) -> None:
        uv = self.host.program("uv")
        if uv is None:
            raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
        result = self.host.run(uv, *args, cwd=self.work, env=self._uv_environ(), timeout=self.plan.timeout)
        self._log(result)
        if missing := packages_without_wheels(result.stderr):
            raise _NotTestedError(
                f"dependency {missing[0]} has no wheel for the target; build one into the same directory first",
                missing,
            )
        if not result.ok:
            what = f"uv {args[0]}: {' '.join(result.stderr.split())[:400]}"
            if _UNREACHABLE.search(result.stderr):
                raise _NotTestedError(what, unavailable=True)
            raise _StepFailedError(what)

    def _uv_environ(self) -> dict[str, str]:
        """Return the environment variables of uv, which uses the user's directories."""
        env = {
            name: value for name, value in self.host.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        env |= {**self.interpreter.env, **self.plan.install_env, "VIRTUAL_ENV": str(self.directory)}
        if self.sandbox.sealed:
            env["UV_LINK_MODE"] = "copy"  # tested programs would write to uv's cache through hard links
        env["PATH"] = program_path(self.python.parent)
        return env

    def _private_environ(self) -> dict[str, str]:
        return {
            **{name: value for name, value in self.host.environ.items() if name in INHERITED},
            **self.sandbox.environ(),
            **self.interpreter.env,
            "LANG": "C.UTF-8",
            "PATH": self.sandbox.path(self.python.parent),
            "VIRTUAL_ENV": str(self.directory),
        }

    def _test_environ(self) -> Mapping[str, str]:
        """Return the environment variables of the tested programs."""
        return self.variables or self._private_environ()

    def _run(self, *args: str | Path, env: Mapping[str, str], shown: str = "") -> ProcessResult:
        """Run a tested program, and add its output to the transcript.

        :param shown: the program in the transcript; empty for its command line.
        """
        result = self.sandbox.run(*args, cwd=self.work, env=env, timeout=self.plan.timeout)
        self._log(result, shown or " ".join(map(str, args)))
        return result

    def _log(self, result: ProcessResult, shown: str = "") -> None:
        self.transcript.append(f"$ {shown or result.request}\n{result.stdout}{result.stderr}")


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
