"""The sources of compiler-rt's processor detection: which there are, and where they come from."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_hosts import NoDownloads, Shelf, fake_host

from crosswheel.errors import SourceError
from crosswheel.targets import target_from_tag
from crosswheel.toolchains.zig import cpu_model
from crosswheel.toolchains.zig.cpu_model import CpuModel
from crosswheel.toolchains.zig.model import ZigProgram

if TYPE_CHECKING:
    from crosswheel.host import ProcessRequest

TABLE: dict[str, Any] = tomllib.loads(files("crosswheel.toolchains.zig").joinpath("cpu_model.toml").read_text("utf-8"))
ZIG = ZigProgram(Path("/zig/zig"), Path("/zig/lib"), "1.0")


def test_every_file_has_a_hash_and_every_hash_a_file() -> None:
    named = {name for row in TABLE["sources"].values() for name in (row["compile"], *row["includes"])}
    assert named == set(TABLE["sha256"])
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in TABLE["sha256"].values())


@pytest.mark.parametrize(
    ("tag", "symbol"),
    [
        ("manylinux_2_17_x86_64", "__cpu_model"),
        ("musllinux_1_2_i686", "__cpu_indicator_init"),
        ("manylinux_2_31_riscv64", "__riscv_feature_bits"),
        ("macosx_11_0_arm64", "__aarch64_cpu_features"),
        ("win_arm64", "__aarch64_cpu_features"),
    ],
)
def test_architectures_with_detection(tmp_path: Path, tag: str, symbol: str) -> None:
    target = target_from_tag(tag)
    assert target is not None
    library = CpuModel(fake_host(tmp_path, NoDownloads()), ZIG, target, ("-F",)).library
    assert library is not None
    assert symbol in library.symbols
    other = CpuModel(fake_host(tmp_path, NoDownloads()), ZIG, target, ("-G",)).library
    assert other is not None
    assert other.path != library.path


def test_architectures_without_detection(tmp_path: Path) -> None:
    target = target_from_tag("manylinux_2_17_s390x")
    assert target is not None
    assert CpuModel(fake_host(tmp_path, NoDownloads()), ZIG, target, ()).library is None


def test_single_files_are_downloaded_before_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {"cpu_model/riscv.c": b"int x;", "cpu_model/cpu_model.h": b"#define H"}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(cpu_model, "_table", lambda: TABLE | {"sha256": digests})
    shelf = Shelf(tmp_path / "shelf", {TABLE["file"].format(path=name): data for name, data in contents.items()})
    seen: list[Path] = []

    def run(request: ProcessRequest) -> tuple[int, str, str]:
        if "clang" in request.argv:
            source = next(Path(argument) for argument in request.argv if argument.endswith("riscv.c"))
            assert source.read_bytes() == b"int x;"
            assert source.with_name("cpu_model.h").read_bytes() == b"#define H"
            seen.append(source)
        return 0, "", ""

    target = target_from_tag("manylinux_2_31_riscv64")
    assert target is not None
    detection = CpuModel(fake_host(tmp_path, shelf, run), ZIG, target, ())
    detection.build()
    detection.build()
    assert len(seen) == 1
    assert all("riscv" in url or "cpu_model.h" in url for url in shelf.asked)


def test_the_archive_is_asked_for_what_cannot_be_downloaded_singly(tmp_path: Path) -> None:
    target = target_from_tag("manylinux_2_31_riscv64")
    assert target is not None
    shelf = Shelf(tmp_path / "shelf")
    with pytest.raises(SourceError, match="not available"):
        CpuModel(fake_host(tmp_path, shelf), ZIG, target, ()).build()
    assert shelf.asked[0].endswith("/cpu_model/riscv.c")
    assert shelf.asked[-1].endswith("llvm-toolchain-22_22.1.8.orig.tar.xz")
