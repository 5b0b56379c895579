"""Pyodide's lock file: the wheels of a directory, their dependencies, and the packages of the runtime."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crosswheel.downloads.pyodide import LOCK_FILE, find_runtime, parts_by_module
from crosswheel.errors import AuditError, EnvironmentMissingError, SourceError
from crosswheel.targets.pyodide import WASM32, PyodideTarget

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from crosswheel.host import Host
    from crosswheel.package_index.published_wheel import PublishedWheel
    from crosswheel.targets.pyodide import PyodideAbi

_PACKAGES = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
"""Default location of a runtime's own packages."""


@dataclass(frozen=True, slots=True)
class RuntimeLock:
    """The contents of a runtime's own lock file.

    :param version: version of the runtime.
    :param packages: entries by normalized name.
    :param problem: why the lock file is not available; empty if it is.
    """

    version: str
    info: Mapping[str, Any]
    packages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problem: str = ""


def read_runtime_lock(host: Host, abi: PyodideAbi) -> RuntimeLock:
    """Return the lock file of the runtime that implements an ABI, downloaded once.

    :returns: one without packages if the runtime cannot be downloaded.
    :raises EnvironmentMissingError: if the runtime in the cache is damaged.
    """
    try:
        runtime = find_runtime(host, abi)
    except SourceError as error:
        info = {
            "abi_version": abi.name,
            "arch": WASM32.name,
            "platform": f"emscripten_{abi.emscripten.replace('.', '_')}",
            "python": abi.python.feature,
            "version": abi.runtime,  # runtimes up to 0.27 read it; later ones ignore it
        }
        return RuntimeLock(abi.runtime, info, problem=error.what)
    document = json.loads((runtime.directory / LOCK_FILE).read_text("utf-8"))
    return RuntimeLock(runtime.version, document["info"], document["packages"])


def lock_text(
    wheels: Mapping[str, PublishedWheel], abi: PyodideAbi, runtime: RuntimeLock, files: Collection[str],
    required: Mapping[str, Collection[str]],
) -> str:  # fmt: skip
    """Return the text of the lock file.

    :param wheels: wheels by project; they replace the runtime's packages of the same names.
    :param files: names of the files in the directory; the runtime's other files are loaded from its default location.
    :param required: the modules that each wheel imports, by project: a wheel depends on the parts of the standard
        library that it imports and the runtime keeps apart.
    :raises AuditError: if a requirement of a wheel is invalid.
    :raises SourceError: if a dependency of a wheel is missing.
    :raises EnvironmentMissingError: if pyodide-lock is not installed, or has an incompatible format.
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
    stdlib_parts = parts_by_module(packages)
    for project, wheel in wheels.items():
        parts = {stdlib_parts[name] for name in required[project] if name in stdlib_parts and name not in wheel.imports}
        needed = {*wheel_dependencies(wheel, wheels, versions, markers), *parts}
        packages[project] = _entry(wheel, sorted(needed))
    document = {"info": dict(runtime.info), "packages": packages}
    return json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"


def _entry(wheel: PublishedWheel, needed: Sequence[str]) -> dict[str, Any]:
    """Return a wheel's entry, created by the library that owns the format.

    The runtime's own entries are not parsed by it, since they may have fields that it does not support yet.
    """
    try:
        from pyodide_lock import PackageSpec  # imports pydantic, which is slow
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
            f"pyodide-lock {version('pyodide-lock')} has an incompatible format: {error}",
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
    """Return the sorted normalized names of a wheel's dependencies, including those of extras it requires.

    :param wheels: wheels by project, whose extras can be resolved.
    :param versions: available versions by project.
    :param markers: environment markers of the target.
    :raises AuditError: if a requirement is invalid.
    :raises SourceError: if a dependency is missing, or its version does not match.
    """
    found: set[str] = set()
    queue: list[tuple[PublishedWheel, frozenset[str]]] = [(wheel, _NO_EXTRA)]
    seen = set()
    while queue:
        current, extras = queue.pop()
        if (current.project, extras) in seen:
            continue
        seen.add((current.project, extras))
        for requirement in _active(current, extras, markers):
            project = canonicalize_name(requirement.name)
            _check(current, requirement, versions.get(project))
            found.add(project)
            if requirement.extras and project in wheels:
                queue.append((wheels[project], frozenset(requirement.extras)))
    return tuple(sorted(found - {wheel.project}))


def _active(wheel: PublishedWheel, extras: Collection[str], markers: Mapping[str, str]) -> Iterator[Requirement]:
    """Yield the requirements that apply with the extras; unconditional ones only without extras."""
    for text in wheel.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise AuditError(f"invalid requirement: {text!r}", where=wheel.file_name) from error
        unconditional = _holds(requirement, "", markers)
        if (
            unconditional
            if extras == _NO_EXTRA
            else not unconditional and any(_holds(requirement, e, markers) for e in extras)
        ):
            yield requirement


def _holds(requirement: Requirement, extra: str, markers: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**markers, "extra": extra})


def _check(wheel: PublishedWheel, requirement: Requirement, version: str | None) -> None:
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return
    problem = (
        "which is neither in the directory nor in the runtime" if version is None else f"but {version} is available"
    )
    raise SourceError(
        f"requires {requirement.name}{requirement.specifier}, {problem}",
        where=wheel.file_name,
        hint="add a wheel of it to the directory; --no-pyodide-lock creates only the index",
    )
