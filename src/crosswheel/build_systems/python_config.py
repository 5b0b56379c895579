"""Makefiles that ask python3-config or pkg-config for Python: what answers for the target's Python.

The options of the scripts are those of CPython's ``Misc/python-config.sh.in``; the packages are those of its
``Misc/python.pc.in`` and ``Misc/python-embed.pc.in``.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.build_systems.model import BuildSite
    from crosswheel.pythons.model import TargetPython

_SCRIPT = r"""#!/bin/sh
# Reports the configuration of {origin}.
usage() {{
    echo "Usage: $0 [--prefix] [--exec-prefix] [--includes] [--libs] [--cflags] [--ldflags]"
    echo "    [--extension-suffix] [--help] [--abiflags] [--configdir] [--embed]"
}}
embed=
test $# -gt 0 || {{ usage >&2; exit 1; }}
for option; do
    case "$option" in
        --help) usage; exit 0 ;;
        --embed) embed={embedded} ;;
        --prefix|--exec-prefix|--includes|--libs|--cflags|--ldflags|--extension-suffix|--abiflags|--configdir) ;;
        *) usage >&2; exit 1 ;;
    esac
done
for option; do
    case "$option" in
        --prefix|--exec-prefix) echo {prefix} ;;
        --includes) echo {includes} ;;
        --cflags) echo {cflags} ;;
        --libs) echo $embed {libs} ;;
        --ldflags) echo {directories} $embed {libs} ;;
        --extension-suffix) echo {suffix} ;;
        --abiflags) echo {abiflags} ;;
        --configdir) echo {configdir} ;;
    esac
done
"""


_PACKAGE = """prefix={prefix}
exec_prefix=${{prefix}}
includedir={include}
libdir={libdir}

Name: Python
Description: Python of {target}
Version: {version}
Cflags: -I${{includedir}}
Libs: {libs}
"""
PACKAGES = "pkgconfig"
"""Directory of the pkg-config files, in that of generated files."""


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Write the scripts into a directory for PATH."""
    python = site.python
    if python is None:
        return Configuration()
    text = _script(python)
    versions = ("python", "python3", f"python{python.version.feature}", python.version.executable)
    for name in dict.fromkeys(versions):
        site.write(f"bin/{name}-config", text, mode=0o755)
    for name in dict.fromkeys(("python3", f"python-{python.version}")):
        for suffix in ("", "-embed"):
            site.write(f"{PACKAGES}/{name}{suffix}.pc", _package(python, embedded=bool(suffix)))
    return Configuration(path=(site.directory / "bin",))


def package_command(program: Path, directory: Path, libraries: Path) -> tuple[str, ...]:
    """Return a pkg-config command that finds the target's Python and its native libraries.

    :param program: the build machine's pkgconf.
    :param directory: the directory of generated files.
    :param libraries: the prefix of the native libraries, which may be absent.
    """
    places = (directory / PACKAGES, *(libraries / part / "pkgconfig" for part in ("lib", "share")))
    unset = ("-u", "PKG_CONFIG_PATH", "-u", "PKG_CONFIG_SYSROOT_DIR")
    return ("/usr/bin/env", *unset, f"PKG_CONFIG_LIBDIR={':'.join(map(str, places))}", str(program))


def config_script(directory: Path, python: TargetPython) -> Path:
    """Return the path of the script for a Python in the directory of generated files."""
    return directory / "bin" / f"{python.version.executable}-config"


def _script(python: TargetPython) -> str:
    prefix = python.include.parent.parent
    library = f"-lpython{python.version}"
    values = {
        "prefix": str(prefix),
        "includes": f"-I{python.include}",
        "cflags": " ".join((f"-I{python.include}", *_variables(python, "BASECFLAGS", "CFLAGS", "OPT"))),
        "libs": " ".join(_variables(python, "LIBS", "SYSLIBS")),
        "directories": "",
        "embedded": library,
        "suffix": python.ext_suffix,
        "abiflags": python.version.abiflags,
        "configdir": str(python.library.parent if python.library else prefix / "lib"),
    }
    if python.library:
        # On systems where every module is linked with it, there is no difference between embedding and extending.
        values |= {"directories": f"-L{python.library.parent}", "libs": f"-l{python.library.stem}", "embedded": ""}
        values["libs"] = values["libs"].replace("-llib", "-l")
    quoted = {name: shlex.quote(value) if value else "''" for name, value in values.items()}
    return _SCRIPT.format(origin=python.target, **quoted)


def _package(python: TargetPython, *, embedded: bool) -> str:
    """Return the pkg-config file of a Python, or of programs that embed it."""
    prefix = python.include.parent.parent
    libdir = python.library.parent if python.library else prefix / "lib"
    libs = f"-L${{libdir}} -lpython{python.version}" if embedded else ""
    if python.library:
        libs = f"-L${{libdir}} -l{python.library.stem.removeprefix('lib')}"
    return _PACKAGE.format(
        prefix=prefix, include=python.include, libdir=libdir, target=python.target, version=python.version, libs=libs
    )


def _variables(python: TargetPython, *names: str) -> list[str]:
    return [text for name in names if (text := str(python.config_vars.get(name, "")).strip())]
