"""``crosswheel build``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from crosswheel.building.requests import build_requests
from crosswheel.cli.options import common_options, index_options, parse_pairs, pop_index_options
from crosswheel.cli.render import print_results
from crosswheel.cli.selection_options import parse_variables, selection_options, settings_from_options
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus

if TYPE_CHECKING:
    from crosswheel.building.results import WheelResult

_HOW_TO_TEST = ("test_command", "test_requires", "test_extras", "test_groups")


@click.command()
@click.argument("sources", nargs=-1)
@selection_options
@click.option(
    "-o", "--output-dir", "--wheel-dir", type=click.Path(file_okay=False), help="Where wheels go. [default: dist]"
)
@click.option("--toolchain", help="The compilers: zig, gcc or emcc. [default: zig]")
@click.option("--toolchain-prefix", type=click.Path(exists=True), help="Where a cross gcc or clang lies, or an emsdk.")
@click.option("--sdk", type=click.Path(exists=True), help="Apple's SDK, for frameworks of macOS. [default: SDKROOT]")
@click.option(
    "--target-python", type=click.Path(exists=True), help="An unpacked Python of the target, instead of a probed one."
)
@click.option("-C", "--config-setting", "config_settings", multiple=True, metavar="KEY=VALUE", help="For the backend.")
@click.option("--env", "environment", multiple=True, metavar="NAME=VALUE", help="Variable for the backend.")
@click.option(
    "--before-build", multiple=True, metavar="COMMAND", help="Command to run in the sources before each build."
)
@click.option("-c", "--constraint", "constraints", multiple=True, metavar="FILE", help="Limits on what is built.")
@click.option(
    "-b", "--build-constraint", "build_constraints", multiple=True, metavar="FILE", help="Limits on what it needs."
)
@click.option(
    "--isolation/--no-isolation",
    " /--no-build-isolation",
    default=None,
    help="Give build requirements an environment of their own. [default: yes]",
)
@click.option(
    "--library",
    "libraries",
    multiple=True,
    metavar="NAME",
    help="Native library that crosswheel builds for the target.",
)
@click.option(
    "--shared-library",
    "shared_libraries",
    multiple=True,
    metavar="NAME",
    help="The same, as a shared library that goes with the wheel.",
)
@click.option("--auto/--no-auto", default=None, help="Take native libraries that are found missing. [default: no]")
@click.option(
    "--dependency-builds/--no-dependency-builds",
    default=None,
    help="Build other packages on the way: those with headers to compile with, those a test needs. [default: yes]",
)
@click.option(
    "--cross-env",
    multiple=True,
    metavar="FILE",
    help="Archive of `crosswheel cross-env`: what is in it is neither fetched nor built.",
)
@click.option("--test/--no-test", default=None, help="Run the wheel on its target. [default: no]")
@click.option("--test-command", multiple=True, help="Command that tests the wheel; implies --test.")
@click.option("--test-requires", multiple=True, metavar="REQUIREMENT", help="What the commands need; implies --test.")
@click.option("--test-extras", multiple=True, metavar="EXTRA", help="Extra of the wheel to test with; implies --test.")
@click.option("--test-groups", multiple=True, metavar="GROUP", help="Dependency group to test with; implies --test.")
@click.option("--test-timeout", type=float, metavar="SECONDS", help="Limit of each step of a test.")
@click.option(
    "--allow-missing",
    "allow_missing_extensions",
    multiple=True,
    metavar="MODULE",
    help="Extension module that may be missing; * for any.",
)
@click.option(
    "--export-symbol",
    "export_symbols",
    multiple=True,
    metavar="NAME",
    help="What modules for WebAssembly export beside PyInit; * for all.",
)
@click.option(
    "--allow-undefined",
    multiple=True,
    metavar="PATTERN",
    help="Functions that modules for WebAssembly may lack; calling one ends the interpreter.",
)
@click.option(
    "--fix-fortran-prototypes/--no-fix-fortran-prototypes",
    default=None,
    help="Make void functions of C that are Fortran subroutines int functions. [default: no]",
)
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    type=click.Path(exists=True),
    metavar="PATH",
    help="Recipe, Pyodide's meta.yaml, or directory of recipes.",
)
@click.option("--no-recipes", is_flag=True, help="Follow no recipe, not even those that come with crosswheel.")
@click.option("--store", metavar="URL", help="Shared store of what was built: a directory, or any URL of fsspec.")
@click.option("--rebuild", "--no-cache", is_flag=True, help="Build even what was built before from the same things.")
@click.option("--keep", is_flag=True, help="Keep the build directories.")
@index_options
@common_options
@click.pass_context
def build(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    *,
    keep: bool,
    rebuild: bool,
    no_recipes: bool,
    verbosity: int,
    offline: bool,
    jobs: int | None,
    **given: Any,
) -> None:
    """Build wheels of SOURCES for other platforms.

    SOURCES are requirements, sdists, directories or git+ URLs; if there are none, what --recipe is for, or the current
    directory. What was built before from the same things is taken from the store. What a directory's pyproject.toml
    says in [tool.crosswheel], and else in [tool.cibuildwheel], holds unless an option says otherwise.
    """
    session = context.ensure_object(Session)
    given["config_settings"] = parse_pairs(given["config_settings"], "--config-setting") or None
    given["environment"] = parse_variables(given["environment"]) or None
    given["index"] = pop_index_options(given) or None
    if given["test"] is None and any(given[name] for name in _HOW_TO_TEST):
        given["test"] = True
    more = {"keep": keep, "rebuild": rebuild, **({"recipes": None} if no_recipes else {})}
    asked = build_requests(sources, settings_from_options(given), **more)
    started = time.monotonic()
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    results: list[WheelResult] = []
    for note in dict.fromkeys(note for order in asked for note in order.notes):
        host.progress.note(note)
    for order in asked:
        results += session.services.build(
            order.sources,
            targets=order.targets,
            pythons=order.pythons,
            selection=order.selection,
            options=order.options,
            options_for=order.options_for,
            host=host,
        )
    status = next((result.error.status for result in results if result.error is not None), ExitStatus.OK)
    if session.json:
        session.document(
            status, seconds=round(time.monotonic() - started, 1), results=[result.as_json() for result in results]
        )
    else:
        print_results(results)
    context.exit(int(status))
