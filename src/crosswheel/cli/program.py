"""The program ``crosswheel``: its group of commands, and errors as messages and exit statuses."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from crosswheel.cli.session import Session
from crosswheel.errors import CrosswheelError, ExitStatus, redact_passwords
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


_COMMANDS = (
    "build", "test", "audit", "merge", "index", "recipe", "cross-env", "targets", "identifiers", "doctor", "cache",
    "config",
)  # fmt: skip


class _Commands(click.Group):
    """The commands, each imported when it is used: some bring much along."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"crosswheel.cli.{module}"), module)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="crosswheel")
def cli() -> None:
    """Build Python wheels for every platform from the machine you are on."""


def main(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run the command line; errors become messages.

    :param arguments: those of the process if not given.
    :returns: the exit status, one of :class:`crosswheel.errors.ExitStatus`.
    """
    session = session or Session()
    if threading.current_thread() is threading.main_thread():
        for wish in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(wish, _interrupt)
    try:
        return int(cli.main(arguments, prog_name="crosswheel", obj=session, standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return int(ExitStatus.USAGE)
    except CrosswheelError as error:
        return session.fail(error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("interrupted", err=True)
        return int(ExitStatus.INTERRUPTED)
    except Exception as error:  # the last resort: a person gets a file to report, not a page of frames
        return session.fail(_crash(session, error))


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that the programs a build has started end too."""
    raise KeyboardInterrupt


def _crash(session: Session, error: Exception) -> CrosswheelError:
    what = f"crosswheel itself failed: {type(error).__name__}: {error}"
    trace = redact_passwords("".join(traceback.format_exception(error)))
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        log = write_atomic(session.host().logs / name, trace)
    except Exception:
        return CrosswheelError(f"{what}\n{trace}", hint="report it, with the lines above")
    return CrosswheelError(what, hint="report it, with the log", log=log)
