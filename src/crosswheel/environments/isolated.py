"""Build environments, and the environment variables of a backend's process.

An environment is determined by the versions in it. The first one is created with uv, compiled to bytecode and cached;
later ones are hard links to its files, which is faster than an installation and saves each build from compiling its
backend's modules.
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
from crosswheel.host.files import create_once, write_atomic
from crosswheel.host.scratch import remove_tree
from crosswheel.host.trees import clone_tree, copy_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython
    from crosswheel.sealing import Sandbox


@dataclass(frozen=True)
class BuildEnvironment:
    """A Python environment with the requirements of a backend.

    :param directory: the virtual environment.
    :param packages: source of its packages.
    :param requirements: the requirements installed in it, not those in ``base_environment``.
    :param pins: everything installed in it, with exact versions; empty without isolation.
    :param base_environment: the environment whose packages it sees, without isolation.
    :param relevant_packages: names of the packages in ``base_environment`` used by the build; None for all.
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
        """Directory of its programs."""
        return self.directory / "bin"

    @property
    def path(self) -> tuple[Path, ...]:
        """Directories of its programs, for PATH."""
        return (self.bin, *((self.base_environment / "bin",) if self.base_environment else ()))

    @property
    def prefix(self) -> Path:
        """The environment in which the requirements are installed."""
        return self.base_environment or self.directory

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"

    @property
    def site_packages(self) -> Path:
        """Directory of its packages."""
        return _site_packages(self.prefix, self.build_python)

    def install(self, requirements: Sequence[str], log: Path) -> BuildEnvironment:
        """Install more requirements, and return the updated environment in the same directory.

        All requirements are resolved together, so versions already installed may change. Nothing is done if all of them
        are present.

        :raises SourceError: if a requirement cannot be found.
        :raises EnvironmentMissingError: if a requirement cannot be installed on this machine.
        """
        union = tuple(dict.fromkeys((*self.requirements, *requirements)))
        if union == self.requirements:
            return self
        pins = _resolve_and_install(self.host, self.build_python, self.directory, union, self.packages, log)
        return replace(self, requirements=union, pins=pins)


def create_environment(
    host: Host,
    build_python: BuildPython,
    directory: Path,
    requirements: Sequence[str],
    log: Path,
    *,
    packages: RequirementSource | None = None,
    writable: bool = False,
) -> BuildEnvironment:
    """Create an environment that contains only the hook and build requirements.

    :param directory: must not exist.
    :param writable: whether programs of the build install into it; its files are copies then, and no hard links.
    :raises SourceError: if a requirement cannot be found.
    :raises EnvironmentMissingError: if a requirement cannot be installed on this machine, or uv is not installed.
    """
    packages = packages or RequirementSource()
    copy = copy_tree if writable else clone_tree
    pins = _resolve_and_install(host, build_python, directory, requirements, packages, log, copy)
    return BuildEnvironment(host, build_python, directory, packages, tuple(requirements), pins)


def use_current_environment(
    host: Host, build_python: BuildPython, directory: Path, requirements: Sequence[str]
) -> BuildEnvironment:
    """Create an environment without isolation: it contains the hook and sees all installed packages.

    These are the packages of the activated virtual environment, if its Python has the same feature version, or else of
    the build Python. Nothing is written there.

    :param directory: must not exist.
    :param requirements: the build requirements, which should be installed.
    :raises EnvironmentMissingError: if uv is not installed or fails.
    """
    _make_venv(host, build_python, directory, "--system-site-packages")
    site_packages = _site_packages(directory, build_python)
    activated = Path(host.environ.get("VIRTUAL_ENV") or "/nonexistent")
    outer = _site_packages(activated, build_python)
    if outer.is_dir():
        write_atomic(site_packages / "_crosswheel_outer.pth", f"import site; site.addsitedir({str(outer)!r})\n")
        base = activated
    else:
        base = build_python.executable.parent.parent
    install_hook(site_packages)
    names = frozenset(canonicalize_name(Requirement(text).name) for text in requirements)
    return BuildEnvironment(host, build_python, directory, base_environment=base, relevant_packages=names)


def _resolve_and_install(
    host: Host,
    python: BuildPython,
    directory: Path,
    requirements: Sequence[str],
    packages: RequirementSource,
    log: Path,
    copy: Callable[[Path, Path], None] = clone_tree,
) -> tuple[str, ...]:
    pins = resolve_requirements(host, python, requirements, packages, log)
    remove_tree(directory)
    if any(" @ " in pin for pin in pins):  # the content of a URL or directory may change
        _install(host, python, directory, pins, packages, log)
        return pins
    parts = (*pins, hook_digest(), str(python.executable), python.full_version, packages.identity())
    key = sha256("\n".join(parts).encode()).hexdigest()[:32]
    cached = create_once(
        host.cache / "environments" / key,
        lambda part: _install(host, python, part, pins, packages, log),
    )
    copy(cached, directory)
    return pins


def _install(
    host: Host, python: BuildPython, directory: Path, pins: Sequence[str], packages: RequirementSource, log: Path
) -> None:
    """Create an environment of exact versions; it can be moved and copied afterwards."""
    _make_venv(host, python, directory, "--relocatable", "--allow-existing")
    program = directory / "bin" / "python"
    if pins:
        with host.progress.step(f"installing {', '.join(pins)}"):
            arguments = ("install", "--quiet", "--no-deps", "--no-sources", "--compile-bytecode", "--python", program)
            result = run_uv(host, packages, *arguments, "-r", "-", stdin="\n".join(pins) + "\n", log=log)
        if not result.ok:
            raise uv_error(result, pins, log)
    site_packages = _site_packages(directory, python)
    install_hook(site_packages)
    host.run(program, "-I", "-S", "-m", "compileall", "-q", site_packages / HOOK, cwd=directory)


def _make_venv(host: Host, python: BuildPython, directory: Path, *options: str) -> None:
    arguments = ("--quiet", "--no-project", "--no-config", "--no-python-downloads", *options)
    result = host.run(uv_program(host), "venv", *arguments, "--python", python.executable, directory, cwd=Path("/"))
    if not result.ok:
        reason = " ".join(result.stderr.split())
        raise EnvironmentMissingError(f"uv cannot create an environment: {reason}", where=directory)


def _site_packages(directory: Path, python: BuildPython) -> Path:
    return directory / "lib" / python.version.executable / "site-packages"


INHERITED = frozenset(
    "TERM SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT"
    " http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY".split()
)
"""Variables of the user's environment that programs of builds and tests inherit."""


def backend_environ(
    sandbox: Sandbox,
    *,
    path: tuple[Path, ...],
    virtual_env: Path,
    epoch: int,
    jobs: int,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """Return the environment variables of a backend's process.

    Only the terminal, proxies and certificates are inherited: search paths of compilers, linkers and pkg-config, and
    flags, are for the build machine, and builds must not depend on the user.

    :param sandbox: where the process runs.
    :param path: directories at the start of PATH: wrappers, then the environment's programs.
    :param virtual_env: the build environment.
    :param epoch: ``SOURCE_DATE_EPOCH``, seconds since 1970.
    :param jobs: number of parallel jobs.
    :param extra: variables of the configuration and the user; they take precedence.
    """
    return {
        **{name: value for name, value in sandbox.host.environ.items() if name in INHERITED},
        **sandbox.environ(),
        "PATH": sandbox.path(*path),
        "VIRTUAL_ENV": str(virtual_env),
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",  # in the source tree, from which it would get into wheels
        "PYTHONUNBUFFERED": "1",  # to keep the order of output in the log
        "SOURCE_DATE_EPOCH": str(epoch),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "CROSSWHEEL_JOBS": str(jobs),
        **extra,
    }
