"""The script that runs an emulated Python, and the prefix of other programs."""

from __future__ import annotations

import shlex

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.runners import qemu as module
from crosswheel.runners.qemu import QemuRunner
from crosswheel.targets import PythonVersion, target_from_tag

RISCV = target_from_tag("manylinux_2_31_riscv64")
PYTHON = PythonVersion(13)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A runner whose roots are made of nothing, and the list of them."""
    roots = []

    def make_root(host, suite, architecture, names, *, dependencies=True):
        roots.append((suite, architecture, tuple(names), dependencies))
        root = host.cache / "roots" / f"{suite}-{architecture}-{names[0]}"
        (root / "usr" / "bin").mkdir(parents=True, exist_ok=True)
        return root

    def made(answer=lambda _request: (0, "3.13.5\n", ""), place="cache"):
        return QemuRunner(fake_host(tmp_path / place, Shelf(tmp_path), answer)), roots

    monkeypatch.setattr(machine, "architecture", lambda: "aarch64")
    monkeypatch.setattr(module, "make_root", make_root)
    return made


def test_the_script(make):
    runner, roots = make()
    python = runner.interpreter(RISCV, PYTHON)
    place = runner.host.cache / "roots"
    root, qemu = place / "trixie-riscv64-python3.13", place / "trixie-arm64-qemu-user" / "usr" / "bin" / "qemu-riscv64"
    assert python.executable == root / "usr" / "bin" / "crosswheel-python3.13"
    assert python.executable.stat().st_mode & 0o777 == 0o755
    assert python.executable.read_text("utf-8") == (
        "#!/bin/sh\n"
        'case $0 in */*) self=$0 ;; *) self=$(command -v -- "$0") ;; esac\n'
        f'exec {qemu} -0 "$self" -L {root} {root}/usr/bin/python3.13 "$@"\n'
    )
    assert (python.version, python.full_version) == (PYTHON, "3.13.5")
    assert python.description == "CPython 3.13.5 for riscv64 under qemu"
    (request,) = runner.host.runner.requests
    assert request.argv[0] == str(python.executable)
    # qemu itself is a static program of this machine, which needs no other packages.
    assert roots == [
        ("trixie", "riscv64", ("python3.13", "libpython3.13-stdlib", "libstdc++6"), True),
        ("trixie", "arm64", ("qemu-user",), False),
    ]


def test_a_second_time_it_is_the_same_and_not_started(make):
    runner, _ = make()
    first = runner.interpreter(RISCV, PYTHON)
    text = first.executable.read_text("utf-8")
    assert runner.interpreter(RISCV, PYTHON) == first
    assert first.executable.read_text("utf-8") == text
    names = sorted(path.name for path in first.executable.parent.iterdir())
    assert names == ["crosswheel-python3.13", "crosswheel-python3.13.version"]
    assert len(runner.host.runner.requests) == 1
    first.executable.write_text("of another place")
    assert runner.interpreter(RISCV, PYTHON) == first
    assert (first.executable.read_text("utf-8"), len(runner.host.runner.requests)) == (text, 2)


def test_paths_may_have_blanks_and_quotes(make):
    runner, _ = make(place="o'brien's things")
    program = runner.interpreter(RISCV, PYTHON).executable
    _, qemu, _, own, _, root, python, rest = shlex.split(program.read_text("utf-8").splitlines()[-1])
    assert qemu == f"{runner.host.cache}/roots/trixie-arm64-qemu-user/usr/bin/qemu-riscv64"
    assert (own, rest) == ("$self", "$@")
    assert (root, python) == (str(program.parents[2]), str(program.parent / "python3.13"))


def test_the_suite_is_that_of_the_python(make):
    runner, roots = make(lambda _request: (0, "3.14.0\n", ""))
    runner.interpreter(RISCV, PythonVersion(14))
    assert roots[0][:2] == ("forky", "riscv64")
    runner.interpreter(target_from_tag("manylinux_2_31_armv7l"), PythonVersion(11))
    assert roots[2][:2] == ("bookworm", "armhf")


def test_a_python_that_does_not_start(make):
    runner, _ = make(lambda _request: (1, "", "qemu: no such thing\n"))
    with pytest.raises(EnvironmentMissingError, match="fails to start: qemu: no such thing") as caught:
        runner.interpreter(RISCV, PYTHON)
    assert str(caught.value.where).endswith("crosswheel-python3.13")


@pytest.mark.parametrize(
    ("tag", "python", "reason"),
    [
        ("manylinux_2_31_riscv64", PythonVersion(10), "no Python 3.10 for riscv64"),
        ("pyodide_2025_0_wasm32", PYTHON, "qemu cannot run programs for pyodide_2025_0_wasm32"),
    ],
)
def test_a_python_that_cannot_be_had(make, tag, python, reason):
    runner, roots = make()
    with pytest.raises(EnvironmentMissingError, match=reason):
        runner.interpreter(target_from_tag(tag), python)
    assert roots == []


@pytest.mark.parametrize(
    ("tag", "suite"),
    [
        ("manylinux_2_31_riscv64", "trixie"),
        ("manylinux_2_17_s390x", "bookworm"),
        ("manylinux_2_39_s390x", "trixie"),
        ("manylinux_2_38_loongarch64", "forky"),
    ],
)
def test_other_programs_have_the_oldest_root_that_is_new_enough(make, tag, suite):
    runner, _ = make()
    target = target_from_tag(tag)
    qemu, flag, root = runner.program_prefix(target)
    assert qemu.endswith(f"/bin/qemu-{target.architecture.qemu}")
    assert (flag, root) == ("-L", f"{runner.host.cache}/roots/{suite}-{target.architecture.debian}-libc6")


def test_programs_for_musl_are_static(make):
    runner, roots = make()
    (qemu,) = runner.program_prefix(target_from_tag("musllinux_1_2_riscv64"))
    assert qemu.endswith("/bin/qemu-riscv64")
    assert len(roots) == 1


def test_no_root_is_new_enough(make):
    runner, _ = make()
    with pytest.raises(EnvironmentMissingError, match="no Debian release has the glibc of manylinux_2_99_riscv64"):
        runner.program_prefix(target_from_tag("manylinux_2_99_riscv64"))


def test_other_systems_are_not_its_own(make):
    runner, _ = make()
    reason = runner.support(target_from_tag("pyodide_2025_0_wasm32")).reason
    assert reason == "qemu-user runs Linux programs, not Emscripten programs"
