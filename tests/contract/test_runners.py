"""Requirements on every runner's Python and its environments: they behave like an ordinary Python."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crosswheel.host import Host, ProcessResult
from crosswheel.runners import Interpreter, find_runner
from crosswheel.targets import PythonVersion, Target, target_from_tag
from crosswheel.wheels.archive import WheelName, pack_wheel

pytestmark = pytest.mark.network

PYTHON = PythonVersion(13)
TARGETS = {
    "native": "manylinux_2_17_x86_64",
    "qemu": "manylinux_2_31_riscv64",
    "node": "pyemscripten_2025_0_wasm32",
    "wine": "win_amd64",
}
WITHOUT_PROCESSES = {"node"}
NAME = WheelName.parse("contract_tool-1.0-py3-none-any.whl")
MODULE = "import sys\ndef main():\n    print('tool', *sys.argv[1:])\n    return 3\n"
INFO = "contract_tool-1.0.dist-info"


@dataclass(frozen=True)
class RunnerEnvironment:
    """An environment of a runner's Python, with an installed package that has a command."""

    host: Host
    target: Target
    interpreter: Interpreter
    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    def run(self, *words: str | Path, **more: object) -> ProcessResult:
        env = {**self.host.environ, **self.interpreter.env}
        return self.host.run(*words, cwd=self.directory, env=env, timeout=120, **more)

    def evaluate(self, code: str, *words: str) -> object:
        ended = self.run(self.python, "-c", f"import json, sys; print(json.dumps({code}))", *words)
        assert ended.ok, ended
        return json.loads(ended.stdout)


@pytest.fixture(scope="module", params=list(TARGETS))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunnerEnvironment]:
    host, target = Host.detect(), target_from_tag(TARGETS[request.param])
    assert target is not None
    runner, support = find_runner(host, target, PYTHON)
    assert (runner.name, support.available) == (request.param, True)
    interpreter = runner.interpreter(target, PYTHON)
    directory = tmp_path_factory.mktemp(request.param)
    uv = host.program("uv")
    assert uv is not None

    def run_uv(*words: str | Path) -> None:
        ended = host.run(uv, *words, cwd=directory)
        assert ended.ok, ended.stderr

    members = {
        "contract_tool.py": MODULE.encode(),
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: contract-tool\nVersion: 1.0\n",
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{INFO}/entry_points.txt": b"[console_scripts]\ncontract-tool = contract_tool:main\n",
    }
    wheel = pack_wheel(members, {}, NAME, directory, 1_700_000_000)
    with interpreter.environments(interpreter.executable, directory / "an env", run_uv) as environment:
        environment.install("--no-index", wheel)
        yield RunnerEnvironment(host, target, interpreter, directory / "an env")


def test_it_is_the_targets(bench: RunnerEnvironment) -> None:
    markers = bench.target.markers(PYTHON)
    assert bench.evaluate("sys.platform") == markers["sys_platform"]
    assert bench.evaluate("sys.version.split()[0]") == bench.interpreter.full_version
    assert bench.evaluate("__import__('sysconfig').get_config_var('EXT_SUFFIX')") == bench.target.ext_suffix(PYTHON)


def test_the_interpreter_itself_runs(bench: RunnerEnvironment) -> None:
    ended = bench.run(bench.interpreter.executable, "-c", "print(6 * 7)")
    assert (ended.status, ended.stdout.split()) == (0, ["42"])


def test_arguments_arrive_as_they_were(bench: RunnerEnvironment) -> None:
    words = ["plain", "two words", "", 'a "quote"', "back\\slash", "été", "*", "$HOME"]
    assert bench.evaluate("sys.argv[1:]", *words) == words


def test_the_exit_status_arrives(bench: RunnerEnvironment) -> None:
    assert [bench.run(bench.python, "-c", f"raise SystemExit({n})").status for n in (0, 1, 7)] == [0, 1, 7]
    assert bench.run(bench.python, "-c", "raise ValueError").status == 1


def test_a_crash_is_no_success(bench: RunnerEnvironment) -> None:
    assert not bench.run(bench.python, "-c", "import os; os.abort()").ok


def test_input_arrives_and_ends(bench: RunnerEnvironment) -> None:
    code = "import sys; print(len(sys.stdin.read()))"
    assert bench.run(bench.python, "-c", code, stdin="x" * 100_000).stdout.split() == ["100000"]
    assert bench.run(bench.python, "-c", code).stdout.split() == ["0"]


def test_output_and_errors_are_two(bench: RunnerEnvironment) -> None:
    ended = bench.run(bench.python, "-c", "import sys; print('out'); print('err', file=sys.stderr)")
    assert (ended.stdout.split(), ended.stderr.split()) == (["out"], ["err"])


def test_what_it_starts_is_emulated_too(bench: RunnerEnvironment, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["bench"] in WITHOUT_PROCESSES:
        pytest.skip("there are no processes")
    code = (
        "__import__('subprocess').check_output([sys.executable, '-c', 'import sys; print(sys.platform, sys.prefix)'])"
    )
    output = str(bench.evaluate(f"{code}.decode()")).strip().split(maxsplit=1)
    assert output == [bench.target.markers(PYTHON)["sys_platform"], bench.evaluate("sys.prefix")]


def test_files_of_this_machine_can_be_read_and_written(bench: RunnerEnvironment) -> None:
    (bench.directory / "in.txt").write_text("here", "utf-8")
    assert bench.evaluate("open('in.txt').read()") == "here"
    path = bench.directory / "out.txt"
    assert bench.run(bench.python, "-c", "import sys; open(sys.argv[1], 'w').write('there')", path).ok
    assert path.read_text("utf-8") == "there"


def test_what_is_installed_is_imported_and_its_command_runs(bench: RunnerEnvironment) -> None:
    assert "contract_tool.py" in str(bench.evaluate("__import__('contract_tool').__file__"))
    ended = bench.run(bench.directory / "bin" / "contract-tool", "with", "two words")
    assert (ended.status, ended.stdout.split()) == (3, ["tool", "with", "two", "words"])


def test_nothing_of_the_emulation_runs_once_it_is_left(bench: RunnerEnvironment) -> None:
    directory = bench.directory / "another"

    def uv(*words: str | Path) -> None:
        assert bench.host.run(bench.host.program("uv") or "uv", *words, cwd=bench.directory).ok

    with (
        contextlib.suppress(KeyboardInterrupt),
        bench.interpreter.environments(bench.interpreter.executable, directory, uv),
    ):
        assert bench.run(directory / "bin" / "python", "-c", "pass").ok
        raise KeyboardInterrupt
    assert not _processes_of(directory)


def _processes_of(directory: Path) -> list[str]:
    """Return processes with a directory in their environment, as those of wine have."""
    found = []
    for process in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if str(directory).encode() in process.read_bytes():
                found.append(process.parent.name)
    return found
