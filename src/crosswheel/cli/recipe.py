"""``crosswheel recipe``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.cli.options import common_options, index_options, json_option, pop_index_options
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus

_FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def recipe() -> None:
    """Look at recipes: what packages and native libraries need beyond their own build files."""


@recipe.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List the recipes that builds find by themselves."""
    session = context.ensure_object(Session)
    found = session.services.recipes(session.host())
    if session.json:
        session.document(ExitStatus.OK, recipes=[each.as_json() for each in found])
        return
    rows = [(each.kind, each.name, each.version, each.status, str(each.file)) for each in found]
    print_table(("kind", "name", "version", "status", "file"), rows)


@recipe.command()
@click.argument("name")
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Print the recipes of NAME, a package or a library."""
    session = context.ensure_object(Session)
    found = [each for each in session.services.recipes(session.host()) if each.name == name]
    for each in found:
        click.echo(f"# {each.kind} {each.name}: {each.file}")
        click.echo(each.file.read_text("utf-8"))
    if not found:
        click.echo(f"there is no recipe of {name}: it is built from the index alone", err=True)
        context.exit(int(ExitStatus.USAGE))


@recipe.command()
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--fetch/--no-fetch", default=True, help="Fetch sources and try patches. [default: yes]")
@common_options
@click.pass_context
def check(
    context: click.Context, files: tuple[Path, ...], *, fetch: bool, verbosity: int, offline: bool, jobs: int | None
) -> None:
    """Check recipes: FILES, or all that builds find by themselves.

    Ends with status 2 when one is wrong.
    """
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    findings = session.services.check_recipes(host, files, fetch=fetch)
    status = ExitStatus.USAGE if any(found.error for found in findings) else ExitStatus.OK
    if session.json:
        session.document(status, findings=[found.as_json() for found in findings])
    else:
        rows = [(str(found.file), "error" if found.error else "warning", found.what) for found in findings]
        print_table(("file", "result", "what"), rows or [("all", "ok", "")])
    context.exit(int(status))


@recipe.command()
@click.argument("name")
@click.option("-t", "--target", default="linux-riscv64", show_default=True, help="What the trial build is for.")
@click.option("-p", "--python", metavar="VERSION", help="Python of the trial build.")
@click.option(
    "-o", "--output-dir", "directory", type=click.Path(file_okay=False, path_type=Path), default="recipes",
    show_default=True, help="Directory of recipes it is written into.",
)  # fmt: skip
@index_options
@common_options
@click.pass_context
def new(context: click.Context, /, name: str, *, verbosity: int, offline: bool, jobs: int | None, **given: Any) -> None:
    """Draft the recipe of the package NAME from its metadata and a trial build."""
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    index = pop_index_options(given)
    file, result = session.services.draft_recipe(host, name, index=index, **given)
    if session.json:
        session.document(ExitStatus.OK, file=str(file), trial=result.as_json())
        return
    click.echo(file.read_text("utf-8"), nl=False)
    how = "builds" if result.ok else "does not build"
    click.echo(f"wrote {file}; {result.source} {how} for {result.target}", err=True)


@recipe.command()
@click.argument("file", type=_FILES)
@click.option("--version", help="The version to move to; the newest of the index if not given.")
@index_options
@common_options
@click.pass_context
def update(
    context: click.Context, /, file: Path, *, version: str | None, verbosity: int, offline: bool, jobs: int | None,
    **given: Any,
) -> None:  # fmt: skip
    """Move the recipe in FILE to another version: its version, addresses and hash."""
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    old, made = session.services.update_recipe(host, file, index=pop_index_options(given), version=version)
    if session.json:
        session.document(ExitStatus.OK, file=str(file), old=old, new=made)
    else:
        click.echo(f"{file}: {old} -> {made}")
