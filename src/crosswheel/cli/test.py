"""``crosswheel test``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.cli.options import common_options, index_options, pop_index_options
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import ExitStatus
from crosswheel.testing import TestOutcome


@click.command()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--command", "commands", multiple=True, help="Shell command to run; {wheel} and {package} are replaced.")
@click.option("--requires", multiple=True, metavar="REQUIREMENT", help="Requirement of the commands.")
@click.option("--extras", multiple=True, metavar="EXTRA", help="Extra of the wheels to install.")
@click.option(
    "--groups",
    multiple=True,
    metavar="GROUP",
    help="Dependency group of {package} to install.",
)
@click.option("-p", "--python", metavar="VERSION", help="Python version, for wheels that support several.")
@click.option(
    "--package",
    "project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Directory that {package} stands for. [default: the current directory]",
)
@click.option("--require-test", is_flag=True, help="Fail if a test could not run.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Timeout of each step.")
@click.option("--network/--no-network", default=True, help="Let the tested programs use the network. [default: yes]")
@click.option("--unsealed", is_flag=True, help="Run the tested programs unsealed.")
@index_options
@common_options
@click.pass_context
def test(
    context: click.Context,
    /,
    wheels: tuple[Path, ...],
    *,
    require_test: bool,
    verbosity: int,
    offline: bool,
    jobs: int | None,
    **given: Any,
) -> None:
    """Test WHEELS on their target: install them into a new environment, import their modules, run commands.

    Other targets than this machine are emulated. A wheel that works with several Pythons is tested with the newest that
    this machine can run. Exits with status 7 if a test fails, and with 9 if one could not run although there are
    commands, its requirements could not be downloaded, or --require-test is given.
    """
    session = context.ensure_object(Session)
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    index = pop_index_options(given)
    results = session.services.test(wheels, index=index, host=host, **given)
    failed = [result for result in results if result.outcome is TestOutcome.FAILED]
    untested = [result for result in results if result.outcome is TestOutcome.UNTESTED]
    lacking = untested if require_test else [each for each in untested if each.lacks_test(bool(given["commands"]))]
    status = ExitStatus.TEST if failed else ExitStatus.UNTESTED if lacking else ExitStatus.OK
    if session.json:
        rows = [{"wheel": str(wheel), **result.as_json()} for wheel, result in zip(wheels, results, strict=True)]
        session.document(status, results=rows)
    else:
        for result in failed:
            echo(result.output, err=True)
        print_table(
            ("wheel", "result", "on", "reason"),
            [
                (wheel.name, result.outcome.value, result.interpreter, result.reason)
                for wheel, result in zip(wheels, results, strict=True)
            ],
        )
    context.exit(int(status))
