"""Programs of a target where the kernel has no rule for them: a library that is preloaded into a build's programs."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once, hard_link, storage_errors, write_atomic
from crosswheel.sealing.machine_view import machine_view, visible_cpuinfo
from crosswheel.toolchains.tool_names import RUN_BINFMT
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target

_LIBCS = {"glibc": "linux-gnu.2.17", "musl": "linux-musl"}
_LIBRARY = "exec-hook.so"


def install_exec_hook(host: Host, target: Target, directory: Path, launcher: Path | None = None) -> dict[str, str]:
    """Install the library for the programs of one build, and return the environment variables that load it.

    Programs that are linked statically do not load it.

    :param directory: the directory of the build's wrappers, the one above ``bin``.
    :param launcher: the interpreter for programs of the target; by default the wrapper in ``bin``.
    :raises EnvironmentMissingError: if the library cannot be compiled.
    """
    library = directory / "lib" / _LIBRARY
    with storage_errors(library):
        library.parent.mkdir(parents=True, exist_ok=True)
        # A file of its own: the library finds the others relative to its path.
        hard_link(_compile(host), library)
        if launcher is not None:
            (directory / "bin").mkdir(exist_ok=True)
            (directory / "bin" / RUN_BINFMT).symlink_to(launcher)
    write_atomic(directory / "cpuinfo", visible_cpuinfo(machine_view(target, host.jobs)))
    return {"LD_PRELOAD": str(library)}


def _compile(host: Host) -> Path:
    """Return the library, which is compiled once per machine for its C library."""
    source = files("crosswheel.toolchains.wrappers").joinpath("exec_hook.c").read_text("utf-8")
    zig = installed_zig()
    triple = f"{machine.architecture()}-{_LIBCS[machine.libc()]}"
    key = sha256(f"{source}{zig.version}{triple}".encode()).hexdigest()[:16]

    def compile_into(directory: Path) -> None:
        (directory / "exec_hook.c").write_text(source, "utf-8")
        caches = {"ZIG_GLOBAL_CACHE_DIR": str(host.cache / "zig"), "ZIG_LOCAL_CACHE_DIR": str(directory / "zig")}
        compiled = host.run(
            zig.executable, "cc", "-target", triple, "-shared", "-fPIC", "-O2", "-s", "-fvisibility=hidden",
            "-fno-sanitize=undefined", "-fno-stack-protector", "exec_hook.c", "-ldl", "-o", _LIBRARY,
            cwd=directory, env={**host.environ, **caches},
        )  # fmt: skip
        if not compiled.ok:
            raise EnvironmentMissingError(f"cannot compile the library that runs programs: {compiled.stderr}")

    return create_once(host.cache / "toolchains" / f"exec-hook-{key}", compile_into) / _LIBRARY
