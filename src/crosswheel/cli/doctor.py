"""``crosswheel doctor``."""

from __future__ import annotations

import click
from rich.text import Text

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.doctor import ItemState
from crosswheel.errors import ExitStatus

_STYLES = {ItemState.OK: "green", ItemState.OPTIONAL: "yellow", ItemState.MISSING: "red"}


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check this machine for what builds and tests require; print commands that install what is missing.

    Exits with status 4 if something that every build requires is missing.
    """
    session = context.ensure_object(Session)
    items = session.services.examine(session.host())
    missing = any(item.state is ItemState.MISSING for item in items)
    status = ExitStatus.ENVIRONMENT if missing else ExitStatus.OK
    if session.json:
        session.document(status, items=[item.as_json() for item in items])
    else:
        rows = [(item.name, Text(item.state.value, _STYLES[item.state]), item.detail, item.hint) for item in items]
        print_table(("what", "state", "detail", "next"), rows)
    context.exit(int(status))
