"""What the hook in the build's Pythons needs to know, written down for it as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython

HOOK = "_crosswheel_pretence"
"""The name of the hook's module in a build environment."""


@dataclass(frozen=True, slots=True)
class Pretence:
    """A pretended platform.

    :param python: the target's interpreter, whose answers are given.
    :param overrides: config variables on top of the interpreter's own: the names of the wrappers.
    """

    python: TargetPython
    overrides: dict[str, str]

    def as_json(self) -> str:
        """What the hook reads."""
        target = self.python.target
        libc_version = ".".join(map(str, target.libc_version))
        return json.dumps(
            {
                "machine": target.architecture.machine,
                "platform": target.platform,
                "pointer_size": target.architecture.pointer_size,
                "libc": [target.libc.name if target.libc.name == "glibc" else "", libc_version],
                "include": str(self.python.include),
                "vars": {**self.python.config_vars, **self.overrides},
            },
            sort_keys=True,
        )

    def write(self, path: Path) -> Path:
        """Write it for the hook to find; the path goes into ``CROSSWHEEL_PRETENCE``."""
        return write_atomic(path, self.as_json())


def install_hook(site_packages: Path) -> None:
    """Put the hook into an environment; it sleeps unless ``CROSSWHEEL_PRETENCE`` is set."""
    source = files("crosswheel.environments.pretence").joinpath("hook.py").read_text("utf-8")
    write_atomic(site_packages / f"{HOOK}.py", source)
    write_atomic(
        site_packages / f"{HOOK}.pth", f"import os; os.environ.get('CROSSWHEEL_PRETENCE') and __import__('{HOOK}')\n"
    )
