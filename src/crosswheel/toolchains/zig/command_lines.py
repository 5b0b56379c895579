"""The command lines that zig's compiler driver prints under ``-v``, and what they name."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.zig.model import ZigProgram


def run_zig_driver(host: Host, zig: ZigProgram, target: Target, work: Path, *arguments: str) -> str:
    """Run ``zig cc`` or ``zig c++`` with ``-v`` and return its output, both streams.

    :param arguments: the driver's name, ``cc`` or ``c++``, and its options.
    :param work: the working directory; zig's local cache is put below it.
    :raises EnvironmentMissingError: if zig fails, since it does not support the target.
    """
    environ = {
        **{name: value for name, value in host.environ.items() if name in {"PATH", "HOME", "TMPDIR"}},
        "ZIG_GLOBAL_CACHE_DIR": str(host.cache / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(work / "zig-local"),
    }
    outcome = host.run(zig.executable, *arguments, "-v", cwd=work, env=environ)
    if not outcome.ok:
        last = next((line for line in outcome.stderr.splitlines() if "error" in line), outcome.stderr[-300:])
        raise EnvironmentMissingError(f"zig {zig.version} cannot build for {target}: {last.strip()}")
    return outcome.stderr + outcome.stdout


def search_list(said: str) -> tuple[str, ...]:
    """The directories of headers that clang names under ``-v``, in order."""
    block = said.rpartition("#include <...> search starts here:")[2].partition("End of search list.")[0]
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def defines(said: str) -> tuple[str, ...]:
    """The macros that zig defines for clang, as it prints its command line under ``-v``."""
    line = next(line for line in said.splitlines() if " -cc1 " in line and '"' in line)
    words = shlex.split(line)
    macros = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-D"]
    # NDEBUG is zig's own view of -O2; whether assertions count is for the build to say.
    return tuple(f"-D{macro}" for macro in macros if macro != "NDEBUG")
