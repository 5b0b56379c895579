"""qemu-user over a root of Debian packages: the target's Python as a program of this machine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.downloads.debian.roots import Suite, make_root, package_names, suites
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import write_atomic
from crosswheel.runners.model import Interpreter
from crosswheel.targets import LinuxTarget, PythonVersion, Target, linux_architectures
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host

_QEMU_SUITE = "trixie"


@dataclass(frozen=True)
class QemuRunner:
    """Implements :class:`crosswheel.runners.model.Runner`."""

    host: Host

    name = "qemu"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """See :meth:`Runner.support`."""
        if machine.architecture() not in {"x86_64", "aarch64"}:
            return Support(available=False, reason=f"no emulator for a {machine.architecture()} machine")
        if not isinstance(target, LinuxTarget):
            return Support(
                available=False, reason=f"qemu runs programs of Linux, not of {target.system.platform_system}"
            )
        if version is None:
            return Support(available=True)
        if target.libc.name == "musl":
            return Support(available=False, reason="Debian has no Python for musl, so there is none to run it on")
        return self._suite(target, version)[1]

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

    def runs_programs(self, target: Target) -> bool:
        """See :meth:`Runner.runs_programs`."""
        return self.support(target).available

    def program_prefix(self, target: Target) -> tuple[str, ...]:
        """See :meth:`Runner.program_prefix`."""
        target = _linux(target)
        qemu = str(self._qemu(target))
        debian = target.architecture.debian
        if target.libc.name == "musl":
            # Programs for musl are linked statically, so they need no root.
            return (qemu,)
        suite = next((s for s in suites() if debian in s.architectures and s.glibc >= target.version), None)
        if suite is None:
            raise EnvironmentMissingError(f"no root has the C library of {target}")
        return (qemu, "-L", str(make_root(self.host, suite.name, debian, package_names("runtime"))))

    def _suite(self, target: LinuxTarget, version: PythonVersion) -> tuple[Suite | None, Support]:
        debian = target.architecture.debian
        here = [suite for suite in suites() if debian in suite.architectures]
        if version.freethreaded:
            return None, Support(available=False, reason="Debian has no free-threaded Python")
        suite = next((suite for suite in here if suite.python == version.feature), None)
        if suite is None:
            offered = ", ".join(suite.python for suite in here) or "none"
            reason = f"no Python {version} for {target.architecture.name} to run it on (there is {offered})"
            return None, Support(available=False, reason=reason)
        if suite.glibc < target.version:
            reason = f"the root has glibc {suite.glibc[0]}.{suite.glibc[1]}, older than {target} needs"
            return None, Support(available=False, reason=reason)
        return suite, Support(available=True)

    def _version(self, program: Path, wrapper: str) -> str:
        """The version of an emulated Python, which is asked once."""
        known = program.with_name(f"{program.name}.version")
        if known.is_file() and program.is_file() and program.read_text("utf-8") == wrapper:
            return known.read_text("utf-8")
        write_atomic(program, wrapper, mode=0o755)
        outcome = self.host.run(program, "-c", "import sys; print(sys.version.split()[0])", cwd=program.parent)
        if not outcome.ok:
            raise EnvironmentMissingError(
                f"the emulated Python does not start: {outcome.stderr.strip()[-200:]}", where=program
            )
        write_atomic(known, outcome.stdout.strip())
        return outcome.stdout.strip()

    def _qemu(self, target: LinuxTarget) -> Path:
        """qemu's program, from the build machine's own architecture in Debian: it is linked statically."""
        debian = linux_architectures()[machine.architecture()].debian
        root = make_root(self.host, _QEMU_SUITE, debian, package_names("emulator"), closed=False)
        return root / "usr" / "bin" / f"qemu-{target.architecture.qemu}"


def _linux(target: Target) -> LinuxTarget:
    if not isinstance(target, LinuxTarget):
        raise EnvironmentMissingError(f"qemu cannot run programs of {target}")
    return target


def _wrapper(qemu: Path, root: Path, python: str) -> str:
    """A script that is the target's Python.

    The emulated program is told the script's own path as its name, so that ``sys.executable`` is the script, a
    virtual environment's link to it finds its ``pyvenv.cfg``, and whatever it starts is emulated too.
    """
    program = root / "usr" / "bin" / python
    return (
        "#!/bin/sh\n"
        'case $0 in */*) self=$0 ;; *) self=$(command -v -- "$0") ;; esac\n'
        f'exec {shlex.quote(str(qemu))} -0 "$self" {shlex.join(("-L", str(root), str(program)))} "$@"\n'
    )
