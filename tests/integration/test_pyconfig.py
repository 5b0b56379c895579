"""The probed pyconfig.h against the real ones of Debian's interpreters."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from crosswheel.downloads.debian.roots import make_root, suites
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.pythons import TargetPython, find_build_python, pyconfig
from crosswheel.pythons.probe import ProbeProvider
from crosswheel.pythons.pyconfig_checks import CheckKind, check_for
from crosswheel.targets import PythonVersion, find_target, linux_architectures
from crosswheel.toolchains.select import find_toolchain

pytestmark = pytest.mark.network

TABLE = tomllib.loads((Path(__file__).parent / "data" / "pyconfig_differences.toml").read_text("utf-8"))["difference"]
PLACES = [("bookworm", name) for name in ("arm64", "armhf", "i386", "ppc64el", "s390x")] + [("trixie", "riscv64")]


@dataclass(frozen=True)
class Pair:
    """Two answers to the same questions.

    :param public: the words that occur in the installed headers, ``pyconfig.h`` left out.
    """

    architecture: str
    real: pyconfig.PyConfig
    probed: pyconfig.PyConfig
    public: frozenset[str]

    @property
    def differences(self) -> dict[str, tuple[str | None, str | None]]:
        """Macros by name: Debian's value, the probed value."""
        real, probed = self.real.values, self.probed.values
        names = real.keys() | probed.keys()
        return {n: (real.get(n), probed.get(n)) for n in sorted(names) if real.get(n) != probed.get(n)}


def probe(host: Host, suite: str, architecture: str) -> TargetPython:
    row = next(row for row in suites() if row.name == suite)
    name = next(name for name, known in linux_architectures().items() if known.debian == architecture)
    toolchain = find_toolchain(host, "zig")
    tag = f"manylinux_{row.glibc[0]}_{row.glibc[1]}_{name}"
    kit = toolchain.prepare(find_target(tag, toolchain, native=tag))
    try:
        python = find_build_python(host, PythonVersion.parse(row.python), install=False)
    except EnvironmentMissingError as error:
        pytest.skip(error.what)
    return ProbeProvider(host).target_python(kit.target, python, kit)


@pytest.fixture(scope="module", params=PLACES, ids=[f"{suite}-{name}" for suite, name in PLACES])
def pair(request: pytest.FixtureRequest, host: Host) -> Pair:
    suite, architecture = request.param
    python = probe(host, suite, architecture)
    version = python.version.feature
    root = make_root(host, suite, architecture, [f"libpython{version}-dev"], dependencies=False)
    headers = root / "usr" / "include" / f"python{version}"
    real = pyconfig.find_pyconfig(headers, python.target.multiarch)
    words = set()
    for header in headers.rglob("*.h"):
        if header.name != "pyconfig.h":
            words |= set(re.findall(r"\w+", header.read_text("utf-8")))
    return Pair(
        architecture,
        pyconfig.parse_pyconfig(real.read_text("utf-8")),
        pyconfig.parse_pyconfig((python.include / "pyconfig.h").read_text("utf-8")),
        frozenset(words),
    )


def test_both_are_whole(pair: Pair):
    """Nothing below says anything if one of the files is a stub, or no macro is public."""
    assert min(len(pair.real.macros), len(pair.probed.macros)) > 550
    assert {
        "SIZEOF_LONG",
        "SIZEOF_VOID_P",
        "WORDS_BIGENDIAN",
        "HAVE_PTHREAD_H",
    } <= pair.public & pair.real.macros.keys()


def test_no_macro_in_a_public_header_differs_unexplained(pair: Pair):
    found = {name for name in pair.differences if name in pair.public}
    rows = [row for row in TABLE if pair.architecture in row["architectures"]]
    explained = {row["macro"] for row in rows}
    certain = {row["macro"] for row in rows if not row.get("build_python")}
    assert {name: pair.differences[name] for name in found - explained} == {}
    assert certain - found == set(), "these entries have become untrue: remove them from the table"


def test_no_size_alignment_or_byte_order_differs(pair: Pair):
    """Also in those that no public header names: extensions read them through sysconfig."""
    names = [name for name in pair.differences if re.match(r"SIZEOF_|ALIGNOF_|WORDS_|FLOAT_|DOUBLE_", name)]
    assert names == []


def test_what_the_compiler_answered_is_nearly_all_right(pair: Pair):
    """The rest are what the archive's own builds had beside the C library, or other micro versions' questions."""
    both = pair.real.macros.keys() & pair.probed.macros.keys()
    asked = {
        name
        for name in both
        if check_for(pair.probed.macros[name], "linux").kind not in {CheckKind.POLICY, CheckKind.FIXED}
    }
    assert len(asked) > 350
    wrong = asked & pair.differences.keys() - {"X87_DOUBLE_ROUNDING"}
    assert wrong <= {"HAVE_BLUETOOTH_BLUETOOTH_H", "HAVE_RPC_RPC_H", "HAVE_MEMORY_H"}


def test_the_table_says_why_and_names_known_architectures():
    assert TABLE
    for row in TABLE:
        assert set(row) <= {"macro", "architectures", "build_python", "reason"}
        assert set(row["architectures"]) <= {name for _, name in PLACES}
        assert len(row["reason"]) > 60
