"""Scripts that recipes and projects have run before and after a backend builds."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import BuildError, EnvironmentMissingError
from crosswheel.host.files import temporary_directory
from crosswheel.settings.placeholders import fill_placeholders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host

PIP = ("pip",)
"""What such commands find in their environment, besides Python."""


def check_tools(host: Host, tools: Iterable[str]) -> None:
    """Refuse to begin what cannot end well.

    :raises EnvironmentMissingError: when a program is not on this machine.
    """
    missing = [name for name in tools if host.program(name) is None]
    if missing:
        raise EnvironmentMissingError(
            f"the build calls {', '.join(missing)}, which this machine does not have", hint="install it"
        )


@dataclass(frozen=True)
class Scripts:
    """Runs scripts with bash; they know where they are by ``RECIPE_DIRECTORY`` and ``SOURCE_DIRECTORY``.

    :param source: the tree that is built; ``recipe`` the directory of the recipe, if there is one.
    :param log: everything they say goes there.
    """

    host: Host
    source: Path
    recipe: Path | None
    log: Path

    def run(self, script: str, name: str, directory: Path, env: Mapping[str, str]) -> dict[str, str]:
        """Run a script; nothing happens if it is empty.

        :param name: what to call it in errors: the key it stands under.
        :returns: the variables as they are when it ends.
        :raises BuildError: when it fails, which any of its commands decides.
        """
        if not script.strip():
            return dict(env)
        known = {"RECIPE_DIRECTORY": str(self.recipe or ""), "SOURCE_DIRECTORY": str(self.source)}
        with temporary_directory() as work:
            after = work / "environment"
            ended = self.host.run(
                "bash", "-ec", f"{script}\nenv -0 >{shlex.quote(str(after))}",
                cwd=directory, env={**env, **known}, log=self.log,
            )  # fmt: skip
            if not ended.ok:
                raise BuildError(f"the script {name} ended with status {ended.status}", where=directory, log=self.log)
            pairs = (word.partition("=") for word in after.read_text("utf-8", "replace").split("\0") if word)
            return {variable: value for variable, _, value in pairs if variable not in {*known, "_", "SHLVL", "PWD"}}


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
