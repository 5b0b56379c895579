"""Runner for Windows targets with wine and python.org's CPython."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once, write_atomic
from crosswheel.object_files.pe import Pe
from crosswheel.runners.model import Interpreter, RunnerDefaults, RunnerLimit
from crosswheel.runners.wine.environment import WindowsEnvironments, launcher, run_command
from crosswheel.runners.wine.installation import copy_prefix, install_wine
from crosswheel.runners.wine.pythons import python_home, windows_platforms
from crosswheel.toolchains.model import Support
from crosswheel.wheels.policies import is_windows_system_library

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.runners.wine.installation import WineInstallation
    from crosswheel.targets import PythonVersion, Target

# "wine: Call from 00006FFFFF.. to unimplemented function ucrtbase.dll.crealf, aborting" (ntdll's stub of the function),
# "wine: Unimplemented function ucrtbase.dll.crealf called at address 0000.." (if the program ends for that).
_UNIMPLEMENTED = r"(?m)^wine: (?:Call from \w+ to u|U)nimplemented function ([\w.-]+?\.\w{3})\.([\w?@$]+)"


@dataclass(frozen=True)
class WineRunner(RunnerDefaults):
    """Implements :class:`crosswheel.runners.model.Runner`."""

    host: Host

    name = "wine"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """See :meth:`Runner.support`."""
        platform = windows_platforms().get(target.tag)
        if platform is None:
            return Support(available=False, reason=f"no Python for {target} to test on", hint="test it on Windows")
        if machine.architecture() not in platform.machines or machine.libc() != "glibc":
            reason = f"wine does not run programs for {target} on this machine"
            return Support(available=False, reason=reason, hint="test it on Windows")
        if version is not None and str(version) not in platform.pythons:
            offered = ", ".join(platform.pythons)
            reason = f"no Python {version} for {target} to test on; available: {offered}"
            return Support(available=False, reason=reason)
        return Support(available=True)

    def has_python(self, target: Target, version: PythonVersion) -> bool:
        """See :meth:`Runner.has_python`: each is downloaded into the cache."""
        return self.support(target, version).available

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """See :meth:`Runner.interpreter`."""
        support = self.support(target, version)
        if not support.available:
            raise EnvironmentMissingError(support.reason, hint=support.hint)
        platform = windows_platforms()[target.tag]
        python = platform.pythons[str(version)]
        home = python_home(self.host, python)
        wine = install_wine(self.host, platform.debian, target.triple)
        return Interpreter(
            self._program(wine, home, version),
            version,
            python.full_version,
            f"CPython {python.full_version} for {target} under wine",
            environments=WindowsEnvironments(wine, home, platform.uv, python.full_version),
        )

    def own_limit(self, output: str) -> RunnerLimit | None:
        """See :meth:`Runner.own_limit`: functions of Windows that wine lacks end the program that calls them.

        Wine reports those that Python's or the wheel's own DLLs lack in the same way; these are faults of the wheel.
        """
        for library, function in re.findall(_UNIMPLEMENTED, output):
            if is_windows_system_library(library):
                reason = f"wine lacks the Windows function {library}.{function}"
                return RunnerLimit(reason, partial(_imports, function=function))
        return None

    def program_prefix(
        self,
        target: Target,
        argv0: str = "",  # noqa: ARG002
        directory: Path | None = None,
    ) -> tuple[str, ...]:
        """See :meth:`Runner.program_prefix`."""
        support = self.support(target)
        if not support.available:
            raise EnvironmentMissingError(support.reason, hint=support.hint)
        wine = install_wine(self.host, windows_platforms()[target.tag].debian, target.triple)
        shared = directory or self.host.cache / "interpreters" / f"wine-programs-{target.tag}"
        prefix = create_once(
            shared / "wine", lambda part: copy_prefix(wine.template, part / "windows"), recorded=False
        )  # its programs write to the registry
        return run_command(wine, prefix / "windows")

    def _program(self, wine: WineInstallation, home: Path, version: PythonVersion) -> Path:
        """Return the script that runs the Windows Python, in a directory named by a hash of its contents."""
        interpreters = self.host.cache / "interpreters"
        key = sha256(f"{wine.root}\n{home}".encode()).hexdigest()[:12]
        directory = create_once(
            interpreters / f"wine-{version}-{key}", lambda part: copy_prefix(wine.template, part / "windows"),
            recorded=False,
        )  # fmt: skip
        text = launcher(wine, directory / "windows", home / "python.exe")
        return write_atomic(directory / "bin" / version.executable, text, mode=0o755)


def _imports(binary: Binary, function: str) -> bool:
    """Whether a binary imports a function of Windows, by whichever of its DLLs: some only forward to others."""
    return isinstance(binary, Pe) and any(
        each.name == function and is_windows_system_library(each.library) for each in binary.imports
    )
