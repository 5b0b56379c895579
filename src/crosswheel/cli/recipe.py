"""``crosswheel recipe``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.cli.options import common_options, index_options, json_option, pop_index_options
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import ExitStatus

_FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def recipe() -> None:
    """Manage recipes: how to build packages and native libraries that need more than their own build files."""


@recipe.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List all recipes that builds use by default."""
    session = context.ensure_object(Session)
    recipes = session.services.recipes(session.host())
    if session.json:
        session.document(ExitStatus.OK, recipes=[entry.as_json() for entry in recipes])
        return
    rows = [(entry.kind, entry.name, entry.version, entry.status, str(entry.file)) for entry in recipes]
    print_table(("kind", "name", "version", "status", "file"), rows)


@recipe.command()
@click.argument("name")
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Print the recipes of NAME, a package or a native library."""
    session = context.ensure_object(Session)
    recipes = [entry for entry in session.services.recipes(session.host()) if entry.name == name]
    for entry in recipes:
        echo(f"# {entry.kind} {entry.name}: {entry.file}")
        echo(entry.file.read_text("utf-8"))
    if not recipes:
        echo(f"no recipe for {name}: it is built without one", err=True)
        context.exit(int(ExitStatus.USAGE))


@recipe.command()
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--fetch/--no-fetch", default=True, help="Download sources and apply patches. [default: yes]")
@common_options
@click.pass_context
def check(
    context: click.Context, files: tuple[Path, ...], *, fetch: bool, verbosity: int, offline: bool, jobs: int | None
) -> None:
    """Check recipes: FILES, or all that builds use by default.

    Exits with status 2 if a recipe has errors.
    """
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    findings = session.services.check_recipes(host, files, fetch=fetch)
    status = ExitStatus.USAGE if any(finding.error for finding in findings) else ExitStatus.OK
    if session.json:
        session.document(status, findings=[finding.as_json() for finding in findings])
    else:
        rows = [(str(finding.file), "error" if finding.error else "warning", finding.what) for finding in findings]
        print_table(("file", "result", "what"), rows or [("all", "ok", "")])
    context.exit(int(status))


@recipe.command()
@click.argument("name")
@click.option("-t", "--target", default="linux-riscv64", show_default=True, help="Target of the trial build.")
@click.option("-p", "--python", metavar="VERSION", help="Python version of the trial build.")
@click.option(
    "-o", "--output-dir", "directory", type=click.Path(file_okay=False, path_type=Path), default="recipes",
    show_default=True, help="Directory of recipes to write to.",
)  # fmt: skip
@index_options
@common_options
@click.pass_context
def new(context: click.Context, /, name: str, *, verbosity: int, offline: bool, jobs: int | None, **given: Any) -> None:
    """Draft a recipe for the package NAME from its metadata and a trial build."""
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    index = pop_index_options(given)
    file, result = session.services.draft_recipe(host, name, index=index, **given)
    if session.json:
        session.document(ExitStatus.OK, file=str(file), trial=result.as_json())
        return
    echo(file.read_text("utf-8"), nl=False)
    how = "builds" if result.ok else "does not build"
    echo(f"wrote {file}; {result.source} {how} for {result.target}", err=True)


@recipe.command()
@click.argument("file", type=_FILES)
@click.option("--version", help="New version. [default: the newest in the index]")
@index_options
@common_options
@click.pass_context
def update(
    context: click.Context, /, file: Path, *, version: str | None, verbosity: int, offline: bool, jobs: int | None,
    **given: Any,
) -> None:  # fmt: skip
    """Update the recipe in FILE to another version: its version, URLs and hash."""
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    old, new_version = session.services.update_recipe(host, file, index=pop_index_options(given), version=version)
    if session.json:
        session.document(ExitStatus.OK, file=str(file), old=old, new=new_version)
    else:
        echo(f"{file}: {old} -> {new_version}")
