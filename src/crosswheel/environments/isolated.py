"""An environment of its own for every build.

An environment is a function of the versions in it. The first of a kind is made by uv, compiled to bytecode and
kept; those that follow are hard links to its files, which takes less time than an installation and spares each of
a build's Pythons from compiling its backend anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.environments.cross_venv import HOOK, hook_digest, install_hook
from crosswheel.environments.packages import RequirementSource, resolve_requirements, run_uv, uv_error, uv_program
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, remove_tree, write_atomic
from crosswheel.host.trees import clone_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython


@dataclass(frozen=True)
class BuildEnvironment:
    """A Python with what a backend needs.

    :param directory: the virtual environment.
    :param requirements: what was asked to be in it, besides the environment it lies over.
    :param pins: what is in it, each with its exact version; empty where nobody chose that.
    :param below: the environment it lies over, if it is not isolated.
    :param only: names of the packages in that which are built with; None for all.
    """

    host: Host
    build_python: BuildPython
    directory: Path
    packages: RequirementSource = field(default_factory=RequirementSource)
    requirements: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    base_environment: Path | None = None
    relevant_packages: frozenset[str] | None = None

    @property
    def bin(self) -> Path:
        """Its programs."""
        return self.directory / "bin"

    @property
    def path(self) -> tuple[Path, ...]:
        """The directories of its programs, for PATH."""
        return (self.bin, *((self.base_environment / "bin",) if self.base_environment else ()))

    @property
    def prefix(self) -> Path:
        """The environment that what is built with is installed in."""
        return self.base_environment or self.directory

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages lie."""
        return _site_packages(self.prefix, self.build_python)

    def install(self, requirements: Sequence[str], log: Path) -> BuildEnvironment:
        """The same environment, in the same place, with more in it; nothing happens if there is nothing more.

        Old and new requirements are resolved together, so the versions of the old ones may change.

        :raises SourceError: when a requirement cannot be found.
        :raises EnvironmentMissingError: when it cannot be installed here.
        """
        union = tuple(dict.fromkeys((*self.requirements, *requirements)))
        if union == self.requirements:
            return self
        pins = _fill(self.host, self.build_python, self.directory, union, self.packages, log)
        return replace(self, requirements=union, pins=pins)


def create_environment(
    host: Host,
    build_python: BuildPython,
    directory: Path,
    requirements: Sequence[str],
    log: Path,
    *,
    packages: RequirementSource | None = None,
) -> BuildEnvironment:
    """A fresh environment with the hook and build requirements, and nothing else.

    :param directory: must not exist.
    :raises SourceError: when a requirement cannot be found.
    :raises EnvironmentMissingError: when it cannot be installed here, or uv is missing.
    """
    packages = packages or RequirementSource()
    pins = _fill(host, build_python, directory, requirements, packages, log)
    return BuildEnvironment(host, build_python, directory, packages, tuple(requirements), pins)


def use_current_environment(
    host: Host, build_python: BuildPython, directory: Path, requirements: Sequence[str]
) -> BuildEnvironment:
    """An environment without isolation: it has the hook, and everything that is installed already.

    That is what the activated virtual environment has, if its Python is of the same release, and else what the
    build Python has. Nothing is written there.

    :param directory: must not exist.
    :param requirements: what is built with, and should be there.
    :raises EnvironmentMissingError: when uv is missing or fails.
    """
    _make_venv(host, build_python, directory, "--system-site-packages")
    site_packages = _site_packages(directory, build_python)
    activated = Path(host.environ.get("VIRTUAL_ENV") or "/nonexistent")
    outer = _site_packages(activated, build_python)
    if outer.is_dir():
        write_atomic(site_packages / "_crosswheel_outer.pth", f"import site; site.addsitedir({str(outer)!r})\n")
        below = activated
    else:
        below = build_python.executable.parent.parent
    install_hook(site_packages)
    only = frozenset(canonicalize_name(Requirement(text).name) for text in requirements)
    return BuildEnvironment(host, build_python, directory, base_environment=below, relevant_packages=only)


def _fill(
    host: Host,
    python: BuildPython,
    directory: Path,
    requirements: Sequence[str],
    packages: RequirementSource,
    log: Path,
) -> tuple[str, ...]:
    pins = resolve_requirements(host, python, requirements, packages, log)
    remove_tree(directory)
    if any(" @ " in pin for pin in pins):  # what lies at a URL or in a directory may change
        _install(host, python, directory, pins, packages, log)
        return pins
    parts = (*pins, hook_digest(), str(python.executable), python.full_version, packages.identity())
    key = sha256("\n".join(parts).encode()).hexdigest()[:32]
    kept = create_once(
        host.cache / "environments" / key,
        lambda part: _install(host, python, part, pins, packages, log),
    )
    clone_tree(kept, directory)
    return pins


def _install(
    host: Host, python: BuildPython, directory: Path, pins: Sequence[str], packages: RequirementSource, log: Path
) -> None:
    """Make an environment out of exact versions; it may be moved and copied afterwards."""
    _make_venv(host, python, directory, "--relocatable", "--allow-existing")
    program = directory / "bin" / "python"
    if pins:
        with host.progress.step(f"installing {', '.join(pins)}"):
            arguments = ("install", "--quiet", "--no-deps", "--no-sources", "--compile-bytecode", "--python", program)
            outcome = run_uv(host, packages, *arguments, "-r", "-", stdin="\n".join(pins) + "\n", log=log)
        if not outcome.ok:
            raise uv_error(outcome, pins, log)
    site_packages = _site_packages(directory, python)
    install_hook(site_packages)
    host.run(program, "-I", "-S", "-m", "compileall", "-q", site_packages / HOOK, cwd=directory)


def _make_venv(host: Host, python: BuildPython, directory: Path, *options: str) -> None:
    arguments = ("--quiet", "--no-project", "--no-config", "--no-python-downloads", *options)
    outcome = host.run(uv_program(host), "venv", *arguments, "--python", python.executable, directory, cwd=Path("/"))
    if not outcome.ok:
        reason = " ".join(outcome.stderr.split())
        raise EnvironmentMissingError(f"uv cannot make an environment: {reason}", where=directory)


def _site_packages(directory: Path, python: BuildPython) -> Path:
    return directory / "lib" / python.version.executable / "site-packages"


_INHERITED = frozenset(
    "HOME USER LOGNAME TMPDIR TERM SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT"
    " http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY".split()
)


def backend_environ(
    outside: Mapping[str, str],
    *,
    path: tuple[Path, ...],
    virtual_env: Path,
    epoch: int,
    jobs: int,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """The variables of a backend's process.

    Search paths of compilers, linkers and pkg-config, and flags meant for the build machine, stay outside.

    :param outside: the environment crosswheel was started in.
    :param path: directories before the rest of PATH: wrappers, then the environment's programs.
    :param epoch: ``SOURCE_DATE_EPOCH``, seconds since 1970.
    :param extra: what the configuration and the user add; wins.
    """
    return {
        **{name: value for name, value in outside.items() if name in _INHERITED},
        "PATH": ":".join([*(str(directory) for directory in path), *_rest_of_path(outside)]),
        "VIRTUAL_ENV": str(virtual_env),
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",  # into the sources, from where it would get into wheels
        "PYTHONUNBUFFERED": "1",  # so that the log has everything in its order
        "SOURCE_DATE_EPOCH": str(epoch),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "CROSSWHEEL_JOBS": str(jobs),
        **extra,
    }


def relevant_env(outside: Mapping[str, str]) -> dict[str, str]:
    """What a backend gets of the outside that can decide what it builds; all else says who asks, and through whom."""
    return {"PATH": ":".join(_rest_of_path(outside))}


def _rest_of_path(outside: Mapping[str, str]) -> list[str]:
    """PATH without the activated virtual environment, whose programs nobody has asked for."""
    activated = f"{outside['VIRTUAL_ENV']}/bin" if outside.get("VIRTUAL_ENV") else ""
    entries = outside.get("PATH", "/usr/bin:/bin").split(":")
    return [entry for entry in entries if entry and entry.rstrip("/") != activated]
