"""How the programs of a build are sealed: by its options, and by what the machine supports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.building.outside import named_locations, values_naming_paths
from crosswheel.errors import EnvironmentMissingError
from crosswheel.runners.binfmt import binfmt_rules
from crosswheel.sealing import Mount, Seal, SealSupport
from crosswheel.sealing.machine_view import machine_view
from crosswheel.sealing.sandbox import BUILD, RECIPE
from crosswheel.sealing.system import is_always_visible, python_mounts
from crosswheel.toolchains.tool_names import RUN_BINFMT
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.building.options import BuildOptions
    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython
    from crosswheel.sources.model import Source
    from crosswheel.targets import Target
    from crosswheel.testing import TestPlan
    from crosswheel.toolchains.model import TargetToolchain

_ZIG = Path("/crosswheel/zig")
_NOT_REQUESTED = "--unsealed"


def plan_seal(support: SealSupport, options: BuildOptions) -> Seal:
    """Return how programs of builds with these options run.

    :param support: whether they can be sealed.
    """
    return Seal(SealSupport(reason=_NOT_REQUESTED) if options.unsealed else support, network=options.network)


def plan_test_seal(support: SealSupport, plan: TestPlan, *, unsealed: bool, network: bool = True) -> Seal:
    """Return how the programs of a test by itself run: they see the project's directory if a command names it.

    :param support: whether they can be sealed.
    :param network: whether they may use the network.
    :raises EnvironmentMissingError: if the network is to be taken away from programs that are not sealed.
    """
    named = any("{project}" in command or "{package}" in command for command in plan.commands)
    paths = _visible([Path(plan.project)]) if named and plan.project else ()
    seal = Seal(SealSupport(reason=_NOT_REQUESTED) if unsealed else support, paths, network)
    _check_network(seal, "tests")
    return seal


def seal_with_tools(
    seal: Seal, host: Host, target: Target, options: BuildOptions, python: BuildPython, toolchain: TargetToolchain
) -> Seal:
    """Add the Python, the toolchain and the target's machine to what programs of a build see.

    :raises EnvironmentMissingError: if the network is to be taken away from programs that are not sealed.
    """
    _check_network(seal, "builds")
    rules = binfmt_rules(host, target, BUILD / "tools" / "bin" / RUN_BINFMT)
    seal = replace(seal, machine=machine_view(target, host.jobs), rules=rules)
    if not seal.support.available:
        return seal
    mounts = [
        Mount(installed_zig().executable.parent, _ZIG),
        *python_mounts(python.executable),
        *toolchain.mounts,
    ]
    if options.target_python:
        path = options.target_python.absolute()
        mounts.append(Mount(path, path))
    if not options.isolation and (activated := host.environ.get("VIRTUAL_ENV")):
        mounts += python_mounts(Path(activated) / "bin" / "python")
    return replace(seal, mounts=(*seal.mounts, *mounts), headers=toolchain.kernel_headers)


def _check_network(seal: Seal, kind: str) -> None:
    if not (seal.network or seal.support.available):
        raise EnvironmentMissingError(
            f"the network can only be taken away from sealed {kind}: {seal.support.reason}", hint=seal.support.hint
        )


def check_commands(seal: Seal, options: BuildOptions) -> None:
    """Check that commands for a container do not run on this machine itself, unless requested.

    :raises EnvironmentMissingError: if they would.
    """
    if options.cibuildwheel_before_build and not (seal.support.available or options.unsealed):
        raise EnvironmentMissingError(
            "the commands before the build are from [tool.cibuildwheel], written for a container, and builds are not "
            f"sealed here: {seal.support.reason}",
            hint="--unsealed runs them on this machine; a command in [tool.crosswheel] replaces them",
        )


def seen_directories(options: BuildOptions, source: Source) -> tuple[Mount, ...]:
    """Return what programs of a build see besides its own directories.

    That is what its options name (the recipe, directories in variables), and the objects of the source's repository.
    """
    recipe = options.recipe_directory
    mounts = [Mount(recipe.absolute(), RECIPE)] if recipe else []
    return (*mounts, *named_directories(options), *(Mount(path, path) for path in source.outside))


def named_directories(options: BuildOptions) -> tuple[Mount, ...]:
    """Return the existing files and directories that variables and flags name, outside of the system's directories.

    What they contain is an input of the build. A directory that contains the user's home directory, or those of all
    users, is not one that was meant.
    """
    return _visible(named_locations(values_naming_paths(options)))


def _visible(named: Iterable[Path]) -> tuple[Mount, ...]:
    paths = dict.fromkeys(path for name in named for path in (name, name.resolve()))
    return tuple(Mount(path, path) for path in paths if not (is_always_visible(path) or _is_shared(path)))


def _is_shared(path: Path) -> bool:
    home = Path.home()
    of_kernel = any(path.is_relative_to(each) for each in ("/proc", "/dev", "/sys"))
    return of_kernel or path in {home, *home.parents, *map(Path, _SHARED)}


_SHARED = "/usr/local /opt /home /root /tmp /var /var/tmp /srv /mnt /media /run /dev /sys".split()
