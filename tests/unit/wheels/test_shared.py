"""Grafting shared libraries: which ones, under which paths, and how modules find them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host
from wasm_modules import FUNCTION, I32, code, custom, dylink, exports, functions, imports, module, types

from crosswheel.errors import AuditError
from crosswheel.host import Host
from crosswheel.object_files import Binary, read_binary
from crosswheel.object_files.wasm import Wasm
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import WheelContents, WheelName
from crosswheel.wheels.audit import Expectations
from crosswheel.wheels.audit.model import WheelUnderAudit
from crosswheel.wheels.audit.wasm import libraries
from crosswheel.wheels.repair import SharedLibraries
from crosswheel.wheels.repair.graft import graft

SUFFIX = ".cpython-313-wasm32-emscripten.so"


def made(*needed: str, takes: str = "", gives: str = "PyInit_m") -> bytes:
    """A module that takes a function, gives another, and was linked with libraries."""
    taken = imports(("env", takes, FUNCTION, b"\0")) if takes else b""
    return module(
        dylink(*needed),
        types(([I32], [I32])),
        taken,
        functions(0),
        exports((gives, FUNCTION, int(bool(takes)))),
        code(1),
    )


@pytest.fixture
def shared(tmp_path: Path) -> SharedLibraries:
    """libone, which needs libtwo, and libthree, which nobody uses; libone has a second name."""
    place = tmp_path / "lib"
    place.mkdir()
    (place / "libone.so").write_bytes(made("libtwo.so", "libthree.so", takes="two", gives="one"))
    (place / "libtwo.so").write_bytes(made(gives="two"))
    (place / "libthree.so").write_bytes(made(gives="three"))
    names = {name: place / name for name in ("libone.so", "libtwo.so", "libthree.so")}
    return SharedLibraries({**names, "libuno.so": place / "libone.so"})


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return fake_host(tmp_path, Shelf(tmp_path), lambda _request: (1, "", "nothing is run"))


def unpacked(place: Path, files: dict[str, bytes]) -> dict[str, Binary]:
    for path, data in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)
    return {path: found for path, data in files.items() if (found := read_binary(data))}


def wasm(data: bytes) -> Wasm:
    found = read_binary(data)
    assert isinstance(found, Wasm)
    return found


USER = made("libuno.so", "libone.so", "libthree.so", "libother.so", takes="one")


def test_what_is_needed_goes_along_with_what_that_needs(shared: SharedLibraries) -> None:
    assert [path.name for path in shared.taken([wasm(USER)])] == ["libone.so", "libtwo.so"]
    assert shared.taken([wasm(made())]) == ()


def test_libraries_lie_beside_the_packages(shared: SharedLibraries, host: Host, tmp_path: Path) -> None:
    deep, data = f"a/b/m{SUFFIX}", f"x-1.0.data/platlib/a/n{SUFFIX}"
    binaries = unpacked(tmp_path / "tree", {deep: USER, data: USER, f"a/alone{SUFFIX}": made()})
    changed = graft(host, tmp_path / "tree", binaries, shared, "x")
    one, two = sorted(path for path in changed if path.startswith("x.libs/"))
    assert set(changed) == {one, two, deep, data}
    assert wasm(changed[deep]).needed == (Path(one).name, "libother.so")
    assert wasm(changed[deep]).run_paths == ("$ORIGIN/../../x.libs",)
    assert wasm(changed[data]).run_paths == ("$ORIGIN/../x.libs",)
    assert (wasm(changed[one]).needed, wasm(changed[one]).run_paths) == ((Path(two).name,), ("$ORIGIN",))
    assert {path: (tmp_path / "tree" / path).read_bytes() for path in changed} == changed


def test_names_depend_on_content(shared: SharedLibraries, host: Host, tmp_path: Path) -> None:
    def names(tree: str) -> set[str]:
        binaries = unpacked(tmp_path / tree, {f"m{SUFFIX}": USER})
        return set(graft(host, tmp_path / tree, binaries, shared, "x"))

    first = names("first")
    assert names("second") == first
    shared.named["libone.so"].write_bytes(made("libtwo.so", takes="two", gives="one") + custom("x"))
    assert len(names("third") & first) == 2  # the module, and libtwo


def test_a_place_of_its_own(shared: SharedLibraries, host: Host, tmp_path: Path) -> None:
    bundled = SharedLibraries(shared.named, {"a/libone.so.2": shared.named["libone.so"]})
    binaries = unpacked(tmp_path / "tree", {f"a/m{SUFFIX}": USER})
    changed = graft(host, tmp_path / "tree", binaries, bundled, "x")
    assert wasm(changed[f"a/m{SUFFIX}"]).needed == ("libone.so.2", "libother.so")
    assert wasm(changed[f"a/m{SUFFIX}"]).run_paths == ("$ORIGIN",)
    assert wasm(changed["a/libone.so.2"]).run_paths == ("$ORIGIN/../x.libs",)
    assert graft(host, tmp_path / "pure", {}, bundled, "x").keys() == {
        "a/libone.so.2",
        *(p for p in changed if ".libs" in p),
    }


def test_a_place_that_is_taken(shared: SharedLibraries, host: Host, tmp_path: Path) -> None:
    bundled = SharedLibraries(shared.named, {"a.py": shared.named["libone.so"]})
    unpacked(tmp_path / "tree", {"a.py": b""})
    with pytest.raises(AuditError, match=r"the wheel already contains a\.py"):
        graft(host, tmp_path / "tree", {}, bundled, "x")


def complaints(files: dict[str, bytes], tag: str = "pyodide_2025_0_wasm32") -> list[str]:
    target = target_from_tag(tag)
    assert target is not None
    modules = {path: wasm(data) for path, data in files.items()}
    contents = WheelContents(WheelName.parse(f"x-1.0-cp313-cp313-{tag}.whl"), files)
    return [finding.what for finding in libraries(WheelUnderAudit(contents, (target,), modules, (), Expectations()))]


@pytest.fixture
def wheel(shared: SharedLibraries, host: Host, tmp_path: Path) -> dict[str, bytes]:
    """Two modules in one directory, which need libone, and a module that reaches it from elsewhere."""
    user = made("libone.so", takes="one")
    files = {f"a/m{SUFFIX}": user, f"a/n{SUFFIX}": user, f"b/o{SUFFIX}": user}
    binaries = unpacked(tmp_path / "tree", files)
    return {**files, **graft(host, tmp_path / "tree", binaries, shared, "x")}


def test_a_library_that_is_reached_by_two_ways(wheel: dict[str, bytes]) -> None:
    said = complaints(wheel)
    assert [text.split("/")[-1].split("-")[0] for text in said] == ["libone", "libtwo"]
    assert all("loads as separate libraries" in text for text in said)
    assert complaints(wheel, "pyemscripten_2026_0_wasm32") == []
    assert complaints({path: data for path, data in wheel.items() if not path.startswith("b/")}) == []


def test_a_library_that_is_not_found(wheel: dict[str, bytes]) -> None:
    lost = {path: data for path, data in wheel.items() if "libtwo" not in path}
    (said,) = complaints(lost)
    assert "which the runtime does not find" in said
    assert len(complaints(wheel, "pyodide_2024_0_wasm32")) == 4  # it looks for none
