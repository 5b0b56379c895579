"""Writes the pages of docs/reference that are made from the code; with ``--check`` only says which are out of date."""

from __future__ import annotations

import argparse
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crosswheel.cli.program import cli
from crosswheel.settings.reference import reference_page
from crosswheel.settings.schema import schema_text
from crosswheel.targets import all_targets, libcs, linux_architectures, macos_architectures, windows_architectures
from crosswheel.toolchains.zig.macos.target_toolchain import OLDEST
from crosswheel.toolchains.zig.model import zig_targets
from crosswheel.toolchains.zig.windows import target_toolchain as windows
from crosswheel.wheels.audit import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
_GENERATED = "<!-- Made by tools/generate_reference.py; changes here are lost. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "commands.md": _GENERATED + _commands(),
        "settings.md": _GENERATED + _settings(),
        "settings.schema.json": schema_text(),
        "targets.md": _GENERATED + _targets(),
        "audit-checks.md": _GENERATED + _checks(),
    }


def outdated(directory: Path = REFERENCE) -> list[str]:
    """The names of the pages whose files are not what they would be."""
    return [
        name
        for name, text in pages().items()
        if not (directory / name).is_file() or (directory / name).read_text("utf-8") != text
    ]


def _commands() -> str:
    parts = ["# Commands\n", "Every command has `--help`. [Exit statuses](exit-status.md),"]
    parts[-1] += " [environment variables](environment.md).\n"
    for path, command in _walk(cli, ("crosswheel",)):
        arguments = [param for param in command.params if isinstance(param, click.Argument)]
        options = [param for param in command.params if isinstance(param, click.Option) and param.name != "version"]
        usage = " ".join((*path, *map(_argument, arguments)))
        parts += [f"## `{usage}`\n", f"{inspect.cleandoc(command.help or '')}\n"]
        if options:
            parts += ["| option | |\n|---|---|", *map(_option, options), ""]
    return "\n".join(parts).rstrip() + "\n"


def _argument(param: click.Argument) -> str:
    name = (param.name or "").upper()
    several = f"{name}..." if param.nargs == -1 else name
    return several if param.required else f"[{several}]"


def _option(param: click.Option) -> str:
    value = ""
    if not _is_switch(param):
        value = f" {param.metavar or param.type.name.upper()}"
    names = [f"`{name}{value if name == param.opts[-1] else ''}`" for name in param.opts]
    names += [f"`{name}`" for name in param.secondary_opts]
    again = " May be given several times." if param.multiple else ""
    return f"| {', '.join(names)} | {param.help}{again} |".replace("[", "\\[").replace("PATH|URL", "PATH/URL")


def _is_switch(param: click.Option) -> bool:
    """Whether it takes no value."""
    return param.is_flag or bool(param.secondary_opts) or param.name == "verbosity"


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from _walk(child, (*path, name))


def _settings() -> str:
    return (
        "# Settings\n\n"
        "A project's `pyproject.toml` may say in a table how it is built. Options of the command line win over it. "
        "`[tool.cibuildwheel]` is read too, [where it lacks a key](../guides/cibuildwheel.md). "
        "Only the tables of a directory that is built are read: an sdist brings none along. Relative paths start at "
        "the directory of the file. A key that does not exist is an error.\n\n"
        "Editors can use [the JSON schema](settings.schema.json); `crosswheel config show` prints what a project's "
        "table says, and what is wrong with it.\n\n" + reference_page()
    )


class _Zig:
    """How far zig reaches, told by its table alone."""

    def minimum_version(self, architecture: str, libc: str) -> tuple[int, int] | None:
        if libc == "macos":
            return OLDEST.get(architecture)
        if libc == "windows":
            return windows.OLDEST
        row = zig_targets().get(architecture)
        return row.minimum_version(libc) if row else None


def _targets() -> str:
    lowest = {target.alias: target.tag for target in all_targets(_Zig())}
    lines = [
        "# Targets\n",
        (
            "A target is named by its platform tag (PEP 600, PEP 656), by an older name of the tag "
            "(`manylinux2014_aarch64`), or by an alias. An alias stands for the lowest policy that auditwheel knows "
            "and the toolchain reaches; `native` is that of this machine. `crosswheel targets` says what a machine "
            "can build and test.\n"
        ),
        "| alias | with zig it means | policies | machine | word | byte order |",
        "|---|---|---|---|---|---|",
    ]
    for libc in libcs().values():
        for name, architecture in linux_architectures().items():
            versions = ", ".join(f"{major}.{minor}" for major, minor in libc.policies[name])
            alias = f"{libc.alias}-{name}"
            lines.append(
                f"| `{alias}` | `{lowest.get(alias, '-')}` | {libc.name} {versions} | {architecture.machine} "
                f"| {architecture.bits} bits | {architecture.endian} |"
            )
    lines += [
        "",
        (
            "macOS is named by the oldest version that wheels run on, their deployment target; from 11 on tags know "
            "its first number only. An alias stands for the oldest version the toolchain reaches.\n"
        ),
        "| alias | with zig it means | versions | machine | word | byte order |",
        "|---|---|---|---|---|---|",
    ]
    for name, architecture in macos_architectures().items():
        versions = ", ".join(f"{major}.{minor}" for major, minor in architecture.versions)
        lines.append(
            f"| `macos-{name}` | `{lowest.get(f'macos-{name}', '-')}` | {versions} | {architecture.machine} "
            f"| {architecture.bits} bits | {architecture.endian} |"
        )
    lines += [
        "",
        "Windows has no versions in its tags; it is named by its tag or as `sysconfig.get_platform()` does there.\n",
        "| alias | tag | machine | word | byte order |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row.platform}` | `{name}` | {row.machine} | {row.bits} bits | {row.endian} |"
        for name, row in windows_architectures().items()
    ]
    return "\n".join(lines) + "\n"


def _checks() -> str:
    lines = [
        "# Audit checks\n",
        (
            "`crosswheel audit` runs each of these over a wheel; `crosswheel build` does so too, strictly, before a "
            "wheel gets its name in the output directory. A finding is an error or a warning; errors end with status "
            "6. Some findings are errors in crosswheel's own wheels (`--strict`) and warnings in others'.\n"
        ),
        "| check | what must hold |",
        "|---|---|",
        *(f"| `{name}` | {' '.join((check.__doc__ or '').split())} |" for name, check in CHECKS.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages; or say which differ, and fail if any does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    changed = outdated()
    if parser.parse_args().check:
        for name in changed:
            print(f"out of date: docs/reference/{name} (run tools/generate_reference.py)")
        return int(bool(changed))
    texts = pages()
    for name in changed:
        (REFERENCE / name).write_text(texts[name], "utf-8")
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
