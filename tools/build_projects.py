"""Build every project below some directories, natively and for other platforms, and print a table.

    python tools/build_projects.py DIRECTORY… [--target linux-riscv64 …] [--python 3.13] [--only NAME …]
                                  [--skip NAME …] [--rebuild] [--json FILE]

For the test packages of build backends: those that build here should build for every target. A project is a
directory with a ``pyproject.toml`` or ``setup.py``; uv builds it natively, and crosswheel for the targets, which
tests the wheel where a runner can. Each wheel is compared with the native one: it should have the same files, but for
what platforms call them, and the same contents of those that are not compiled. Windows wheels have import libraries
besides.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.environments.packages import uv_program
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.host.trees import clone_tree
from crosswheel.pythons import find_build_python
from crosswheel.targets import PythonVersion
from crosswheel.wheels.archive import WheelContents, installed_path, read_wheel

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

_TARGETS = ("linux-riscv64", "pyodide", "win-amd64")
_PROJECT_FILES = ("pyproject.toml", "setup.py")
_PLATFORM_NAMES = (
    (re.compile(r"(\.cpython-\d+[^./]*|\.cp\d+-\w+|\.abi3)\.(so|pyd)$|\.pyd$"), " (module)"),
    (re.compile(r"(?:lib)?([^/]+?)(?:\.dll\.a|\.a|\.lib)$"), r"\1 (archive)"),
    (re.compile(r"(?:lib)?([^/]+?)(?:-\d+)?(?:\.so(?:\.\d+)*|\.dll)$"), r"\1 (library)"),
    (re.compile(r"\.(?:exe|js|wasm)$"), ""),
)
_BINARY = (b"\x7fELF", b"MZ", b"\0asm", b"!<arch>", b"#!")
_REWRITTEN = ("/RECORD", "/WHEEL")


@dataclass(frozen=True)
class Attempt:
    """What became of one project on one target; ``native`` stands for this machine.

    :param outcome: ``tested``, ``audited``, ``untested``, ``built`` or ``failed``.
    :param reason: of a failure, or what the build lost.
    :param differences: of its wheel from the native one.
    """

    project: str
    target: str
    outcome: str
    reason: str = ""
    differences: tuple[str, ...] = ()


def projects(directories: Sequence[Path]) -> Iterator[Path]:
    """Yield the projects directly below some directories, in alphabetical order."""
    for directory in directories:
        for path in sorted(directory.iterdir()):
            if any((path / name).is_file() for name in _PROJECT_FILES):
                yield path


def platform_free(path: str) -> str:
    """Return where a file is installed, without what depends on the platform: ``a.abi3.so`` is ``a (module)``."""
    for pattern, replacement in _PLATFORM_NAMES:
        path, found = pattern.subn(replacement, installed_path(path))
        if found:
            break
    return path


def wheel_differences(native: WheelContents, wheel: WheelContents) -> tuple[str, ...]:
    """Compare a wheel with that of another platform."""
    theirs = {platform_free(path): content for path, content in native.files.items()}
    ours = {platform_free(path): content for path, content in wheel.files.items()}
    found = [f"lacks {path}" for path in sorted(theirs.keys() - ours.keys())]
    added = {path for path in ours.keys() - theirs.keys() if not _is_import_library(path, ours)}
    found += [f"adds {path}" for path in sorted(added)]
    for path in sorted(ours.keys() & theirs.keys()):
        compiled = any(files[path].startswith(_BINARY) for files in (ours, theirs))
        if ours[path] != theirs[path] and not compiled and not path.endswith(_REWRITTEN):
            found.append(f"other contents: {path}")
    tags = [("-".join(".".join(part) for part in (name.pythons, name.abis))) for name in (native.name, wheel.name)]
    if tags[0] != tags[1] or native.name.is_pure != wheel.name.is_pure:
        found.append(f"tagged {wheel.name}, natively {native.name}")
    return tuple(found)


def _is_import_library(path: str, files: Container[str]) -> bool:
    """Whether a file is the archive with which programs are linked with a DLL or module of the same wheel.

    Meson installs them on Windows, of modules too.
    """
    base = path.removesuffix(" (archive)")
    module = base.rpartition(".cp")[0] or base
    return base != path and any(f"{name} ({kind})" in files for name, kind in ((base, "library"), (module, "module")))


def build_natively(host: Host, project: Path, python: str, output: Path) -> Attempt:
    """Build a wheel for this machine with uv, as its users do."""
    with temporary_directory() as work:
        clone_tree(project, work / project.name)
        interpreter = find_build_python(host, PythonVersion.parse(python)).executable
        command = (uv_program(host), "build", "--wheel", "--python", interpreter, "--out-dir", output)
        result = host.run(*command, work / project.name, cwd=work)
    lines = [line.strip() for line in f"{result.stdout}\n{result.stderr}".splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and not line.startswith("error: Failed to build")]
    reason = "" if result.ok else next(iter((*errors, *reversed(lines))), f"status {result.status}")
    return Attempt(project.name, "native", "built" if result.ok else "failed", reason[:200])


def cross_build(
    host: Host, project: Path, targets: Sequence[str], python: str, output: Path, *, rebuild: bool
) -> Iterator[Attempt]:
    """Build a project for other platforms and compare the wheels with the native one, which is in ``output``."""
    (native,) = (output / "native").glob("*.whl")
    for target in targets:
        options = BuildOptions(output_directory=output / target, test=True, rebuild=rebuild)
        (result,) = crosswheel.build([str(project)], targets=[target], pythons=[python], options=options, host=host)
        lost = "; ".join(loss.what for loss in result.degraded)
        reason = result.error.what if result.error else lost or (result.remark if result.stage == "untested" else "")
        differences = wheel_differences(read_wheel(native), read_wheel(result.wheel)) if result.wheel else ()
        yield Attempt(project.name, target, result.stage.value, reason, differences)


def main() -> int:
    """Print the table; return 1 if a project that builds natively fails for a target or makes another wheel for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--rebuild", action="store_true", help="build even if a cached wheel exists")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    host, targets, differing = Host.detect(), options.target or list(_TARGETS), 0
    attempts: list[Attempt] = []
    print(f"{'project':<40} {'native':<10} {' '.join(f'{target:<16}' for target in targets)}", flush=True)
    for project in projects(options.directories):
        if project.name in options.skip or (options.only and project.name not in options.only):
            continue
        with temporary_directory() as output:
            row = [build_natively(host, project, options.python, output / "native")]
            if row[0].outcome == "built":
                row += cross_build(host, project.absolute(), targets, options.python, output, rebuild=options.rebuild)
        attempts += row
        outcomes = " ".join(f"{attempt.outcome:<16}" for attempt in row[1:])
        print(f"{project.name:<40} {row[0].outcome:<10} {outcomes}", flush=True)
        for attempt in row:
            for remark in (attempt.reason, *attempt.differences):
                if remark:
                    print(f"    {attempt.target}: {remark}", flush=True)
        differing += any(attempt.outcome == "failed" or attempt.differences for attempt in row[1:])
    if options.json:
        options.json.write_text(json.dumps([asdict(attempt) for attempt in attempts], indent=1) + "\n", "utf-8")
    return int(differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
