"""What a project wants done in its sources before its build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import BuildError
from crosswheel.settings.placeholders import fill_placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host

PIP = ("pip",)
"""What such commands find in their environment, besides Python."""


def run_before_build(host: Host, commands: Sequence[str], env: Mapping[str, str], tree: Path, log: Path) -> None:
    """Run commands in the sources, one after the other.

    :raises BuildError: when one fails.
    """
    for command in commands:
        with host.progress.step("before-build"):
            text = fill_placeholders(command, project=tree)
            ended = host.run("/bin/sh", "-c", text, cwd=tree, env=env, log=log)
        if not ended.ok:
            raise BuildError(f"before-build: `{command}` ended with status {ended.status}", where=tree, log=log)
