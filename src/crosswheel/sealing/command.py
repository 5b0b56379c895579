"""The command line of bubblewrap, from what sealed programs shall see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.sealing.model import Mount

USER_ID = 1000
HOST_NAME = "localhost"
"""It can be resolved without a network."""
_PRELOADED = ("LD_", "GLIBC_TUNABLES")
"""Variables that would change how bubblewrap itself is started; it sets them for the program."""
_REGISTER = "/proc/sys/fs/binfmt_misc"
_OUTER_SCRIPT = f"""set -e
mount -t binfmt_misc binfmt_misc {_REGISTER}
while [ "$1" != -- ]; do printf %s "$1" > {_REGISTER}/register; shift; done
shift
exec "$@"
"""
"""Registers the rules that precede ``--`` in a namespace of its own, then becomes the command that follows."""


@dataclass(frozen=True, slots=True)
class SealedView:
    """What a sealed program sees.

    :param mounts: files and directories of the build machine.
    :param links: symbolic links at the root and their targets: ``/bin`` to ``usr/bin``.
    :param empty: directories that appear empty and read-only, but for mounts in them.
    :param network: whether the network of the build machine can be used.
    """

    mounts: tuple[Mount, ...]
    links: Mapping[Path, str]
    empty: tuple[Path, ...] = ()
    network: bool = True


def bwrap_command(
    bwrap: Sequence[str], view: SealedView, argv: Sequence[str], cwd: str, env: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the command that runs a program which sees nothing but a view.

    :param bwrap: the command that starts bubblewrap.
    :param argv: the program and its arguments.
    :param cwd: its working directory, as it sees it.
    :param env: its environment; most of it must be that of bubblewrap's process, see :func:`split_environment`.
    """
    steps: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        *((path.parts, ("--symlink", target, str(path))) for path, target in view.links.items()),
        *((path.parts, ("--tmpfs", str(path))) for path in view.empty),
        *((mount.inside.parts, _bind(mount)) for mount in view.mounts),
        (("/", "proc"), ("--proc", "/proc")),
        (("/", "dev"), ("--dev", "/dev")),
    ]
    steps.sort(key=lambda step: step[0])  # outer directories before those in them
    user = str(USER_ID)
    return (
        *bwrap,
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"),
        *(() if view.network else ("--unshare-net",)),
        *("--uid", user, "--gid", user, "--hostname", HOST_NAME),
        *(word for _, words in steps for word in words),
        *(word for path in view.empty for word in ("--remount-ro", str(path))),
        *("--remount-ro", "/"),
        *(word for name, value in env.items() if _is_preloaded(name) for word in ("--setenv", name, value)),
        *("--chdir", cwd, "--", *argv),
    )


def binfmt_command(unshare: str, rules: Sequence[str], command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs another one where programs of the target run as if they were the machine's own.

    :param unshare: the program of util-linux.
    :param rules: lines for the kernel's binfmt_misc.
    :param command: the command, which inherits the rules.
    """
    if not rules:
        return tuple(command)
    outer = (unshare, "--user", "--map-root-user", "--mount", "/bin/sh", "-c", _OUTER_SCRIPT, "crosswheel")
    return (*outer, *rules, "--", *command)


def split_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a program's environment that is bubblewrap's own.

    It is not passed as arguments, which every user of the machine can read.
    """
    return {name: value for name, value in env.items() if not _is_preloaded(name)}


def _bind(mount: Mount) -> tuple[str, ...]:
    return ("--bind" if mount.writable else "--ro-bind", str(mount.outside), str(mount.inside))


def _is_preloaded(name: str) -> bool:
    return name.startswith(_PRELOADED)
