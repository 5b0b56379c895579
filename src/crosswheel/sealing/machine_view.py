"""The target's machine as programs of a build see it: ``uname``, ``lscpu``, ``/proc/cpuinfo`` and others answer for it.

Projects ask for the processor, and choose sources and compiler options by the answer. The table has the baseline of
each architecture only, so that a portable wheel does not use what the processor of the build machine has.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.host.machine import SYSTEM_PROGRAMS
from crosswheel.platforms import table_row
from crosswheel.sealing.model import MachineView
from crosswheel.targets import LinuxTarget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import Target

_TABLE = "crosswheel/sealing/machine_view.toml"
REAL_PROGRAMS = "/crosswheel/real"
"""Directory inside of the seal with the build machine's own programs over which those of the target are mounted."""


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("crosswheel.sealing").joinpath("machine_view.toml").read_text("utf-8"))


@cache
def _program(name: str) -> str:
    return files("crosswheel.sealing").joinpath("programs", f"{name}.sh").read_text("utf-8")


def machine_view(target: Target, processors: int = 1) -> MachineView:
    """Return what programs of a build for a target see of its machine.

    A target that is merged from others has the machine of the last of them.

    :param processors: their number, as ``nproc`` prints it.
    :raises UnknownPlatformError: if the table has no row for the target's system or architecture.
    """
    if parts := target.components():
        return machine_view(parts[-1], processors)
    system = table_row(_table()["systems"], target.system.name, _TABLE)
    machines = table_row(_table()["machines"], target.system.name, _TABLE)
    machine = table_row(machines, target.architecture.name, _TABLE, kind="architecture")
    values = {**_system_values(target, system), **_machine_values(target, machine), "processors": str(processors)}
    native = frozenset(system["native_programs"])
    return MachineView(
        {name: _script(name, values) for name in system["programs"]},
        _cpuinfo(machine, values, processors),
        "{kernel} version {release} ({node}) {version}\n".format_map(values) if "cpuinfo" in machine else "",
        substitutes=frozenset(system["programs"]) - native,
    )


def visible_cpuinfo(view: MachineView) -> str:
    """Return ``/proc/cpuinfo`` as programs see it: on systems without one, processors of which nothing is known.

    CMake crashes if it is empty.
    """
    return view.cpuinfo or "".join(f"processor\t: {number}\n\n" for number in range(os.cpu_count() or 1))


def installed_programs(view: MachineView) -> dict[str, str]:
    """Return the programs of a view without those that would stand for a program which this machine does not have."""
    names = [name for name in view.programs if name not in view.substitutes or _machine_has(name)]
    return {name: view.programs[name] for name in sorted(names)}


def _machine_has(name: str) -> bool:
    return any((Path(directory) / name).is_file() for directory in SYSTEM_PROGRAMS)


def _system_values(target: Target, row: Mapping[str, Any]) -> dict[str, str]:
    release = row.get("release", target.release)
    fields = {"bits": str(target.architecture.bits), "release": release}
    return {
        "kernel": row["kernel"].format_map(fields),
        "operating_system": row["operating_system"],
        "node": row["node"],
        "version": row["version"].format_map(fields),
        "release": release,
        "arg_max": str(row["arg_max"]),
        "product_version": target.product_version,
        "build_version": row.get("build_version", ""),
        "libc": " ".join(target.libc_version) if target.libc_version[0] == "glibc" else "",
        "multiarch": target.multiarch,
        **_debian_values(target),
    }


def _machine_values(target: Target, row: Mapping[str, Any]) -> dict[str, str]:
    architecture = target.architecture
    name = row.get("machine", architecture.machine)
    return {
        "machine": name,
        "processor": row.get("processor", name),
        "platform": name,
        "arch": row.get("arch", name),
        "page_size": str(row["page_size"]),
        "char_min": str(row["char_min"]),
        "long_bit": str(target.long_size * 8),
        "pointer_bit": str(architecture.bits),
        "endian": architecture.endian,
        "byte_order": f"{architecture.endian.capitalize()} Endian",
        "sysctl_names": " ".join(row.get("sysctl", ())),
        **{key: row[key] for key in ("vendor", "model", "modes", "flags")},
    }


def _debian_values(target: Target) -> dict[str, str]:
    """Return the names of Debian's architecture, which are empty for other systems than Linux."""
    if not isinstance(target, LinuxTarget):
        return dict.fromkeys(("debian", "debian_cpu", "debian_abi", "debian_libc", "gnu_cpu", "gnu_system"), "")
    architecture = target.architecture
    cpu, _, system = target.multiarch.partition("-")
    return {
        "debian": architecture.debian,
        "debian_cpu": cpu if architecture.eabi else architecture.debian,
        "debian_abi": architecture.eabi or "base",
        "debian_libc": target.libc.abi,
        "gnu_cpu": "i686" if cpu == "i386" else cpu,
        "gnu_system": system,
    }


def _script(name: str, values: Mapping[str, str]) -> str:
    """Return a shell script that answers with these values."""
    known = {**values, "real_programs": " ".join(f"{REAL_PROGRAMS}{directory}" for directory in SYSTEM_PROGRAMS)}
    assignments = "".join(f"{key}={shlex.quote(value)}\n" for key, value in sorted(known.items()))
    return f"#!/bin/sh\n{assignments}{_program('common')}{_program(name)}"


def _cpuinfo(row: Mapping[str, Any], values: Mapping[str, str], processors: int) -> str:
    if "cpuinfo" not in row:
        return ""
    fields = dict(values)
    blocks = (row["cpuinfo"].format_map(fields | {"number": number}) for number in range(processors))
    return "".join((row["head"].format_map(fields), *blocks, row["tail"].format_map(fields)))
