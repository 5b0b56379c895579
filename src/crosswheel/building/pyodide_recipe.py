"""What builds by a recipe of Pyodide have besides: Emscripten's programs, pyodide-build's variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.build_systems.emscripten_programs import EmscriptenPrograms
from crosswheel.build_systems.meson import CROSS_FILE
from crosswheel.toolchains.model import UserFlags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.building.context import BuildContext
    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.isolated import BuildEnvironment

_REFERENCE = re.compile(r"\$\((\w+)\)|\$\{(\w+)\}")


def add_pyodide_variables(
    env: Mapping[str, str],
    context: BuildContext,
    workspace: Workspace,
    environment: BuildEnvironment,
    native_libraries: NativeLibraries,
) -> dict[str, str]:
    """Return a backend's environment with the variables of pyodide-build, and Emscripten's programs on PATH.

    :param env: the environment that has the compiler wrappers.
    :raises StorageError: if the programs cannot be written.
    """
    sandbox, python = workspace.sandbox, context.target_python
    programs = EmscriptenPrograms.write(workspace.root / "emscripten", native_libraries.directory, sandbox.paths)
    packages = environment.site_packages
    major, minor, micro = (*python.full_version.split("."), "0", "0")[:3]
    cross_file = {} if "MESON_CROSS_FILE" in env else {"MESON_CROSS_FILE": str(workspace.configuration / CROSS_FILE)}
    return {
        **env,
        **programs.environ(context.target, context.host.jobs),
        **cross_file,
        "PATH": f"{env['PATH']}:{programs.bin}",
        "PKGDIR": str(context.options.recipe_directory or ""),
        "HOSTINSTALLDIR": str(environment.directory),
        "HOSTSITEPACKAGES": str(packages),
        "NUMPY_LIB": str(packages / "numpy"),
        "TARGETINSTALLDIR": str(python.include.parent.parent),
        "PYTHONINCLUDE": str(python.include),
        "PYMAJOR": major,
        "PYMINOR": minor,
        "PYMICRO": micro,
        "PYVERSION": python.full_version,
        "PLATFORM_TRIPLET": context.target.triple,
    }


def expand_flags(flags: UserFlags, env: Mapping[str, str]) -> UserFlags:
    """Return flags with the variables in them replaced, spelled ``$(NAME)`` or ``${NAME}``; unknown ones are kept.

    A variable may hold several arguments.
    """
    return UserFlags(*(_expand(args, env) for args in (flags.compile_args, flags.cxx_args, flags.link_args)))


def flags_of_scripts(flags: UserFlags) -> UserFlags:
    """Return the flags for compilers that scripts call: without those whose variables the scripts may yet set."""
    known = (
        tuple(arg for arg in args if not _REFERENCE.search(arg))
        for args in (flags.compile_args, flags.cxx_args, flags.link_args)
    )
    return UserFlags(*known)


def expand_settings(settings: Mapping[str, tuple[str, ...]], env: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return config settings with the variables in them replaced; see :func:`expand_flags`."""
    return {key: tuple(_replace(value, env) for value in values) for key, values in settings.items()}


def _expand(args: tuple[str, ...], env: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        word
        for arg in args
        for word in (_replace(arg, env).split() if _REFERENCE.fullmatch(arg) else (_replace(arg, env),))
    )


def _replace(text: str, env: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: env.get(match[1] or match[2], match[0]), text)
