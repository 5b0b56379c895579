"""``crosswheel cache``."""

from __future__ import annotations

import re
import time
from typing import Any

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
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
            self.fail(f"{value!r} is not a size such as 500M or 20G", param, context)
        return int(float(match[1]) * _UNITS[match[2]])


@click.group()
def cache() -> None:
    """Manage the cache: stored build results, downloads, toolchains, environments."""


@cache.command()
@json_option
@click.pass_context
def show(context: click.Context) -> None:
    """Show the size of the cache and when its entries were last used, by kind."""
    session = context.ensure_object(Session)
    host = session.host()
    kinds = session.services.cached(host)
    if session.json:
        session.document(ExitStatus.OK, cache=str(host.cache), kinds=[kind.as_json() for kind in kinds])
        return
    rows = [(kind.name, str(kind.entries), _shown(kind.size), _age(kind.newest), _age(kind.oldest)) for kind in kinds]
    total = sum(kind.size for kind in kinds)
    print_table(("kind", "entries", "size", "last used", "oldest use"), [*rows, ("all", "", _shown(total), "", "")])
    echo(f"in {host.cache}", err=True)


@cache.command()
@json_option
@click.pass_context
def verify(context: click.Context) -> None:
    """Verify the checksums of build results, toolchains, interpreters and downloads, and remove damaged ones.

    Exits with status 8 if any were damaged. What was removed is built or downloaded again when needed.
    """
    session = context.ensure_object(Session)
    damaged, sound = session.services.verify_cache(session.host())
    status = ExitStatus.STORAGE if damaged else ExitStatus.OK
    if session.json:
        session.document(status, sound=sound, damaged=damaged)
    else:
        for entry, damage in damaged.items():
            echo(f"removed {entry}: {damage}", err=True)
        echo(f"{sound} valid, {len(damaged)} damaged")
    context.exit(int(status))


@cache.command()
@click.option(
    "--older-than",
    type=click.FloatRange(0),
    metavar="DAYS",
    help="Remove entries unused for this many days.",
)
@click.option(
    "--max-size",
    type=_Size(),
    help="Remove least recently used entries beyond this size: 20G.",
)
@click.option("--kind", "kinds", multiple=True, help="Kind of entries to remove, from `crosswheel cache show`.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed without removing it.")
@json_option
@click.pass_context
def prune(
    context: click.Context, older_than: float | None, max_size: int | None, kinds: tuple[str, ...], *, dry_run: bool
) -> None:
    """Remove unused entries from the cache. Everything in it can be downloaded or built again."""
    if older_than is None and max_size is None:
        raise click.UsageError("--older-than or --max-size is required")
    session = context.ensure_object(Session)
    before = None if older_than is None else time.time() - older_than * _DAY
    removed = session.services.prune(session.host(), before=before, most=max_size, kinds=kinds, dry=dry_run)
    size = sum(kind.size for kind in removed)
    if session.json:
        session.document(ExitStatus.OK, removed=[kind.as_json() for kind in removed], bytes=size)
        return
    print_table(("kind", "entries", "size"), [(kind.name, str(kind.entries), _shown(kind.size)) for kind in removed])
    echo(f"{_shown(size)} {'would be removed' if dry_run else 'removed'}", err=True)


def _shown(size: int) -> str:
    unit = next((unit for unit in ("T", "G", "M", "k") if size >= _UNITS[unit]), "")
    return f"{size / _UNITS[unit]:.1f} {unit}B"


def _age(when: float) -> str:
    days = (time.time() - when) / _DAY
    return f"{days:.0f} days ago" if days >= 1 else "today"
