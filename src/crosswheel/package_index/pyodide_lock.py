"""Pyodide's lock file: the wheels of a directory beside the packages of the runtime itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.errors import AuditError, EnvironmentMissingError, SourceError
from crosswheel.targets.pyodide import WASM32, PyodideTarget

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from crosswheel.host import Host
    from crosswheel.package_index.published_wheel import PublishedWheel
    from crosswheel.targets.pyodide import PyodideAbi

LOCK_FILE = "pyodide-lock.json"
_PACKAGES = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
"""Where a runtime takes its own packages from unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class RuntimeLock:
    """What a runtime's own lock file says.

    :param version: the runtime's own.
    :param packages: by normalized name.
    :param problem: why it is not at hand; empty when it is.
    """

    version: str
    info: Mapping[str, Any]
    packages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problem: str = ""


def read_runtime_lock(host: Host, abi: PyodideAbi) -> RuntimeLock:
    """The lock file of the runtime that implements an ABI, fetched with it once.

    :returns: one without packages when the runtime cannot be fetched.
    :raises EnvironmentMissingError: when the runtime in the cache is damaged.
    """
    try:
        runtime = find_runtime(host, abi)
    except SourceError as error:
        info = {
            "abi_version": abi.name,
            "arch": WASM32.name,
            "platform": f"emscripten_{abi.emscripten.replace('.', '_')}",
            "python": abi.python.feature,
            "version": abi.runtime,  # up to 0.27 a runtime looks for it there; later ones do not mind it
        }
        return RuntimeLock(abi.runtime, info, problem=error.what)
    document = json.loads((runtime.directory / LOCK_FILE).read_text("utf-8"))
    return RuntimeLock(runtime.version, document["info"], document["packages"])


def lock_text(
    wheels: Mapping[str, PublishedWheel], abi: PyodideAbi, runtime: RuntimeLock, files: Collection[str]
) -> str:
    """The text of the lock file.

    :param wheels: by project; they stand in the place of the runtime's packages of the same names.
    :param files: the names of the files in the directory; other files of the runtime are taken from where it
        takes them itself.
    :raises AuditError: when a requirement of a wheel cannot be read.
    :raises SourceError: when something that a wheel needs is not there.
    :raises EnvironmentMissingError: when the library that knows the format is missing, or knows another one.
    """
    replaced = {*wheels, *(f"{project}-tests" for project in wheels)}
    packages = {name: dict(entry) for name, entry in runtime.packages.items() if name not in replaced}
    url = _PACKAGES.format(version=runtime.version)
    for entry in packages.values():
        if entry["file_name"] not in files and "://" not in entry["file_name"]:
            entry["file_name"] = url + entry["file_name"]
    versions = {name: entry["version"] for name, entry in packages.items()}
    versions |= {project: str(wheel.version) for project, wheel in wheels.items()}
    micro = int((*str(runtime.info["python"]).split("."), "0", "0")[2])
    markers = PyodideTarget(abi).markers(abi.python, micro)
    for project, wheel in wheels.items():
        packages[project] = _entry(wheel, wheel_dependencies(wheel, wheels, versions, markers))
    document = {"info": dict(runtime.info), "packages": packages}
    return json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"


def _entry(wheel: PublishedWheel, needed: Sequence[str]) -> dict[str, Any]:
    """A wheel's entry, as the library that owns the format makes it.

    The runtime's own entries are not passed through it: they may have fields that it does not know yet.
    """
    try:
        from pyodide_lock import PackageSpec  # with pydantic, which takes its time
    except ImportError as error:
        raise EnvironmentMissingError(
            "pyodide-lock is not installed", hint="pip install 'crosswheel[pyodide]', or --no-pyodide-lock"
        ) from error
    try:
        spec = PackageSpec(
            name=wheel.project,
            version=str(wheel.version),
            file_name=wheel.file_name,
            install_dir="site",
            sha256=wheel.sha256,
            package_type="package",
            imports=list(wheel.imports),
            depends=list(needed),
        )
    except ValueError as error:
        raise EnvironmentMissingError(
            f"pyodide-lock {version('pyodide-lock')} has another format: {error}",
            hint="pip install -U crosswheel[pyodide]",
        ) from error
    return spec.model_dump()


_NO_EXTRA = frozenset({""})


def wheel_dependencies(
    wheel: PublishedWheel,
    wheels: Mapping[str, PublishedWheel],
    versions: Mapping[str, str],
    markers: Mapping[str, str],
) -> tuple[str, ...]:
    """The normalized names of what a wheel needs, sorted; what an extra of another package brings is among them.

    :param wheels: by project, those whose own extras can be looked up.
    :param versions: by project, everything that there is.
    :param markers: the environment markers that hold on the target.
    :raises AuditError: when a requirement cannot be read.
    :raises SourceError: when something it needs is not there, or only in a version it does not want.
    """
    found: set[str] = set()
    todo: list[tuple[PublishedWheel, frozenset[str]]] = [(wheel, _NO_EXTRA)]
    seen = set()
    while todo:
        asked, extras = todo.pop()
        if (asked.project, extras) in seen:
            continue
        seen.add((asked.project, extras))
        for requirement in _active(asked, extras, markers):
            project = canonicalize_name(requirement.name)
            _check(asked, requirement, versions.get(project))
            found.add(project)
            if requirement.extras and project in wheels:
                todo.append((wheels[project], frozenset(requirement.extras)))
    return tuple(sorted(found - {wheel.project}))


def _active(wheel: PublishedWheel, extras: Collection[str], markers: Mapping[str, str]) -> Iterator[Requirement]:
    """The requirements that hold with the extras; of those that hold anyway only when none is asked for."""
    for text in wheel.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise AuditError(f"a requirement cannot be read: {text!r}", where=wheel.file_name) from error
        anyway = _holds(requirement, "", markers)
        if anyway if extras == _NO_EXTRA else not anyway and any(_holds(requirement, e, markers) for e in extras):
            yield requirement


def _holds(requirement: Requirement, extra: str, markers: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**markers, "extra": extra})


def _check(wheel: PublishedWheel, requirement: Requirement, version: str | None) -> None:
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return
    there = "which is neither in the directory nor in the runtime" if version is None else f"and there is {version}"
    raise SourceError(
        f"it needs {requirement.name}{requirement.specifier}, {there}",
        where=wheel.file_name,
        hint="put a wheel of it into the directory; --no-pyodide-lock makes the index alone",
    )
