"""Overlays of a build requirement, from directories of wheels."""

import pytest

from crosswheel.cross_requirements import Origin, OverlayPatterns
from crosswheel.errors import EnvironmentMissingError, SourceError

HERE = "cp313-cp313-manylinux_2_17_x86_64"
S390X, RISCV64, AARCH64 = (f"cp313-cp313-manylinux_2_31_{name}" for name in ("s390x", "riscv64", "aarch64"))
BIG = {"headed/include/headed.h": b"#define LONG 8 /* big */\n"}


def test_the_targets_wheel_is_taken_where_it_differs(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(S390X, BIG)
    overlay = workspace.resolve("manylinux_2_31_s390x")
    assert overlay.origin is Origin.INDEX
    assert overlay.difference.endswith("headed.h")
    header = overlay.tree / "lib/python3.13/site-packages/headed/include/headed.h"
    assert header.read_bytes() == BIG["headed/include/headed.h"]
    assert [path.suffix for path in overlay.tree.rglob("*") if path.is_file()] == [".h"]


def test_nothing_is_kept_where_nothing_differs(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(S390X, {"headed/core.so": b"\x7fELF another", "headed/include/headed.h": b"#define LONG 8\r\n"})
    assert workspace.resolve("manylinux_2_31_s390x").tree is None


def test_a_wheel_for_any_platform_is_the_targets_too(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel("py3-none-any")
    assert workspace.resolve("manylinux_2_31_s390x").compared == ("headed-1.0-py3-none-any.whl",)


def test_wheels_of_other_platforms_show_that_nothing_depends_on_one(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(AARCH64)
    overlay = workspace.resolve("manylinux_2_31_riscv64")
    assert (overlay.origin, overlay.tree) == (Origin.COMPARABLE, None)


def test_it_is_built_where_they_show_that_something_does(workspace, tmp_path):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(AARCH64, {"headed/include/headed.h": b"#define PAGE 65536\n"})
    workspace.builder.wheel = workspace.wheel(RISCV64, BIG, tmp_path / "made")
    overlay = workspace.resolve("manylinux_2_31_riscv64")
    assert (overlay.origin, workspace.builder.requested) == (Origin.BUILT, ["headed==1.0"])
    assert [path.name for path in overlay.wheels.glob("*.whl")] == [workspace.builder.wheel.name]


def test_a_static_library_needs_the_targets_wheel(workspace, tmp_path):
    library = {"headed/lib/libheaded.a": b"!<arch>\nhere"}
    workspace.install(workspace.wheel(HERE, library))
    workspace.wheel(AARCH64, library)
    workspace.builder.wheel = workspace.wheel(RISCV64, {"headed/lib/libheaded.a": b"!<arch>\nthere"}, tmp_path / "made")
    assert workspace.resolve("manylinux_2_31_riscv64").origin is Origin.BUILT


def test_a_static_library_that_is_the_same_is_linked_from_the_targets_wheel(workspace):
    library = {"headed/lib/libheaded.a": b"!<arch>\nsame"}
    workspace.install(workspace.wheel(HERE, library))
    workspace.wheel("cp313-cp313-musllinux_1_2_x86_64", library)
    overlay = workspace.resolve("musllinux_1_2_x86_64")
    assert not overlay.difference
    assert (overlay.tree / "lib/python3.13/site-packages/headed/lib/libheaded.a").is_file()


def test_wheels_for_other_pythons_tell_nothing(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel("cp312-cp312-manylinux_2_31_riscv64", BIG)
    with pytest.raises(EnvironmentMissingError, match=r"headed 1\.0 has no wheel for manylinux_2_31_riscv64"):
        workspace.resolve("manylinux_2_31_riscv64", builds=False)


def test_a_decision_is_made_once(workspace):
    workspace.install(workspace.wheel(HERE))
    there = workspace.wheel(S390X, BIG)
    first = workspace.resolve("manylinux_2_31_s390x")
    there.unlink()
    assert workspace.resolve("manylinux_2_31_s390x") == first


def test_what_was_built_serves_where_building_is_forbidden_and_not_for_another_recipe(workspace, tmp_path):
    workspace.install(workspace.wheel(HERE))
    workspace.builder.wheel = workspace.wheel(RISCV64, BIG, tmp_path / "made")
    first = workspace.resolve("manylinux_2_31_riscv64")
    assert workspace.resolve("manylinux_2_31_riscv64", builds=False) == first
    workspace.builder.recipe = "changed"
    assert workspace.resolve("manylinux_2_31_riscv64").directory != first.directory


def test_another_build_of_the_same_version_is_another_question(workspace):
    workspace.install(workspace.wheel(HERE))
    there = workspace.wheel(S390X, BIG)
    workspace.resolve("manylinux_2_31_s390x")
    there.unlink()
    workspace.install(workspace.wheel(HERE, {"headed/include/headed.h": b"#define LONG 9\n"}))
    with pytest.raises(EnvironmentMissingError):
        workspace.resolve("manylinux_2_31_s390x", builds=False)


@pytest.mark.parametrize(
    ("tag", "files"),
    [
        ("py3-none-any", {}),  # pure
        (HERE, {"headed/core.so": b"", "headed/include/headed.h": b""}),  # is the target's own
    ],
)
def test_no_look_at_what_has_no_target_side(workspace, tag, files):
    workspace.install(workspace.wheel(tag, files))
    found = workspace.overlays("manylinux_2_31_x86_64" if tag == HERE else "manylinux_2_31_s390x")
    assert found.resolve(workspace.environment, workspace.environment / "lib/python3.13/site-packages") == ()


def test_no_look_at_programs_and_at_modules_without_headers(workspace):
    overlays = workspace.overlays("manylinux_2_31_s390x")
    site = workspace.environment / "lib/python3.13/site-packages"
    wheel = workspace.wheel(HERE)
    workspace.install(wheel)
    record = site / "headed-1.0.dist-info" / "RECORD"
    rows = record.read_text("utf-8").splitlines()
    for hidden in (".so", ".h,"):  # a program with data of its own; modules that nobody compiles with
        record.write_text("\n".join(row for row in rows if hidden not in row), "utf-8")
        assert overlays.resolve(workspace.environment, site) == ()


def test_only_what_is_built_with_is_looked_at(workspace):
    workspace.install(workspace.wheel(HERE))
    site = workspace.environment / "lib/python3.13/site-packages"
    assert workspace.overlays("manylinux_2_31_s390x").resolve(workspace.environment, site, only={"other"}) == ()


def test_a_recipe_can_ask_for_a_look(workspace):
    workspace.install(workspace.wheel(HERE))
    workspace.wheel(S390X, {"headed/core.so": b"\x7fELF of s390x"})
    overlay = workspace.resolve("manylinux_2_31_s390x", patterns=OverlayPatterns(add=("headed/core.so",)))
    assert overlay.difference.endswith("core.so")


def test_a_wheel_that_cannot_be_read_leaves_no_decision(workspace):
    workspace.install(workspace.wheel(HERE))
    (workspace.links / f"headed-1.0-{S390X}.whl").write_bytes(b"not a wheel")
    with pytest.raises(Exception, match="cannot be read"):
        workspace.resolve("manylinux_2_31_s390x")
    workspace.wheel(S390X, BIG)
    assert workspace.resolve("manylinux_2_31_s390x").difference


def test_offline_only_what_was_decided_before(workspace):
    workspace.install(workspace.wheel(HERE))
    object.__setattr__(workspace.host, "offline", True)
    with pytest.raises(SourceError, match="--offline"):
        workspace.resolve("manylinux_2_31_s390x")
