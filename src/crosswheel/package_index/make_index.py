"""Creating the index of a directory: everything is read and computed before the first file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.downloads.pyodide import LOCK_FILE
from crosswheel.errors import UsageError
from crosswheel.host.files import storage_errors, write_atomic
from crosswheel.package_index.published_wheel import IndexResult, read_published_wheel
from crosswheel.package_index.pyodide_abis import best_wheels, common_abi
from crosswheel.package_index.pyodide_lock import lock_text, read_runtime_lock
from crosswheel.package_index.simple_pages import GENERATOR, simple_pages, wheels_by_project
from crosswheel.package_index.wheel_imports import required_modules

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.package_index.published_wheel import PublishedWheel


def make_index(host: Host, directory: Path, *, pyodide_lock: bool | None = None) -> IndexResult:
    """Create a package index in a directory of wheels; see :func:`crosswheel.api.index`."""
    paths = sorted(directory.glob("*.whl"))
    if not paths:
        raise UsageError("no wheels found", where=directory, hint="crosswheel build --output-dir")
    wheels = tuple(read_published_wheel(path) for path in paths)
    projects = wheels_by_project(wheels)
    locked, text, abi, notes = _lock(host, directory, wheels, wanted=pyodide_lock)
    pages = simple_pages(projects)
    for wheel in wheels:
        write_atomic(directory / f"{wheel.file_name}.metadata", wheel.metadata)
    for page in sorted(pages, reverse=True):  # the list of projects is written after the pages it links to
        write_atomic(directory / "simple" / page, pages[page])
    _remove_old(directory / "simple", projects)
    return IndexResult(
        directory=directory,
        projects={project: tuple(wheel.file_name for wheel in files) for project, files in projects.items()},
        lock=write_atomic(directory / LOCK_FILE, text) if text else None,
        abi=abi,
        locked=locked,
        notes=notes,
    )


def _lock(
    host: Host, directory: Path, wheels: Sequence[PublishedWheel], *, wanted: bool | None
) -> tuple[tuple[str, ...], str, str | None, tuple[str, ...]]:
    """Return the locked wheels, the text of the lock file, its ABI and notes; all empty without wheels for Pyodide."""
    abi = None if wanted is False else common_abi(wheels)
    if abi is None:
        if wanted:
            raise UsageError("no wheels for Pyodide found", where=directory, hint="crosswheel build --target pyodide")
        return (), "", None, ()
    best, notes = best_wheels(wheels, abi)
    runtime = read_runtime_lock(host, abi)
    if runtime.problem:
        notes += (f"the lock file lacks the packages of Pyodide {abi.runtime} itself: {runtime.problem}",)
    required = {project: required_modules(directory / wheel.file_name) for project, wheel in best.items()}
    text = lock_text(best, abi, runtime, {path.name for path in directory.iterdir()}, required)
    return tuple(wheel.file_name for wheel in best.values()), text, abi.name, notes


def _remove_old(simple: Path, projects: Container[str]) -> None:
    """Remove pages of projects that have no wheels anymore, but no files that crosswheel did not write."""
    for page in sorted(simple.glob("*/index.html")):
        if page.parent.name in projects or GENERATOR not in page.read_text("utf-8", "replace"):
            continue
        with storage_errors(page):
            page.unlink()
            page.with_name("index.json").unlink(missing_ok=True)
            if not any(page.parent.iterdir()):
                page.parent.rmdir()
