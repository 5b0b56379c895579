"""configure scripts: they read the file in CONFIG_SITE first."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration
from crosswheel.host.machine import architecture, libc
from crosswheel.platforms import table_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.build_systems.model import BuildSite


@cache
def _check_results() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("crosswheel.build_systems").joinpath("config_site.toml").read_text("utf-8"))


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Write ``config.site``: host and build triples as if passed as options, results of checks that run programs.

    A script that is run with the compiler of the build machine, or with ``--host`` naming that machine, configures a
    program that the build runs: it gets nothing.
    """
    target = site.target
    results = table_row(_check_results(), target.system.name, "crosswheel/build_systems/config_site.toml")
    abi = "gnu" if libc() == "glibc" else "musl"
    build_triple = f"{architecture()}-linux-{abi}"
    lines = [
        "# Target of this build, for every configure script that does not configure for the build machine.",
        'case "$CC" in *cc-for-build*) return 0 ;; esac',
        *([f'test "$host_alias" != {build_triple} || return 0'] if target.triple != build_triple else []),
        f'test -n "$host_alias" || host_alias={target.triple}',
        f'test -n "$build_alias" || build_alias={build_triple}',
        "host=$host_alias; build=$build_alias",
        "cross_compiling=yes",
        f"ac_cv_c_bigendian={'yes' if target.architecture.endian == 'big' else 'no'}",
        f"ac_cv_func_strerror_r_char_p={'yes' if target.libc_version[0] == 'glibc' else 'no'}",
        *(f"{name}={value}" for name, value in results.items()),
    ]
    path = site.write("config.site", "\n".join(lines) + "\n")
    return Configuration({"CONFIG_SITE": str(path)})
