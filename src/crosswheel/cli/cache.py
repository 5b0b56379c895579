"""``crosswheel cache``."""

from __future__ import annotations

import re
import time
from typing import Any

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus

_UNITS = {"": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?")
_DAY = 86400.0
"""Seconds."""


class _Size(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases only
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        match = _SIZE.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no size such as 500M or 20G", param, context)
        return int(float(match[1]) * _UNITS[match[2]])


@click.group()
def cache() -> None:
    """Look at what is kept between builds: artifacts in the store, downloads, toolchains, environments."""


@cache.command()
@json_option
@click.pass_context
def show(context: click.Context) -> None:
    """Say how much there is of each kind, and how long it was not used."""
    session = context.ensure_object(Session)
    host = session.host()
    kinds = session.services.cached(host)
    if session.json:
        session.document(ExitStatus.OK, cache=str(host.cache), kinds=[kind.as_json() for kind in kinds])
        return
    rows = [(kind.name, str(kind.entries), _shown(kind.size), _age(kind.newest), _age(kind.oldest)) for kind in kinds]
    total = sum(kind.size for kind in kinds)
    print_table(("kind", "entries", "size", "last used", "longest unused"), [*rows, ("all", "", _shown(total), "", "")])
    click.echo(f"in {host.cache}", err=True)


@cache.command()
@json_option
@click.pass_context
def verify(context: click.Context) -> None:
    """Compare every artifact of the store with what it was when it was made; damaged ones are removed.

    Ends with status 8 when there are any. They are made again when they are needed.
    """
    session = context.ensure_object(Session)
    damaged, sound = session.services.verify_store(session.host())
    status = ExitStatus.STORAGE if damaged else ExitStatus.OK
    if session.json:
        session.document(status, sound=sound, damaged=damaged)
    else:
        for entry, damage in damaged.items():
            click.echo(f"removed {entry}: {damage}", err=True)
        click.echo(f"{sound} sound, {len(damaged)} damaged")
    context.exit(int(status))


@cache.command()
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="What was not used for so many days.")
@click.option("--max-size", type=_Size(), help="The longest unused, until no more than this is left: 20G.")
@click.option("--kind", "kinds", multiple=True, help="Of this kind only, as cache show names it.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@click.pass_context
def prune(
    context: click.Context, older_than: float | None, max_size: int | None, kinds: tuple[str, ...], *, dry_run: bool
) -> None:
    """Remove what was not used for long, or until the cache is small enough. Everything in it can be made again."""
    if older_than is None and max_size is None:
        raise click.UsageError("give --older-than or --max-size")
    session = context.ensure_object(Session)
    before = None if older_than is None else time.time() - older_than * _DAY
    gone = session.services.prune(session.host(), before=before, most=max_size, kinds=kinds, dry=dry_run)
    size = sum(kind.size for kind in gone)
    if session.json:
        session.document(ExitStatus.OK, removed=[kind.as_json() for kind in gone], bytes=size)
        return
    print_table(("kind", "entries", "size"), [(kind.name, str(kind.entries), _shown(kind.size)) for kind in gone])
    click.echo(f"{_shown(size)} {'would go' if dry_run else 'removed'}", err=True)


def _shown(size: int) -> str:
    unit = next((unit for unit in ("T", "G", "M", "k") if size >= _UNITS[unit]), "")
    return f"{size / _UNITS[unit]:.1f} {unit}B"


def _age(when: float) -> str:
    days = (time.time() - when) / _DAY
    return f"{days:.0f} days ago" if days >= 1 else "today"
