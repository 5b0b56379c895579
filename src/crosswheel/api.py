"""The Python API, which the command line only wraps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.building.matrix import Matrix
from crosswheel.building.options_model import BuildOptions, WheelResult
from crosswheel.building.recipe_set import read_recipe_set
from crosswheel.errors import AuditError, UsageError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import architecture, native_alias, running_python
from crosswheel.pythons.discovery import has_build_python, supported_versions
from crosswheel.sources.constraints import read_constraints
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import SourceRequest
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, all_targets, find_target
from crosswheel.targets.selection import Selection
from crosswheel.toolchains.select import find_toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from crosswheel.cross_requirements import Overlay
    from crosswheel.package_index import IndexResult
    from crosswheel.targets import Target
    from crosswheel.testing import TestResult
    from crosswheel.toolchains.model import Toolchain
    from crosswheel.wheels.audit import AuditReport


def build(
    sources: Sequence[str],
    *,
    targets: Sequence[str] = ("native",),
    pythons: Sequence[str] = (),
    selection: Selection | None = None,
    options: BuildOptions | None = None,
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None,
    host: Host | None = None,
) -> tuple[WheelResult, ...]:
    """Build wheels of every source for every target and every Python, in parallel.

    :param sources: requirements, sdists, directories or VCS URLs, as ``pip wheel`` takes them.
    :param targets: platform tags or aliases, see ``crosswheel targets``; none for all that the toolchain reaches.
    :param pythons: versions such as ``3.13`` or ``3.13t``; if none is given the one crosswheel runs on, or any where
        the selection chooses.
    :param selection: which of their combinations are built, by identifiers; all if not given.
    :param options_for: options for single combinations, where they differ from ``options``.
    :returns: one result per combination, in the order of the arguments. A build that fails is a result with
        an error, not an exception.
    :raises UsageError: when a target, a Python or an option does not exist, or nothing is selected.
    :raises SourceError: when constraints cannot be had from where they are.
    """
    host = host or Host.detect()
    options = options or BuildOptions()
    toolchain = find_toolchain(host, options.toolchain, options.toolchain_prefix, options.sdk)
    index_settings = IndexSettings.load(host.environ, options.index)
    matrix = Matrix(
        host=host,
        toolchain=toolchain,
        requests=[SourceRequest.parse(text) for text in sources],
        combinations=combinations(targets, pythons, toolchain, selection, partial(has_build_python, host)),
        index=index_settings,
        options=options,
        store=Store.open(host, options.store),
        cookbook=read_recipe_set(host.environ, options.recipes),
        options_for=options_for,
        constraints=read_constraints(host, options.constraints, index_settings),
    )
    with temporary_directory() as work:
        return matrix.build(work)


def select(
    targets: Sequence[str] = (),
    pythons: Sequence[str] = (),
    *,
    selection: Selection | None = None,
    toolchain: str = "zig",
    toolchain_prefix: Path | None = None,
    host: Host | None = None,
) -> tuple[tuple[Target, PythonVersion], ...]:
    """What :func:`build` would build for.

    :raises UsageError: as it does.
    """
    host = host or Host.detect()
    found = find_toolchain(host, toolchain, toolchain_prefix)
    return combinations(targets, pythons, found, selection, partial(has_build_python, host))


def combinations(
    targets: Sequence[str],
    pythons: Sequence[str],
    toolchain: Toolchain,
    selection: Selection | None = None,
    here: Callable[[PythonVersion], bool] = lambda _: True,
) -> tuple[tuple[Target, PythonVersion], ...]:
    """Every target with every Python that there is for it, as far as they are selected.

    :param targets: none for all that the toolchain reaches.
    :param pythons: none for the one crosswheel runs on, or a target's own where it has not that one; for any Python
        where the selection chooses.
    :param here: whether there is a Python to build with: of a target's own the newest of these is taken.
    :raises UsageError: when a target or a Python does not exist, a target has none of the Pythons, or nothing is
        selected.
    """
    selection = selection or Selection()
    versions = [PythonVersion.parse(text) for text in pythons]
    if selection.names_builds and not versions:
        versions = list(supported_versions())
    found: dict[tuple[Target, PythonVersion], None] = {}
    for spec in targets:
        found |= dict.fromkeys(_for_target(spec, versions, toolchain) if versions else [_usual(spec, toolchain, here)])
    for target in () if targets else all_targets(toolchain):
        found |= dict.fromkeys((target, version) for version in versions or (_usual_python(target),)
                               if target.supports_python(version))  # fmt: skip
    return selection.select_from(tuple(found), machine=architecture())


def _for_target(
    spec: str, pythons: Sequence[PythonVersion], toolchain: Toolchain
) -> list[tuple[Target, PythonVersion]]:
    pairs, refusals = [], []
    for version in pythons:
        try:
            target = find_target(spec, toolchain, native=native_alias(), python=version)
        except UsageError as error:
            refusals.append(error)
            continue
        if target.supports_python(version):
            pairs.append((target, version))
        else:
            refusals.append(UsageError(f"{target} is not for Python {version}", hint=f"it is for {target.pythons[-1]}"))
    if not pairs:
        raise refusals[0]
    return pairs


def _usual(spec: str, toolchain: Toolchain, here: Callable[[PythonVersion], bool]) -> tuple[Target, PythonVersion]:
    """What is meant where no Python is named: it decides where an alias has one target for each."""
    newest = find_target(spec, toolchain, native=native_alias())
    running = PythonVersion.parse(running_python())
    for version in (running, *filter(here, reversed(supported_versions()))):
        try:
            target = find_target(spec, toolchain, native=native_alias(), python=version)
        except UsageError:  # an alias of others
            continue
        if target.supports_python(version):
            return target, version
    return newest, newest.pythons[-1]


def _usual_python(target: Target) -> PythonVersion:
    """The one crosswheel runs on, or a target's own newest."""
    running = PythonVersion.parse(running_python())
    return running if target.supports_python(running) else target.pythons[-1]


def audit(wheels: Sequence[Path], *, strict: bool = False) -> tuple[AuditReport, ...]:
    """Prove wheels, anybody's, without running them.

    :param strict: count as errors what is only a habit elsewhere, as for the wheels crosswheel builds.
    :raises AuditError: when a file cannot even be read as a wheel.
    """
    from crosswheel.wheels.audit import Expectations, audit_wheel

    return tuple(audit_wheel(wheel, Expectations(strict=strict)) for wheel in wheels)


def test(
    wheels: Sequence[Path],
    *,
    python: str | None = None,
    commands: Sequence[str] = (),
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    project: Path | None = None,
    timeout: float | None = None,
    index: Mapping[str, Any] | None = None,
    host: Host | None = None,
) -> tuple[TestResult, ...]:
    """Install wheels on their targets and run them there, natively or emulated.

    :param python: for wheels that run on several: the version to use; the one crosswheel runs on where possible.
    :param commands: shell commands to run after the imports; ``{wheel}`` and ``{package}`` stand for the wheel and
        the directory ``project``.
    :param requires: what the commands need installed; so do ``extras`` of the wheels, and ``groups`` of dependencies in
        the ``pyproject.toml`` of the project (PEP 735).
    :param timeout: seconds for each step.
    :param index: index settings that override those of pip's configuration, by pip's option names.
    :returns: one result per wheel; a wheel that fails is a result, not an exception.
    :raises UsageError: when a wheel is for a system or a Python that is not known.
    """
    from crosswheel.testing import TestPlan, test_wheel
    from crosswheel.testing.choose_python import python_for_wheel, target_of_wheel
    from crosswheel.wheels.archive import WheelName

    host = host or Host.detect()
    settings = IndexSettings.load(host.environ, index or {})
    native = find_target("native", find_toolchain(host, "zig"), native=native_alias())
    results = []
    for wheel in wheels:
        name = WheelName.parse(wheel.name)
        target = target_of_wheel(name, native)
        preferred = PythonVersion.parse(running_python())
        version = PythonVersion.parse(python) if python else python_for_wheel(host, name, target, preferred)
        plan = TestPlan(
            commands=tuple(commands),
            requires=tuple(requires),
            extras=tuple(extras),
            groups=tuple(groups),
            find_links=(str(wheel.absolute().parent),),
            install_options=settings.uv_options(),
            install_env=settings.uv_environ(),
            project=str(project.absolute()) if project else "",
            timeout=timeout,
        )
        with host.progress.step(f"testing {wheel.name}"):
            results.append(test_wheel(host, wheel.absolute(), target, version, plan))
    return tuple(results)


test.__test__ = False  # type: ignore[attr-defined]  # not a test case, whatever pytest makes of the name


def cross_env(
    archive: Path,
    target: str,
    *,
    python: str | None = None,
    names: Sequence[str] = (),
    toolchain: str = "zig",
    store: str | None = None,
    host: Host | None = None,
) -> tuple[Overlay, ...]:
    """Write what builds for a target have found out of their build requirements into one archive, for other machines.

    :param python: the version that was built for; the one crosswheel runs on if not given.
    :param names: of the packages to take, all if there are none.
    :param toolchain: what was built with, which decides what an alias of a target means.
    :param store: the URL of a shared store behind that of this machine.
    :returns: what is in the archive.
    :raises UsageError: when there is nothing to export.
    :raises StorageError: when the disk refuses.
    """
    from crosswheel.cross_requirements import export_cross_env

    host = host or Host.detect()
    ((found, version),) = select([target], [python] if python else [], toolchain=toolchain, host=host)
    wanted = [canonicalize_name(name) for name in names]
    return export_cross_env(Store.open(host, store), found, version, archive, wanted)


def merge(first: Path, second: Path, destination: Path) -> Path:
    """One wheel for both architectures of macOS, of a wheel for each.

    :returns: the wheel in ``destination``.
    :raises UsageError: when they are not one project's wheels for the two architectures.
    :raises AuditError: when they differ in anything but what is compiled, or the result is wrong.
    """
    from crosswheel.host.files import move_into_place
    from crosswheel.wheels.audit import audit_wheel
    from crosswheel.wheels.merge import merge_wheels as merged

    with temporary_directory() as work:
        made = merged(first, second, work)
        if errors := audit_wheel(made).errors:
            raise AuditError(f"{made.name} is wrong: {errors[0].what}", where=errors[0].member, hint=errors[0].hint)
        destination.mkdir(parents=True, exist_ok=True)
        return move_into_place(made, destination.absolute() / made.name)


def draft_recipe(
    name: str,
    directory: Path,
    *,
    target: str = "linux-riscv64",
    python: str | None = None,
    index: Mapping[str, Any] | None = None,
    host: Host | None = None,
) -> tuple[Path, WheelResult]:
    """Draft the recipe of a package from its metadata and a trial build.

    :param directory: of recipes; the file is ``packages/NAME.toml`` in it.
    :returns: the file, and what became of the trial build.
    :raises UsageError: when there is such a file already.
    :raises SourceError: when the package cannot be had.
    """
    from crosswheel.recipe_tools import draft_recipe

    host = host or Host.detect()
    with temporary_directory() as work:
        options = BuildOptions(output_directory=work, index=index or {}, recipes=None, auto=True)
        pythons = [python] if python else []

        def trial(text: str) -> WheelResult:
            (result,) = build([text], targets=[target], pythons=pythons, options=options, host=host)
            return result

        return draft_recipe(host, name, IndexSettings.load(host.environ, index or {}), directory, trial)


def index(directory: Path, *, pyodide_lock: bool | None = None, host: Host | None = None) -> IndexResult:
    """Make a directory of wheels a package index, and for wheels of a Pyodide ABI a lock file of Pyodide too.

    The pages are written into ``simple`` in the directory, the metadata and the lock file beside the wheels; they
    depend on the wheels and on the runtime's own lock file only.

    :param pyodide_lock: False for no lock file, True to insist on one; None makes one where there are wheels for it.
    :raises UsageError: when there are no wheels, none that a lock file is wanted for, or those of several ABIs.
    :raises AuditError: when a file cannot be read as a wheel.
    :raises SourceError: when a wheel in the lock file needs what is neither in the directory nor in the runtime.
    :raises EnvironmentMissingError: when the library that knows the format of lock files is missing.
    :raises StorageError: when the disk refuses.
    """
    from crosswheel.package_index import make_index

    return make_index(host or Host.detect(), directory, pyodide_lock=pyodide_lock)
