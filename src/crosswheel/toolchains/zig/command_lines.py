"""Command lines that zig's compiler driver prints under ``-v``: running the driver and reading its output."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError, full_disk_error

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.zig.model import ZigProgram


def run_zig_driver(host: Host, zig: ZigProgram, target: Target, directory: Path, *args: str) -> str:
    """Run ``zig cc`` or ``zig c++`` with ``-v``.

    :param directory: the working directory; zig's local cache is created in it.
    :param args: ``cc`` or ``c++``, then the options.
    :returns: what it prints, to either stream.
    :raises EnvironmentMissingError: if zig fails.
    """
    environ = {
        **{name: value for name, value in host.environ.items() if name in {"PATH", "HOME", "TMPDIR"}},
        "ZIG_GLOBAL_CACHE_DIR": str(host.cache / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(directory / "zig-local"),
    }
    outcome = host.run(zig.executable, *args, "-v", cwd=directory, env=environ)
    if not outcome.ok:
        error = next((line for line in outcome.stderr.splitlines() if "error" in line), outcome.stderr[-300:])
        raise full_disk_error(error, target) or EnvironmentMissingError(
            f"zig {zig.version} cannot build for {target}: {error.strip()}"
        )
    return outcome.stderr + outcome.stdout


def search_list(output: str) -> tuple[str, ...]:
    """Return the header directories that clang prints under ``-v``, in search order."""
    block = output.rpartition("#include <...> search starts here:")[2].partition("End of search list.")[0]
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def defines(output: str) -> tuple[str, ...]:
    """Return the macros in the clang command line that zig prints under ``-v``, as ``-D`` options."""
    line = next(line for line in output.splitlines() if " -cc1 " in line and '"' in line)
    args = shlex.split(line)
    macros = [args[index + 1] for index, arg in enumerate(args[:-1]) if arg == "-D"]
    # zig adds NDEBUG for -O2; whether assertions are compiled is the build's decision.
    return tuple(f"-D{macro}" for macro in macros if macro != "NDEBUG")
