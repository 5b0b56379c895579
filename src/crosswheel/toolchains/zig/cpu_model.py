"""Processor detection: compiler-rt's ``__cpu_model`` and its kin, which zig's compiler-rt lacks.

``__builtin_cpu_supports`` and function multiversioning (``target_clones``) refer to it. Few packages use these, so its
sources are downloaded and compiled for the first link that needs them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.recipes.sources import SourceArchive, SourceChanges, fetch_archive, unpack_sources
from crosswheel.toml_models import StringOrList
from crosswheel.toolchains.model import OptionalLibrary

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.zig.model import ZigProgram

CPU_MODEL = "cpu-model"
"""Its component name in plans."""
_LIBRARY = "libcpu_model.a"
_FLAGS = (
    "-O2", "-g0", "-w", "-DNDEBUG", "-fPIC", "-ffreestanding", "-fno-builtin", "-fvisibility=hidden",
    "-ffunction-sections", "-fdata-sections",
    # On riscv64, the resolver of a function with several versions calls this code before the call of memset can be
    # relocated, as lld 22 sorts the relocations; so memset must not be called.
    "-mllvm", "-max-store-memset=64",
)  # fmt: skip


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_table_text())


@cache
def _table_text() -> str:
    return files("crosswheel.toolchains.zig").joinpath("cpu_model.toml").read_text("utf-8")


@dataclass(frozen=True)
class CpuModel:
    """Processor detection for one target.

    :param flags: the flags that compile C for the target.
    """

    host: Host
    zig: ZigProgram
    target: Target
    flags: tuple[str, ...]

    @cached_property
    def library(self) -> OptionalLibrary | None:
        """The static library; None for architectures without one."""
        if (row := self._row) is None:
            return None
        path = str(self._directory / _LIBRARY)
        return OptionalLibrary(CPU_MODEL, path, tuple(row["symbols"]), tuple(_table()["words"]))

    def build(self) -> None:
        """Download and compile it, unless it is in the cache.

        :raises SourceError: if the sources cannot be downloaded.
        :raises EnvironmentMissingError: if they do not compile, or the architecture has none.
        """
        create_once(self._directory, self._compile)

    @property
    def _row(self) -> dict[str, Any] | None:
        row: dict[str, Any] | None = _table()["sources"].get(self.target.architecture.meson_cpu)
        return row

    @property
    def _directory(self) -> Path:
        flags = " ".join((*self.flags, *_FLAGS)).replace(str(self.zig.library), "")
        key = sha256(f"{self.zig.version}\n{_table_text()}\n{flags}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"cpu-model-{self.target.alias}-{key}"

    def _compile(self, output: Path) -> None:
        if (row := self._row) is None:
            raise EnvironmentMissingError(f"compiler-rt has no processor detection for {self.target}")
        with (
            self.host.progress.step(f"building compiler-rt's processor detection for {self.target}, once"),
            temporary_directory() as work,
        ):
            source = self._fetch(row, work)
            outcome = self.host.run(
                self.zig.executable, "clang", *self.flags, *_FLAGS, f"-ffile-prefix-map={work}=.",
                "-c", source, "-o", "cpu_model.o", cwd=work,
            )  # fmt: skip
            if not outcome.ok:
                raise EnvironmentMissingError(f"cannot build {CPU_MODEL}: {outcome.stderr[:500]}", where=source)
            self.host.run(self.zig.executable, "ar", "rcsD", output / _LIBRARY, "cpu_model.o", cwd=work)

    def _fetch(self, row: dict[str, Any], work: Path) -> Path:
        """Return the source file to compile, beside the files that it includes."""
        names = (row["compile"], *row["includes"])
        try:
            contents = {name: self._download(name) for name in names}
        except SourceError:
            return Path(self._unpack_archive(work), row["compile"])
        for name, content in contents.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Path(work, row["compile"])

    def _download(self, name: str) -> bytes:
        url = _table()["file"].format(path=name)
        return self.host.downloader.fetch(url, sha256=_table()["sha256"][name]).read_bytes()

    def _unpack_archive(self, work: Path) -> Path:
        """Return the directory with compiler-rt's sources from the archive, unpacked once for all targets."""
        archive = SourceArchive(**{key: _as_list(value) for key, value in _table()["archive"].items()})

        def unpack(output: Path) -> None:
            packed = fetch_archive(self.host, archive, work)
            changes = SourceChanges(archive.directory, members=archive.members)
            unpack_sources(packed, changes, output / "tree").rename(output / "source")

        name = f"compiler-rt-{_table()['version']}-{archive.sha256[:8]}"
        return create_once(self.host.cache / "sources" / name, unpack) / "source"


def _as_list(value: Any) -> Any:
    return StringOrList(value) if isinstance(value, list) else value
