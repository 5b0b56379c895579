"""Real wheels with exactly one fault each."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import crosswheel
from crosswheel import BuildOptions
from crosswheel.host import Host
from crosswheel.host.machine import native_alias
from crosswheel.targets import find_target
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, Tool
from crosswheel.toolchains.select import find_toolchain
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel, wheel_file
from crosswheel.wheels.audit.model import MODULE_SUFFIXES

Files = dict[str, bytes]
EPOCH = 1_700_000_000


@dataclass(frozen=True)
class Workbench:
    """Creates wheels with faults.

    :param wheels: directory of correct wheels, which tests share.
    :param place: directory of the wheels with faults.
    """

    host: Host
    wheels: Path
    place: Path

    def built(self, source: str | Path, target: str, **options: Any) -> Path:
        """Return a correct wheel; it is built on first use."""
        directory = self.wheels / f"{Path(source).name.partition('=')[0]}-{target}"
        if not directory.is_dir():
            chosen = BuildOptions(output_directory=directory, **options)
            (result,) = crosswheel.build([str(source)], targets=[target], pythons=["3.13"], options=chosen)
            assert result.error is None, result.error
        (wheel,) = directory.glob("*.whl")
        return wheel

    def module(self, wheel: Path) -> tuple[str, bytes]:
        """Return the path and the content of a wheel's first extension module."""
        files = read_wheel(wheel).files
        path = next(path for path in files if path.endswith(MODULE_SUFFIXES))
        return path, files[path]

    def changed(self, wheel: Path, change: Callable[[Files], None], name: str | None = None) -> Path:
        """Return the wheel with changed files, optionally under another name; RECORD is correct."""
        contents = read_wheel(wheel)
        files = dict(contents.files)
        change(files)
        return pack_wheel(files, {}, WheelName.parse(name or wheel.name), self.place, EPOCH)

    def with_module(self, wheel: Path, data: bytes) -> Path:
        """Return the wheel with another content of its extension module."""
        path, _ = self.module(wheel)
        return self.changed(wheel, lambda files: files.update({path: data}))

    def renamed(self, wheel: Path, old: str, new: str) -> Path:
        """Return the wheel under another name, with the tags of that name in WHEEL."""
        name = WheelName.parse(wheel.name.replace(old, new))
        contents = read_wheel(wheel)
        text = wheel_file(contents.headers("WHEEL"), name.tags(), pure=name.is_pure)
        return self.changed(wheel, lambda files: files.update({f"{contents.info}/WHEEL": text}), str(name))

    def patched(self, wheel: Path, *options: str) -> Path:
        """Return the wheel with its extension module changed by patchelf."""
        file = self.place / "module.so"
        file.write_bytes(self.module(wheel)[1])
        patchelf = self.host.program("patchelf") or "patchelf"
        assert self.host.run(patchelf, *options, file, cwd=self.place).ok
        return self.with_module(wheel, file.read_bytes())

    def compiled(self, target: str, source: str, *flags: str, suffix: str = ".c") -> bytes:
        """Return a shared object for a target."""
        status, output = self.compile(target, source, *flags, suffix=suffix)
        assert status == 0, output
        return (self.place / "fault.so").read_bytes()

    def compile(self, target: str, source: str, *flags: str, suffix: str = ".c") -> tuple[int, str]:
        """Compile and link ``fault.so``; return the exit status and the output."""
        toolchain = find_toolchain(self.host, "zig")
        target_toolchain = toolchain.prepare(find_target(target, toolchain, native=native_alias()))
        (self.place / f"fault{suffix}").write_text(source, "utf-8")
        tool = Tool.CC if suffix == ".c" else Tool.CXX
        args = ("-shared", "-fPIC", "-O1", f"fault{suffix}", "-o", "fault.so", *flags)
        return run_call(self.host, target_toolchain, Call(tool, args, str(self.place)))

    def zipped(self, wheel: Path, members: list[tuple[str, bytes]]) -> Path:
        """Return an archive with exactly these members."""
        path = self.place / wheel.name
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members:
                archive.writestr(zipfile.ZipInfo(name), data)
        return path

    def record(self, wheel: Path, change: Callable[[str], str]) -> Path:
        """Return the wheel with a changed RECORD."""
        contents = read_wheel(wheel)
        path = f"{contents.info}/RECORD"
        files: Mapping[str, bytes] = {**contents.files, path: change(contents.files[path].decode()).encode()}
        return self.zipped(wheel, list(files.items()))
