"""Exporting and importing the overlays of a target."""

from dataclasses import replace

import pytest

from crosswheel.cross_requirements import CrossEnv, export_cross_env
from crosswheel.errors import EnvironmentMissingError, SourceError, UsageError
from crosswheel.targets import PythonVersion, target_from_tag

HERE, S390X = "cp313-cp313-manylinux_2_17_x86_64", "cp313-cp313-manylinux_2_31_s390x"
TARGET, PYTHON = target_from_tag("manylinux_2_31_s390x"), PythonVersion.parse("3.13")


@pytest.fixture
def exported(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(S390X, {"headed/include/headed.h": b"big\n"})
    return workspace.resolve("manylinux_2_31_s390x")


def test_what_was_exported_serves_elsewhere(workspace, exported, tmp_path):
    archive = tmp_path / "s390x.tar.gz"
    assert [
        overlay.name for overlay in export_cross_env(workspace.overlays(str(TARGET)).store, TARGET, PYTHON, archive)
    ] == ["headed"]
    elsewhere = replace(
        workspace, host=replace(workspace.host, cache=tmp_path / "elsewhere"), directory=tmp_path / "elsewhere"
    )
    elsewhere.install(workspace.links / f"headed-1.0-{HERE}.whl")
    env = CrossEnv.load(elsewhere.overlays(str(TARGET)).store, archive, TARGET, PYTHON)
    overlay = elsewhere.resolve("manylinux_2_31_s390x", builds=False, cross_envs=(env,))
    assert (overlay.tree / "lib/python3.13/site-packages/headed/include/headed.h").read_bytes() == b"big\n"
    with pytest.raises(EnvironmentMissingError):  # it holds only where it is given
        elsewhere.resolve("manylinux_2_31_s390x", builds=False)
    with pytest.raises(UsageError):  # and is not passed on
        export_cross_env(elsewhere.overlays(str(TARGET)).store, TARGET, PYTHON, tmp_path / "again")


def test_the_same_overlays_are_the_same_bytes(workspace, exported, tmp_path):
    store = workspace.overlays(str(TARGET)).store
    for name in ("first", "second"):
        export_cross_env(store, TARGET, PYTHON, tmp_path / name, ["headed"])
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_for_another_target_or_python_it_is_refused(workspace, exported, tmp_path):
    archive = tmp_path / "s390x.tar.gz"
    export_cross_env(workspace.overlays(str(TARGET)).store, TARGET, PYTHON, archive)
    with pytest.raises(UsageError, match=r"is for manylinux_2_31_s390x and cp313, not for manylinux_2_31_riscv64"):
        CrossEnv.load(workspace.overlays(str(TARGET)).store, archive, target_from_tag("manylinux_2_31_riscv64"), PYTHON)
    with pytest.raises(UsageError, match="not for manylinux_2_31_s390x and cp312"):
        CrossEnv.load(workspace.overlays(str(TARGET)).store, archive, TARGET, PythonVersion.parse("3.12"))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00broken"])
def test_a_damaged_one_is_refused(workspace, tmp_path, content):
    archive = tmp_path / "broken.tar.gz"
    archive.write_bytes(content)
    with pytest.raises(SourceError):
        CrossEnv.load(workspace.overlays(str(TARGET)).store, archive, TARGET, PYTHON)


def test_there_must_be_one(workspace, tmp_path):
    with pytest.raises(UsageError, match="cross build environment not found"):
        CrossEnv.load(workspace.overlays(str(TARGET)).store, tmp_path / "none", TARGET, PYTHON)


def test_nothing_to_export(workspace, exported, tmp_path):
    store = workspace.overlays(str(TARGET)).store
    with pytest.raises(UsageError, match="no overlay of numpy"):
        export_cross_env(store, TARGET, PYTHON, tmp_path / "a", ["numpy"])
    with pytest.raises(UsageError, match="no overlay for"):
        export_cross_env(store, target_from_tag("manylinux_2_31_riscv64"), PYTHON, tmp_path / "a")
    assert not (tmp_path / "a").exists()
