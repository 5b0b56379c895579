from crosswheel.doctor import survey
from crosswheel.host import Host, NullProgress, ProcessResult
from crosswheel.targets import PythonVersion, libcs, linux_architectures
from crosswheel.targets.pyodide import abis


class Uncalled:
    """Starts and fetches nothing."""

    def run(self, request):
        return ProcessResult(request, 1, "", "", 0.0)


def test_every_platform_is_listed_once_with_its_lowest_policy(tmp_path):
    host = Host({}, tmp_path, tmp_path, Uncalled(), Uncalled(), NullProgress())
    surveys = survey(host)
    assert [found.target.alias for found in surveys] == [
        *(f"{libc.alias}-{name}" for libc in libcs().values() for name in linux_architectures()),
        *(f"pyodide-{abi.python}" for abi in abis().values()),
        "macos-arm64",
        "macos-x86_64",
        "macos-universal2",
        "win-amd64",
        "win-arm64",
        "win32",
    ]
    riscv64 = next(found for found in surveys if found.target.alias == "linux-riscv64")
    assert riscv64.target.tag == "manylinux_2_31_riscv64"
    assert riscv64.build.available
    assert riscv64.tests[PythonVersion(13)] == "qemu"
    assert riscv64.untested == ""
    assert riscv64.as_json()["test"]["3.13"] == "qemu"


def test_platforms_without_a_compiler_are_listed_with_the_reason(tmp_path):
    host = Host({"PATH": ""}, tmp_path, tmp_path, Uncalled(), Uncalled(), NullProgress())
    surveys = survey(host, "gcc")
    assert len(surveys) == len(survey(host))
    assert not any(found.build.available for found in surveys)
    riscv64 = next(found for found in surveys if found.target.alias == "linux-riscv64")
    assert riscv64.build.reason == "there is no riscv64-linux-gnu-gcc on PATH"
    assert "--toolchain-prefix" in riscv64.build.hint
