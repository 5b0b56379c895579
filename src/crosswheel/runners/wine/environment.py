"""Environments of a Windows Python: laid out as on Windows, each with its own wine prefix."""

from __future__ import annotations

import contextlib
import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic
from crosswheel.runners.wine.installation import copy_prefix, unset_variables, wine_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.runners.model import TestEnvironment, Uv
    from crosswheel.runners.wine.installation import WineInstallation

_PYTHON_FILES = ("python.exe", "python3.dll", "vcruntime140.dll", "vcruntime140_1.dll")
_ENTRY_POINT_SCRIPT = """\
import sys
from importlib.metadata import EntryPoint
sys.argv[0] = {name!r}
sys.exit(EntryPoint({name!r}, {value!r}, 'console_scripts').load()())
"""


@dataclass(frozen=True)
class WindowsEnvironments:
    """Implements :class:`crosswheel.runners.model.CreateEnvironment`.

    :param home: the directory with ``python.exe``.
    :param platform: uv's name of the platform; ``version`` is Python's full version.
    """

    wine: WineInstallation
    home: Path
    platform: str
    version: str

    @contextlib.contextmanager
    def __call__(
        self,
        executable: Path,  # noqa: ARG002
        directory: Path,
        uv: Uv,
        *,
        sealed: bool = False,
    ) -> Iterator[TestEnvironment]:
        """See :meth:`CreateEnvironment.__call__`; the interpreter itself has a shared wine prefix."""
        program = self._lay_out(directory)
        prefix = directory / "windows"
        for name in ("python", "python3", f"python{self.version.rpartition('.')[0]}"):
            write_atomic(directory / "bin" / name, launcher(self.wine, prefix, program), mode=0o755)
        environment = WindowsEnvironment(directory, self.platform, self.version, uv)
        if sealed:  # each program starts wine's services, which end with it
            copy_prefix(self.wine.template, prefix)
            yield environment
            return
        try:
            self.wine.start(prefix, program)
            yield environment
        finally:
            self.wine.end(prefix)

    def _lay_out(self, directory: Path) -> Path:
        """Create the files of a virtual environment on Windows and return its ``python.exe``."""
        scripts = directory / "Scripts"
        scripts.mkdir(parents=True)
        windows_site_packages(directory).mkdir(parents=True)
        major, minor, _ = self.version.split(".")
        for name in (*_PYTHON_FILES, f"python{major}{minor}.dll"):
            (scripts / name).symlink_to(self.home / name)
        rows = {"home": windows_path(self.home), "include-system-site-packages": "false", "version": self.version}
        text = "".join(f"{key} = {value}\n" for key, value in rows.items())
        write_atomic(directory / "pyvenv.cfg", text)
        return scripts / "python.exe"


@dataclass(frozen=True)
class WindowsEnvironment:
    """Implements :class:`crosswheel.runners.model.TestEnvironment`."""

    directory: Path
    platform: str
    version: str
    uv: Uv

    @property
    def read_only(self) -> tuple[Path, ...]:
        """See :attr:`TestEnvironment.read_only`: the programs of Windows."""
        drive = self.directory / "windows" / "drive_c"
        return tuple(path for path in sorted(drive.iterdir()) if path.name != "users")

    def install(self, *args: str | Path) -> None:
        """See :meth:`TestEnvironment.install`; uv resolves for Windows with a Python of this machine."""
        site_packages = windows_site_packages(self.directory)
        self.uv(
            *("pip", "install", "--quiet", "--python", sys.executable, "--target", site_packages),
            *("--python-platform", self.platform, "--python-version", self.version),
            *args,
        )
        for distribution in distributions(path=[str(site_packages)]):
            for entry in distribution.entry_points.select(group="console_scripts"):
                python = shlex.quote(str(self.directory / "bin" / "python"))
                code = shlex.quote(_ENTRY_POINT_SCRIPT.format(name=entry.name, value=entry.value))
                write_atomic(
                    self.directory / "bin" / entry.name, f'#!/bin/sh\nexec {python} -c {code} "$@"\n', mode=0o755
                )


def windows_site_packages(directory: Path) -> Path:
    """Return the site-packages directory of an environment on Windows."""
    return directory / "Lib" / "site-packages"


def windows_path(path: Path) -> str:
    """Return the path of a file of this machine under wine."""
    return "Z:" + str(path).replace("/", "\\")


def run_command(wine: WineInstallation, prefix: Path) -> tuple[str, ...]:
    """Return the command that runs a Windows program, whose path follows."""
    unset = (word for name in unset_variables() for word in ("-u", name))
    settings = (f"{name}={value}" for name, value in wine_variables(prefix).items())
    return ("/usr/bin/env", *unset, *settings, str(wine.program))


def launcher(wine: WineInstallation, prefix: Path, program: Path) -> str:
    """Return a script that runs a Windows program like a program of this machine."""
    settings = shlex.join(f"{name}={value}" for name, value in wine_variables(prefix).items())
    command = shlex.join((str(wine.program), str(program)))
    return f'#!/bin/sh\nunset {" ".join(unset_variables())}\nexport {settings}\nexec {command} "$@"\n'
