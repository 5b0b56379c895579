"""``crosswheel build``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from crosswheel.cli.options import common, make_host
from crosswheel.cli.output import print_json, print_results
from crosswheel.errors import UsageError
from crosswheel.settings import orders
from crosswheel.settings.read import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

_LISTS = {
    "targets": ("-t", "--target", "Platform tag or alias; several make a matrix."),
    "pythons": ("-p", "--python", "Python version, 3.13 or 3.13t; several make a matrix."),
    "constraints": ("-c", "--constraint", "File of constraints on what is built."),
    "build_constraints": ("-b", "--build-constraint", "File of constraints on build requirements."),
    "test_command": (None, "--test-command", "Command that tests the wheel; implies --test."),
    "test_requires": (None, "--test-requires", "Requirement of the test commands."),
    "allow_missing_extensions": (None, "--allow-missing", "Extension module that may be missing, * for any."),
}
_INDEX_LISTS = {
    "extra_index_url": (None, "--extra-index-url", "Further index."),
    "find_links": ("-f", "--find-links", "Directory or page with archives."),
    "trusted_host": (None, "--trusted-host", "Host whose certificate is not checked."),
}


def _several(table: dict[str, Any]) -> Any:
    def decorate(function: Any) -> Any:
        for name, (short, long, text) in reversed(table.items()):
            function = click.option(*filter(None, (short, long)), name, multiple=True, help=text)(function)
        return function

    return decorate


@click.command()
@click.argument("sources", nargs=-1)
@_several(_LISTS)
@click.option(
    "-o", "--output-dir", "-w", "--wheel-dir", type=click.Path(file_okay=False), help="Where wheels go (dist)."
)
@click.option("--toolchain", help="zig (the default) or gcc.")
@click.option("--toolchain-prefix", type=click.Path(), help="Where a cross gcc or clang lies.")
@click.option("--target-python", type=click.Path(exists=True), help="An unpacked Python of the target.")
@click.option("-C", "--config-setting", "config_settings", multiple=True, metavar="KEY=VALUE", help="For the backend.")
@click.option("--env", "environment", multiple=True, metavar="NAME=VALUE", help="Variable for the backend.")
@click.option("--isolation/--no-isolation", " /--no-build-isolation", default=None, help="Separate build environment.")
@click.option("-i", "--index-url", help="Package index instead of pip's.")
@_several(_INDEX_LISTS)
@click.option("--no-index", is_flag=True, default=None, help="Use --find-links only.")
@click.option("--pre", is_flag=True, default=None, help="Take pre-releases too.")
@click.option("--cert", type=click.Path(), help="Certificates to trust.")
@click.option("--test", is_flag=True, default=None, help="Run the wheel on its target.")
@click.option("--test-timeout", type=float, help="Seconds for each step of the test.")
@click.option("--keep", is_flag=True, help="Keep the build directory.")
@common
def build(
    sources: tuple[str, ...], *, config_settings: tuple[str, ...], environment: tuple[str, ...], keep: bool,
    offline: bool, verbosity: int, as_json: bool, jobs: int | None, **given: Any,
) -> None:  # fmt: skip
    """Build wheels for other platforms from SOURCES: requirements, sdists, directories or git URLs."""
    import crosswheel

    host = make_host(offline=offline, verbosity=verbosity, jobs=jobs)
    index_names = (*_INDEX_LISTS, "index_url", "no_index", "pre", "cert")
    index = {key: value for key in index_names if (value := given.pop(key)) not in {None, ()}}
    chosen = {key: value for key, value in given.items() if value not in {None, ()}}
    if chosen.get("test_command"):
        chosen["test"] = True
    table = chosen | ({"index": index} if index else {})
    table |= {"config_settings": _pairs(config_settings, merge=True)} if config_settings else {}
    table |= {"environment": _pairs(environment)} if environment else {}
    results = []
    for order in orders(sources or (".",), parse(_keys(table), where="the command line"), keep=keep):
        results += crosswheel.build(
            [_spelled(source) for source in order.sources], targets=order.targets, pythons=order.pythons,
            options=order.options, options_for=order.options_for, host=host,
        )  # fmt: skip
    print_json([result.as_json() for result in results]) if as_json else print_results(results)
    failed = next((result.error for result in results if result.error is not None), None)
    if failed is not None:
        raise click.exceptions.Exit(int(failed.status))


def _keys(table: dict[str, Any]) -> dict[str, Any]:
    """The table with its keys spelled as in a file."""
    return {name.replace("_", "-"): _keys(value) if name == "index" else value for name, value in table.items()}


def _spelled(source: str) -> str:
    """``.`` is a directory to everybody; a bare name is a project of the index."""
    return "./" if source == "." else source


def _pairs(words: Sequence[str], *, merge: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not NAME=VALUE")
        found[name] = [*found.get(name, ()), value] if merge else value
    return found
