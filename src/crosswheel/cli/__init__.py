"""The command line: one file per command, no logic."""

from __future__ import annotations

import sys
import traceback

import click

from crosswheel.cli.audit import audit
from crosswheel.cli.build import build
from crosswheel.cli.config import config
from crosswheel.cli.doctor import doctor
from crosswheel.cli.targets import targets
from crosswheel.cli.test import test
from crosswheel.errors import CrosswheelError, ExitStatus
from crosswheel.host import Host
from crosswheel.host.files import write_atomic


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crosswheel")
def cli() -> None:
    """Build Python wheels for every platform from the machine you are on."""


for command in (build, test, audit, targets, doctor, config):
    cli.add_command(command)


def main() -> None:
    """Run the command line; errors become messages and exit statuses."""
    sys.exit(_status())


def _status() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.ClickException as error:
        error.show()
        return int(ExitStatus.USAGE)
    except CrosswheelError as error:
        click.echo(f"error: {error}", err=True)
        return int(error.status)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("interrupted; nothing was left half-written", err=True)
        return int(ExitStatus.INTERRUPTED)
    except Exception:  # the last resort, which keeps the traceback
        log = write_atomic(Host.detect().logs / "crash.txt", traceback.format_exc())
        click.echo(f"error: crosswheel itself failed\n  next:  report it with the file below\n  log:   {log}", err=True)
        return int(ExitStatus.INTERNAL)
