"""Why a wheel was refused, as the logs of its build tell."""

from __future__ import annotations

import pytest

from crosswheel.building.refusals import explain_refusal

BY_PATH = """# cc -c a.c -o a.o
cd /b && clang -c a.c -o a.o
# ld-for-build -shared -o build/demo.so a.o
#   called by /usr/bin/gcc-12
cd /b && /usr/bin/ld -shared -o build/demo.so a.o
"""
FOR_BUILD = "# cc-for-build -shared a.c -o demo.cpython-313-riscv64-linux-gnu.so\ncd /b && /usr/bin/gcc -shared a.c\n"
OTHER = "# ld-for-build -o generator a.o\n#   called by /usr/bin/gcc\n# cc -shared a.o -o demo.so\n"


@pytest.mark.parametrize(
    ("calls", "log", "cause"),
    [
        (BY_PATH, "", "the build called /usr/bin/gcc-12"),
        (FOR_BUILD, "", "linked it with cc-for-build"),
        ("", "scons: Reading SConscript files ...\ngcc -o demo.os -c demo.c\n", "SCons"),
        ("", "running build_ext\n/usr/bin/x86_64-linux-gnu-gcc -shared demo.o -o demo.so\n", "x86_64-linux-gnu-gcc"),
    ],
)
def test_the_compiler_of_a_module_for_the_build_machine_is_named(calls: str, log: str, cause: str) -> None:
    explanation = explain_refusal("machine", "pkg/demo.cpython-313-riscv64-linux-gnu.so", log, calls)
    assert explanation is not None
    assert cause in explanation[0]


@pytest.mark.parametrize(("check", "member"), [("machine", "demo.so"), ("machine", None), ("init", "demo.so")])
def test_nothing_is_made_up(check: str, member: str | None) -> None:
    assert explain_refusal(check, member, "cc -c demo.c\n", OTHER) is None


def test_another_pythons_configuration_is_named() -> None:
    explanation = explain_refusal("suffix", "demo.so", "/usr/bin/python3.11-config --includes\n", "")
    assert explanation is not None
    assert "/usr/bin/python3.11-config" in explanation[0]
