"""The Python API; the command line is a wrapper around it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.building.combinations import find_combinations
from crosswheel.building.matrix import Matrix
from crosswheel.building.options import BuildOptions
from crosswheel.building.recipe_set import read_recipe_set
from crosswheel.building.results import WheelResult
from crosswheel.errors import AuditError, CrosswheelError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.host.machine import native_alias
from crosswheel.pythons.discovery import has_build_python
from crosswheel.runners.select import can_test
from crosswheel.sealing import find_support
from crosswheel.sources.constraints import read_constraints
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import SourceRequest
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, find_target
from crosswheel.targets.selection import Selection
from crosswheel.toolchains.select import find_toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from crosswheel.cross_requirements import Overlay
    from crosswheel.package_index import IndexResult
    from crosswheel.targets import Target
    from crosswheel.testing import TestPlan, TestResult
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
    :param targets: platform tags or aliases, see ``crosswheel targets``; empty for every target that the toolchain
        supports.
    :param pythons: versions such as ``3.13`` or ``3.13t``; empty for the default, which this machine can test for the
        target if there is one, or for all if the selection names builds.
    :param selection: which combinations of a target and a Python are built, by their identifiers; all by default.
    :param options: the options of all builds, unless ``options_for`` is given.
    :param options_for: returns the options for one combination.
    :returns: one result per source and combination, in the order of the arguments. A build that fails is a result with
        an error, not an exception.
    :raises UsageError: if a target, a Python or an option does not exist, or nothing is selected.
    :raises SourceError: if a constraints file cannot be read.
    """
    host = host or Host.detect()
    options = options or BuildOptions()
    toolchain = find_toolchain(host, options.toolchain, options.toolchain_prefix, options.sdk)
    index_settings = IndexSettings.load(host.environ, options.index)
    seal_support = find_support(host)
    if not (seal_support.available or options.unsealed):
        host.progress.note(f"builds are not sealed: {seal_support.reason}")
    matrix = Matrix(
        host=host,
        toolchain=toolchain,
        requests=[SourceRequest.parse(text) for text in sources],
        combinations=find_combinations(
            targets, pythons, toolchain, selection, partial(has_build_python, host), partial(can_test, host)
        ),
        index=index_settings,
        options=options,
        store=Store.open(host, options.store),
        recipes=read_recipe_set(host.environ, options.recipes),
        options_for=options_for,
        constraints=read_constraints(host, options.constraints, index_settings),
        seal_support=seal_support,
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
    """Return the combinations of a target and a Python that :func:`build` would build for.

    The parameters are those of :func:`build`.

    :raises UsageError: if a target or a Python does not exist, or nothing is selected.
    """
    host = host or Host.detect()
    return find_combinations(
        targets,
        pythons,
        find_toolchain(host, toolchain, toolchain_prefix),
        selection,
        partial(has_build_python, host),
        partial(can_test, host),
    )


def audit(wheels: Sequence[Path], *, strict: bool = False) -> tuple[AuditReport, ...]:
    """Check wheels, built by any tool, against their platform tags and metadata, without running them.

    :param strict: whether violations of conventions are errors, as for the wheels that crosswheel builds.
    :returns: one report per file; that of a file that cannot be read as a wheel has one error.
    """
    return tuple(_audit_one(wheel, strict=strict) for wheel in wheels)


def _audit_one(wheel: Path, *, strict: bool) -> AuditReport:
    from crosswheel.wheels.audit import AuditFinding, AuditReport, Expectations, Severity, audit_wheel

    try:
        return audit_wheel(wheel, Expectations(strict=strict))
    except CrosswheelError as error:
        return AuditReport(wheel, (AuditFinding("archive", Severity.ERROR, error.what, hint=error.hint),))


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
    network: bool = True,
    unsealed: bool = False,
    index: Mapping[str, Any] | None = None,
    host: Host | None = None,
) -> tuple[TestResult, ...]:
    """Install wheels into environments of their targets and test them there, natively or under an emulator.

    :param python: the version to use, for wheels that support several; by default the newest that this machine can run
        for the wheel's target.
    :param commands: shell commands to run after the imports; ``{wheel}`` and ``{package}`` are replaced by the path of
        the wheel and of the directory ``project``.
    :param requires: requirements to install for the commands.
    :param extras: extras of the wheels to install.
    :param groups: dependency groups to install, from the ``pyproject.toml`` in ``project`` (PEP 735).
    :param project: the directory of the project's sources.
    :param timeout: seconds for each step, None for no limit.
    :param network: whether tested programs may use the network; it can only be taken away from sealed programs.
    :param unsealed: whether tested programs run unsealed, even if they could be sealed.
    :param index: index settings that override those of pip's configuration, by pip's option names.
    :returns: one result per wheel; a wheel that fails is a result, not an exception.
    :raises UsageError: if a wheel is for an unknown system, or not for the Python.
    :raises EnvironmentMissingError: if the network is to be taken away from programs that are not sealed.
    """
    from crosswheel.building.seal import plan_test_seal
    from crosswheel.testing import TestPlan, test_wheel
    from crosswheel.testing.choose_python import python_for_wheel, target_of_wheel
    from crosswheel.wheels.archive import WheelName

    host = host or Host.detect()
    settings = IndexSettings.load(host.environ, index or {})
    native = find_target("native", find_toolchain(host, "zig"), native=native_alias())
    support = find_support(host)
    if not (support.available or unsealed):
        host.progress.note(f"tests are not sealed: {support.reason}")
    results = []
    for wheel in wheels:
        name = WheelName.parse(wheel.name)
        target = target_of_wheel(name, native)
        version = python_for_wheel(host, name, target, PythonVersion.parse(python) if python else None)
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
        with temporary_directory() as work, host.progress.step(f"testing {wheel.name}"):
            seal = plan_test_seal(support, plan, unsealed=unsealed, network=network)
            run_test = partial(test_wheel, host, wheel.absolute(), target, version, seal=seal)
            result = run_test(plan)
            if result.stdlib_parts:
                result = _test_with_stdlib_parts(host, run_test, (target, version), plan, result, work)
            results.append(result)
    return tuple(results)


def _test_with_stdlib_parts(
    host: Host,
    run_test: Callable[[TestPlan], TestResult],
    on: tuple[Target, PythonVersion],
    plan: TestPlan,
    result: TestResult,
    work: Path,
) -> TestResult:
    """Test a wheel again with the parts of the standard library that it lacked, until it lacks no more of them.

    :param run_test: tests the wheel.
    :param on: the target and the Python.
    :param result: the result without them.
    :param work: a directory for the parts.
    """
    from crosswheel.building.stdlib_parts import write_part_project

    built: dict[str, str] = {}
    while new := [name for name in result.stdlib_parts if name not in built]:
        for name in new:
            try:
                part = write_part_project(host, name, on[1], work / name)
                options = BuildOptions(output_directory=work / "wheels", libraries=part.libraries)
                (wheel_result,) = build(
                    [f"{work / name}/"], targets=[on[0].tag], pythons=[str(on[1])], options=options, host=host
                )
                if wheel_result.error:
                    raise wheel_result.error
            except CrosswheelError as error:
                return replace(result, reason=f"{result.reason}; {error.what}", unavailable=True, hint=error.hint)
            built[name] = str(wheel_result.wheel)
        result = run_test(replace(plan, requires=(*plan.requires, *built.values())))
    return result


test.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it as a test


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
    """Export a cross build environment: the target's files of build requirements, as resolved by earlier builds.

    :param archive: the file to write.
    :param python: the Python that was built for; by default the one crosswheel runs on.
    :param names: names of the packages to export; empty for all.
    :param toolchain: the toolchain that was built with; it decides which target an alias resolves to.
    :param store: the URL of a shared store, used in addition to the local one.
    :returns: the exported overlays.
    :raises UsageError: if there is nothing to export.
    :raises StorageError: if the archive cannot be written.
    """
    from crosswheel.cross_requirements import export_cross_env

    host = host or Host.detect()
    ((resolved, version),) = select([target], [python] if python else [], toolchain=toolchain, host=host)
    packages = [canonicalize_name(name) for name in names]
    return export_cross_env(Store.open(host, store), resolved, version, archive, packages)


def merge(first: Path, second: Path, destination: Path) -> Path:
    """Merge wheels for the two architectures of macOS into a universal2 wheel.

    :param destination: the directory to write it to.
    :returns: the wheel in ``destination``.
    :raises UsageError: if they are not wheels of one project for the two architectures.
    :raises AuditError: if they differ in files that are not binaries, or the merged wheel fails the audit.
    """
    from crosswheel.host.files import move_into_place
    from crosswheel.wheels.audit import audit_wheel
    from crosswheel.wheels.merge import merge_wheels

    with temporary_directory() as work:
        wheel = merge_wheels(first, second, work)
        if errors := audit_wheel(wheel).errors:
            error = errors[0]
            raise AuditError(f"{wheel.name} failed the audit: {error.what}", where=error.member, hint=error.hint)
        destination.mkdir(parents=True, exist_ok=True)
        return move_into_place(wheel, destination.absolute() / wheel.name)


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

    :param directory: a directory of recipes; the recipe is written to ``packages/NAME.toml`` in it.
    :param target: the target of the trial build.
    :param index: index settings that override those of pip's configuration, by pip's option names.
    :returns: the file, and the result of the trial build.
    :raises UsageError: if the file already exists.
    :raises SourceError: if the package cannot be found.
    """
    from crosswheel.recipe_tools import draft_recipe

    host = host or Host.detect()
    with temporary_directory() as work:
        options = BuildOptions(output_directory=work, index=index or {}, recipes=None)
        pythons = [python] if python else []

        def trial(text: str) -> WheelResult:
            (result,) = build([text], targets=[target], pythons=pythons, options=options, host=host)
            return result

        return draft_recipe(host, name, IndexSettings.load(host.environ, index or {}), directory, trial)


def index(directory: Path, *, pyodide_lock: bool | None = None, host: Host | None = None) -> IndexResult:
    """Generate a package index for a directory of wheels, and a Pyodide lock file if there are Pyodide wheels.

    The pages are written to ``simple`` in the directory, metadata files and the lock file next to the wheels. They
    depend only on the wheels and on the lock file of the Pyodide distribution.

    :param directory: the directory of wheels.
    :param pyodide_lock: whether to write a lock file; None to write one if there are Pyodide wheels.
    :raises UsageError: if there are no wheels, none for a requested lock file, or Pyodide wheels of several ABIs.
    :raises AuditError: if a file cannot be read as a wheel.
    :raises SourceError: if a dependency of a wheel in the lock file is neither in the directory nor in the Pyodide
        distribution.
    :raises EnvironmentMissingError: if the library for the lock file format is not installed.
    :raises StorageError: if a file cannot be written.
    """
    from crosswheel.package_index import make_index

    return make_index(host or Host.detect(), directory, pyodide_lock=pyodide_lock)
