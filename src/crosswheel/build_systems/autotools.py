"""configure scripts: they source the file named by CONFIG_SITE before they look at anything."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import architecture, libc
from crosswheel.platforms import table_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.build_systems.model import BuildSite


@cache
def _answers() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("crosswheel.build_systems").joinpath("config_site.toml").read_text("utf-8"))


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Write ``config.site``: host and build triples as if they had been given, and answers to run checks."""
    target = site.target
    answers = table_row(_answers(), target.system.name, "crosswheel/build_systems/config_site.toml")
    abi = "gnu" if libc() == "glibc" else "musl"
    lines = [
        "# Tells every configure script of this build what it is built for.",
        f'test -n "$host_alias" || host_alias={target.triple}',
        f'test -n "$build_alias" || build_alias={architecture()}-linux-{abi}',
        "host=$host_alias; build=$build_alias",
        "cross_compiling=yes",
        f"ac_cv_c_bigendian={'yes' if target.architecture.endian == 'big' else 'no'}",
        f"ac_cv_func_strerror_r_char_p={'yes' if target.libc_version[0] == 'glibc' else 'no'}",
        *(f"{name}={answer}" for name, answer in answers.items()),
    ]
    path = write_atomic(site.directory / "config.site", "\n".join(lines) + "\n")
    return Configuration({"CONFIG_SITE": str(path)})
