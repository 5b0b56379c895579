"""Selectors, in cibuildwheel's language and with its identifiers."""

from __future__ import annotations

import pytest

from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.catalogue import all_targets
from crosswheel.targets.selection import Selection, arch_patterns, archs_allow, expand_braces, matches

TAGS = (
    "manylinux_2_17_x86_64", "manylinux_2_17_i686", "manylinux_2_17_aarch64", "manylinux_2_31_riscv64",
    "musllinux_1_2_x86_64", "musllinux_1_2_aarch64", "macosx_11_0_arm64", "macosx_10_13_x86_64",
    "macosx_10_13_universal2",
)  # fmt: skip
TARGETS = [target for tag in TAGS if (target := target_from_tag(tag))]
PYTHONS = [PythonVersion(12), PythonVersion(13), PythonVersion(13, freethreaded=True)]
EVERYTHING = [(target, python) for target in TARGETS for python in PYTHONS]


class Everything:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:
        return (0, 0)

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        return "", ""


def chosen(selection: Selection, machine: str = "x86_64") -> list[str]:
    return [target.identifier(python) for target, python in selection.select_from(EVERYTHING, machine=machine)]


def refusal(selection: Selection) -> UsageError:
    with pytest.raises(UsageError) as caught:
        chosen(selection)
    return caught.value


def test_braces_that_are_nested_deep_are_an_error() -> None:
    with pytest.raises(UsageError, match="too many braces"):
        expand_braces("{a," * 3000 + "}" * 3000)


@pytest.mark.parametrize(
    ("tag", "python", "identifier"),
    [
        ("manylinux_2_31_riscv64", "3.13", "cp313-manylinux_riscv64"),
        ("manylinux2014_x86_64", "3.12", "cp312-manylinux_x86_64"),
        ("musllinux_1_2_aarch64", "3.13t", "cp313t-musllinux_aarch64"),
        ("macosx_11_0_arm64", "3.13", "cp313-macosx_arm64"),
        ("macosx_10_13_universal2", "3.13", "cp313-macosx_universal2"),
        ("pyodide_2025_0_wasm32", "3.13", "cp313-pyodide_wasm32"),
        ("pyemscripten_2026_0_wasm32", "3.14", "cp314-pyodide_wasm32"),
    ],
)
def test_identifiers_are_cibuildwheels(tag: str, python: str, identifier: str) -> None:
    target = target_from_tag(tag)
    assert target is not None
    assert target.identifier(PythonVersion.parse(python)) == identifier


def test_versions_of_a_platform_share_an_identifier() -> None:
    names = {target.unversioned_tag for tag in ("manylinux_2_28_riscv64", "manylinux_2_31_riscv64")
             if (target := target_from_tag(tag))}  # fmt: skip
    assert names == {"manylinux_riscv64"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("cp313-*", ["cp313-*"]),
        ("cp3{12,13}-*  *-win32", ["cp312-*", "cp313-*", "*-win32"]),
        ("cp31{2..4}-*", ["cp312-*", "cp313-*", "cp314-*"]),
        ("*-*linux_{aarch64,{x86,x86_64}}", ["*-*linux_aarch64", "*-*linux_x86", "*-*linux_x86_64"]),
        ("", []),
    ],
)
def test_braces_and_spaces(pattern: str, expected: list[str]) -> None:
    assert list(expand_braces(pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "name", "does"),
    [
        ("cp3?-*", "cp313-win32", False),
        ("cp3??-*", "cp313-win32", True),
        ("cp3??t-*", "cp313-win32", False),
        ("cp3[12]?-win*", "cp313-win32", True),
        ("cp3[!1]?-win*", "cp313-win32", False),
        ("CP313-*", "cp313-win32", False),
        ("", "cp313-win32", False),
    ],
)
def test_patterns_are_those_of_fnmatch(pattern: str, name: str, *, does: bool) -> None:
    assert matches([pattern], name) is does


def test_too_many_braces_are_refused() -> None:
    with pytest.raises(UsageError, match="expand to too many"):
        expand_braces("{1..99999}")


def test_what_build_names_and_skip_does_not() -> None:
    assert chosen(Selection(("cp313-macosx_* cp312-*linux_{x86_64,riscv64}",), ("*-musllinux_*", "*universal2"))) == [
        "cp312-manylinux_x86_64",
        "cp312-manylinux_riscv64",
        "cp313-macosx_arm64",
        "cp313-macosx_x86_64",
    ]


def test_without_build_everything_is_named() -> None:
    assert len(chosen(Selection())) == len(EVERYTHING)
    assert len(chosen(Selection(build=("",)))) == len(EVERYTHING)
    assert chosen(Selection(skip=("cp313*",))) == [target.identifier(PYTHONS[0]) for target in TARGETS]


@pytest.mark.parametrize(
    ("selection", "chooses"),
    [
        (Selection(), False),
        (Selection(("",)), False),
        (Selection(skip=("*-win32",)), False),
        (Selection(("cp313-*",)), True),
        (Selection(archs=("auto",)), True),
    ],
)
def test_leaving_out_is_not_choosing(selection: Selection, *, chooses: bool) -> None:
    assert selection.names_builds is chooses


def test_only_pythons_that_a_project_is_for() -> None:
    assert chosen(Selection(("*-macosx_arm64",), requires_python=">=3.12.4,<3.13")) == ["cp312-macosx_arm64"]
    assert "requires-python is 'three': not a version specifier" in str(refusal(Selection(requires_python="three")))


def test_a_name_of_nothing_is_told_with_those_near_to_it() -> None:
    error = refusal(Selection(("cp313-manylinx_riscv64",)))
    assert error.what == "no build matches 'cp313-manylinx_riscv64'"
    assert "available: cp313-manylinux_riscv64," in str(error.hint)
    assert "`crosswheel identifiers` lists all" in str(error.hint)


def test_what_leaves_nothing_is_named() -> None:
    error = refusal(Selection(("cp312-macosx_arm64",), ("cp312-*",), requires_python=">=3.13"))
    assert error.what == ("no builds left: cp312-macosx_arm64 excluded by skip 'cp312-*' and requires-python '>=3.13'")


@pytest.mark.parametrize(
    ("words", "machine", "names"),
    [
        ("x86_64", "x86_64", {"manylinux_x86_64", "musllinux_x86_64", "macosx_x86_64"}),
        ("auto", "x86_64", {"manylinux_x86_64", "musllinux_x86_64", "macosx_x86_64"}),
        ("native", "aarch64", {"manylinux_aarch64", "musllinux_aarch64", "macosx_arm64"}),
        ("auto32", "x86_64", {"manylinux_i686"}),
        ("auto64", "i686", set()),
        ("native", "riscv64", {"manylinux_riscv64"}),
        ("all", "x86_64", {target.unversioned_tag for target in TARGETS}),
        ("AArch64, ARM64", "x86_64", {"manylinux_aarch64", "musllinux_aarch64", "macosx_arm64"}),
        ("linux:riscv64 linux:i686", "x86_64", {
            "manylinux_riscv64", "manylinux_i686", "macosx_arm64", "macosx_x86_64", "macosx_universal2",
        }),
        ("x86_64 linux:riscv64", "x86_64", {"manylinux_riscv64", "macosx_x86_64"}),
        ("", "x86_64", {target.unversioned_tag for target in TARGETS}),
    ],
)  # fmt: skip
def test_architectures(words: str, machine: str, names: set[str]) -> None:
    assert {
        target.unversioned_tag for target in TARGETS if archs_allow([words], target.unversioned_tag, machine)
    } == names


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("aarch65", "unknown architecture 'aarch65'", "did you mean 'aarch64'?"),
        ("linux:arm64", "unknown architecture 'linux:arm64'", "did you mean 'aarch64'?"),
        ("lnux:x86_64", "unknown platform 'lnux'", "did you mean 'linux'?"),
    ],
)
def test_words_for_no_architecture_are_refused(word: str, what: str, hint: str) -> None:
    error = refusal(Selection(archs=(word,)))
    assert what in error.what
    assert hint in str(error.hint)


def test_every_target_is_of_one_platform() -> None:
    """Else neither ``archs`` nor a platform's table in [tool.cibuildwheel] would speak of it."""
    for target in all_targets(Everything()):
        named = [
            name for name, patterns in arch_patterns().items() if matches(patterns.values(), target.unversioned_tag)
        ]
        assert len(named) == 1, target
