"""Scripts and commands of recipes and projects that run before and after the build backend."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import BuildError
from crosswheel.host.files import read_log
from crosswheel.sealing.network import NETWORK_HINT, network_error
from crosswheel.settings.variable_expansion import fill_placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.sealing import Sandbox

BEFORE_BUILD_REQUIRES = ("pip",)
"""Requirements installed into the environment of before-build commands."""


@dataclass(frozen=True)
class Scripts:
    """Runs bash scripts, with ``RECIPE_DIRECTORY`` and ``SOURCE_DIRECTORY`` set.

    :param sandbox: where they run.
    :param source: the source tree that is built.
    :param recipe: the directory of the recipe, if any.
    :param log: the file that output is appended to.
    """

    sandbox: Sandbox
    source: Path
    recipe: Path | None
    log: Path

    def run(self, script: str, name: str, directory: Path, env: Mapping[str, str]) -> dict[str, str]:
        """Run a script with ``bash -e``; do nothing if it is empty.

        :param name: its key in recipes, for error messages.
        :param directory: the working directory.
        :returns: the environment variables at the end of the script.
        :raises BuildError: if a command of the script fails.
        """
        if not script.strip():
            return dict(env)
        directories = {"RECIPE_DIRECTORY": str(self.recipe or ""), "SOURCE_DIRECTORY": str(self.source)}
        environment_file = self.sandbox.root / "environment-of-script"
        process = self.sandbox.run(
            "bash", "-ec", f"{script}\nenv -0 >{shlex.quote(str(environment_file))}",
            cwd=directory, env={**env, **directories}, log=self.log,
        )  # fmt: skip
        if not process.ok:
            what = f"the script {name} ended with status {process.status}"
            raise _failure(self.sandbox, what, where=directory, log=self.log)
        text = environment_file.read_text("utf-8", "replace")
        pairs = (line.partition("=") for line in text.split("\0") if line)
        return {variable: value for variable, _, value in pairs if variable not in {*directories, "_", "SHLVL", "PWD"}}


def run_before_build(sandbox: Sandbox, commands: Sequence[str], env: Mapping[str, str], tree: Path, log: Path) -> None:
    """Run shell commands in the source tree, one after the other.

    :param commands: with the placeholders of :func:`crosswheel.settings.variable_expansion.fill_placeholders`.
    :param log: the file that output is appended to.
    :raises BuildError: if a command fails; those after it do not run.
    """
    for command in commands:
        with sandbox.host.progress.step("before-build"):
            text = fill_placeholders(command, project=tree)
            process = sandbox.run("/bin/sh", "-c", text, cwd=tree, env=env, log=log)
        if not process.ok:
            what = f"before-build: `{command}` ended with status {process.status}"
            raise _failure(sandbox, what, where=tree, log=log)


def _failure(sandbox: Sandbox, what: str, where: Path, log: Path) -> BuildError:
    """Return the error of a command that failed, with its reason if that is the network."""
    output = read_log(log)
    if line := network_error(sandbox.seal, output):
        return BuildError(f"{what}; it may not use the network: {line}", where=where, hint=NETWORK_HINT, log=log)
    return BuildError(what, where=where, log=log)
