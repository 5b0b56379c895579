"""Runner for Linux targets with qemu-user, over Debian packages of the target's Python and libraries."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.downloads.debian.roots import Suite, make_root, package_names, suites
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import write_atomic
from crosswheel.runners.model import Interpreter, RunnerDefaults
from crosswheel.targets import LinuxTarget, PythonVersion, Target, linux_architectures
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host

_QEMU_SUITE = "trixie"


@dataclass(frozen=True)
class QemuRunner(RunnerDefaults):
    """Implements :class:`crosswheel.runners.model.Runner`."""

    host: Host

    name = "qemu"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """See :meth:`Runner.support`."""
        if machine.architecture() not in {"x86_64", "aarch64"}:
            return Support(available=False, reason=f"qemu is not available for {machine.architecture()} machines")
        if not isinstance(target, LinuxTarget):
            return Support(
                available=False, reason=f"qemu-user runs Linux programs, not {target.system.platform_system} programs"
            )
        if version is None:
            return Support(available=True)
        if target.libc.name == "musl":
            return Support(available=False, reason="Debian provides no Python for musl to test on")
        return self._suite(target, version)[1]

    def has_python(self, target: Target, version: PythonVersion) -> bool:
        """See :meth:`Runner.has_python`: each is downloaded into the cache."""
        return self.support(target, version).available

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """See :meth:`Runner.interpreter`."""
        target = _linux(target)
        suite, support = self._suite(target, version)
        if suite is None or not support.available:
            raise EnvironmentMissingError(support.reason, hint=support.hint)
        debian = target.architecture.debian
        root = make_root(self.host, suite.name, debian, package_names("python", version.feature))
        qemu = self._qemu(target)
        program = root / "usr" / "bin" / f"crosswheel-{version.executable}"
        full = self._version(program, _wrapper(qemu, root, version.executable))
        return Interpreter(program, version, full, f"CPython {full} for {target.architecture.name} under qemu")

    def program_prefix(
        self,
        target: Target,
        argv0: str = "",
        directory: Path | None = None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See :meth:`Runner.program_prefix`."""
        target = _linux(target)
        qemu = (str(self._qemu(target)), *(("-0", argv0) if argv0 else ()))
        debian = target.architecture.debian
        if target.libc.name == "musl":
            # Programs for musl are linked statically, so they need no libraries.
            return qemu
        suite = next((s for s in suites() if debian in s.architectures and s.glibc >= target.version), None)
        if suite is None:
            raise EnvironmentMissingError(f"no Debian release has the glibc of {target}")
        return (*qemu, "-L", str(make_root(self.host, suite.name, debian, package_names("runtime"))))

    def _suite(self, target: LinuxTarget, version: PythonVersion) -> tuple[Suite | None, Support]:
        debian = target.architecture.debian
        candidates = [suite for suite in suites() if debian in suite.architectures]
        if version.freethreaded:
            return None, Support(available=False, reason="Debian has no free-threaded Python")
        suite = next((suite for suite in candidates if suite.python == version.feature), None)
        if suite is None:
            offered = ", ".join(suite.python for suite in candidates) or "none"
            reason = f"no Python {version} for {target.architecture.name} to test on; available: {offered}"
            return None, Support(available=False, reason=reason)
        if suite.glibc < target.version:
            reason = f"Debian's glibc {suite.glibc[0]}.{suite.glibc[1]} is older than {target} requires"
            return None, Support(available=False, reason=reason)
        return suite, Support(available=True)

    def _version(self, program: Path, wrapper: str) -> str:
        """Return the version of an emulated Python, cached beside it."""
        version_file = program.with_name(f"{program.name}.version")
        if version_file.is_file() and program.is_file() and program.read_text("utf-8") == wrapper:
            return version_file.read_text("utf-8")
        write_atomic(program, wrapper, mode=0o755)
        outcome = self.host.run(program, "-c", "import sys; print(sys.version.split()[0])", cwd=program.parent)
        if not outcome.ok:
            raise EnvironmentMissingError(
                f"the emulated Python fails to start: {outcome.stderr.strip()[-200:]}", where=program
            )
        write_atomic(version_file, outcome.stdout.strip())
        return outcome.stdout.strip()

    def _qemu(self, target: LinuxTarget) -> Path:
        """Return qemu's program for the build machine's architecture, from Debian: it is statically linked."""
        debian = linux_architectures()[machine.architecture()].debian
        root = make_root(self.host, _QEMU_SUITE, debian, package_names("emulator"), dependencies=False)
        return root / "usr" / "bin" / f"qemu-{target.architecture.qemu}"


def _linux(target: Target) -> LinuxTarget:
    if not isinstance(target, LinuxTarget):
        raise EnvironmentMissingError(f"qemu cannot run programs for {target}")
    return target


def _wrapper(qemu: Path, root: Path, python: str) -> str:
    """Return a script that runs the target's Python.

    It passes its own path to the emulated program as argv[0], so that ``sys.executable`` is the script, a virtual
    environment's link to it finds its ``pyvenv.cfg``, and the programs it starts are emulated too.
    """
    program = root / "usr" / "bin" / python
    return (
        "#!/bin/sh\n"
        'case $0 in */*) self=$0 ;; *) self=$(command -v -- "$0") ;; esac\n'
        f'exec {shlex.quote(str(qemu))} -0 "$self" {shlex.join(("-L", str(root), str(program)))} "$@"\n'
    )
