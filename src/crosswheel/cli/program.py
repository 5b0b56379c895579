"""The program ``crosswheel``: the group of its commands, and the exit statuses of errors."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import traceback
from difflib import SequenceMatcher
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import CrosswheelError, ExitStatus, redact_passwords
from crosswheel.host.files import write_atomic
from crosswheel.host.scratch import private_temporary_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


_COMMANDS = (
    "build", "test", "audit", "merge", "index", "recipe", "cross-env", "targets", "identifiers", "doctor", "cache",
    "config",
)  # fmt: skip


class _Commands(click.Group):
    """The group of commands. Each is imported when it is used: some imports are slow."""

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
    """Run the command line and print errors.

    :param arguments: the arguments without the program's name; default those of the process.
    :returns: the exit status, one of :class:`crosswheel.errors.ExitStatus`.
    """
    session = session or Session()
    if threading.current_thread() is threading.main_thread():
        for signal_number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(signal_number) != signal.SIG_IGN:  # nohup
                signal.signal(signal_number, _interrupt)
    try:
        with private_temporary_files():
            return int(cli.main(arguments, prog_name="crosswheel", obj=session, standalone_mode=False) or 0)
    except click.ClickException as error:
        text = io.StringIO()
        (_explained(error) if isinstance(error, click.NoSuchOption) else error).show(text)
        echo(text.getvalue(), err=True, nl=False)
        return int(ExitStatus.USAGE)
    except CrosswheelError as error:
        return session.fail(error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        echo("interrupted", err=True)
        return int(ExitStatus.INTERRUPTED)
    except Exception as error:  # a bug: the traceback goes to a file that can be attached to a report
        return session.fail(_crash(session, error))


_OPTIONS_OF_CIBUILDWHEEL = {
    "--only": "use --build IDENTIFIER",
    "--platform": "use --target",
    "--print-build-identifiers": "use the command crosswheel identifiers",
    "--config-file": "the settings are in pyproject.toml",
    "--enable": "pre-releases are enabled",
}
_SIMILAR = 0.75
"""Similarity of two options from which one may be a misspelling of the other."""


def _explained(error: click.NoSuchOption) -> click.NoSuchOption:
    """Return the error for an unknown option, with advice if it is cibuildwheel's, or else similar options only."""
    name = error.option_name
    if advice := _OPTIONS_OF_CIBUILDWHEEL.get(name):
        return click.NoSuchOption(name, f"No such option '{name}': {advice}", ctx=error.ctx)
    similar = [known for known in error.possibilities or () if SequenceMatcher(None, name, known).ratio() >= _SIMILAR]
    return click.NoSuchOption(name, possibilities=similar, ctx=error.ctx)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Exit as for Ctrl-C, which terminates the programs started by a build."""
    raise KeyboardInterrupt


def _crash(session: Session, error: Exception) -> CrosswheelError:
    what = f"crosswheel itself failed: {type(error).__name__}: {error}"
    trace = redact_passwords("".join(traceback.format_exception(error)))
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        log = write_atomic(session.host().logs / name, trace)
    except Exception:
        return CrosswheelError(f"{what}\n{trace}", hint="report this bug with the traceback above")
    return CrosswheelError(what, hint="report this bug with the log", log=log)
