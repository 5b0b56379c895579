"""Options that zig's clang and lld reject, by flags.toml."""

from __future__ import annotations

import pytest

from crosswheel.targets import linux_architectures
from crosswheel.toolchains.command_line import read_command_line
from crosswheel.toolchains.zig.option_filters import drop_unsupported, filter_linker_args, unsupported_options


def kept(text: str, architecture: str = "riscv64") -> str:
    items = drop_unsupported(read_command_line(tuple(text.split())).items, architecture).items
    return " ".join(token for item in items for token in item.tokens())


@pytest.mark.parametrize("architecture", linux_architectures())
def test_every_architecture_has_its_rows(architecture: str) -> None:
    table = unsupported_options(architecture)
    assert len(table.compiler) == 3
    assert ("-fcf-protection" in table.compiler[2].prefixes) is (architecture not in {"x86_64", "i686"})


@pytest.mark.parametrize(
    "flag",
    [
        # What changes a program's meaning, or its processor, is for clang to accept or refuse.
        "-fgnu-tm", "-fplan9-extensions", "-mavx2", "-march=armv8-a", "-mcpu=power8", "-fsanitize=address", "-fno-weak",
        "-ffast-math", "-fno-strict-aliasing", "-fwrapv", "-fopenmp-simd", "-m32", "-fno-semantic-interposition",
        "-ftree-vectorize", "-fno-tree-slp-vectorize", "-flto", "-flto=thin", "-flto=auto", "-Wno-maybe-uninitialized",
        "-Wl,-Bsymbolic-functions", "-Wl,-z,relro", "-Wl,--push-state,--as-needed", "-Wl,--icf=all",
        "-Wl,--threads=2", "-Wl,--no-undefined-version", "-Wl,--undefined=f",
    ],
)  # fmt: skip
def test_kept(flag: str) -> None:
    assert kept(f"{flag} a.c") == f"{flag} a.c"


@pytest.mark.parametrize(
    ("architecture", "given", "expected"),
    [
        ("x86_64", "-fcf-protection=full -mbranch-protection=standard", "-fcf-protection=full"),
        ("aarch64", "-fcf-protection=full -mbranch-protection=standard", "-mbranch-protection=standard"),
        ("s390x", "-fcf-protection=full -mbranch-protection=standard", ""),
        ("aarch64", "-Wl,--fix-cortex-a53-843419", "-Wl,--fix-cortex-a53-843419"),
        ("riscv64", "-Wl,--fix-cortex-a53-843419", ""),
        ("i686", "-Wl,-z,shstk", "-Wl,-z,shstk"),
        ("armv7l", "-Wl,-zshstk", ""),
        ("armv7l", "-Wl,-z -Wl,shstk,-z,now", "-Wl,-z,now"),
    ],
)
def test_by_processor(architecture: str, given: str, expected: str) -> None:
    assert kept(given, architecture) == expected


def test_linker_option_with_a_value() -> None:
    args = ["--as-needed", "-a", "shared", "x.o"]
    changes, notes = filter_linker_args(args, "riscv64")
    assert changes == {1: None, 2: None}
    assert notes == ("removed -a shared: the linker has no such option",)


def test_inputs_are_never_taken_for_flags() -> None:
    assert kept("a.c -o out -lfoo") == "a.c -o out -lfoo"
