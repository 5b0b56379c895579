"""Programs run by crosswheel: their input, output and status, and their end with crosswheel, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import PATIENCE, alive, children, wait_for

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.process import LocalRunner, ProcessRequest, ProcessResult

DRIVER = """
import os, sys
from pathlib import Path
from crosswheel.host.process import LocalRunner, ProcessRequest
here = Path(sys.argv[1])
LocalRunner().run(ProcessRequest(("/bin/sh", "-c", sys.argv[2]), dict(os.environ), here))
"""
"""Runs a script as crosswheel runs programs."""
RECORD = 'record() { echo "$1" > pid.part && mv pid.part "pid-$1"; }; '
DESCENDANTS = {
    "child": "sleep 600 & record $!; wait",
    "other-group": f"{sys.executable} -c 'import os, time; os.setpgid(0, 0); time.sleep(600)' & record $!; wait",
    "other-session": "setsid sleep 600 & record $!; wait",
    "daemon": "(setsid env -i sleep 600 </dev/null >/dev/null 2>&1 & record $!); sleep 600",
    "ignores-terminate": "trap '' TERM HUP INT; sleep 600 & record $!; wait; wait",
    "stopped": "sleep 600 & record $!; kill -STOP $!; wait",
}


def run(*argv: str, cwd: Path, **options: object) -> ProcessResult:
    return LocalRunner().run(ProcessRequest(argv, dict(os.environ), cwd, **options))


def recorded(directory: Path) -> list[int]:
    return [int(path.name.removeprefix("pid-")) for path in directory.glob("pid-*")]


def start_driver(tmp_path: Path, script: str) -> subprocess.Popen[bytes]:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, tmp_path, RECORD + script], start_new_session=True)
    wait_for(lambda: recorded(tmp_path) or driver.poll() is not None)
    return driver


def test_input_output_and_status(tmp_path: Path) -> None:
    result = run("/bin/sh", "-c", "cat; echo problem >&2; exit 3", cwd=tmp_path, stdin="é" * 500_000)
    assert (result.status, result.stdout, result.stderr) == (3, "é" * 500_000, "problem\n")


def test_a_program_that_does_not_read_its_input(tmp_path: Path) -> None:
    assert run("true", cwd=tmp_path, stdin="x" * 1_000_000).ok


def test_standard_input_is_empty_by_default(tmp_path: Path) -> None:
    assert run("cat", cwd=tmp_path).stdout == ""


def test_large_output_on_both_streams(tmp_path: Path) -> None:
    script = "import sys\nfor _ in range(3000): sys.stdout.write('o' * 100); sys.stderr.write('e' * 100)"
    result = run(sys.executable, "-c", script, cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("o" * 300_000, "e" * 300_000)


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    result = run("/bin/sh", "-c", "echo out; echo err >&2", cwd=tmp_path, log=log)
    assert (result.stdout, log.read_text()) == ("", "before\nout\nerr\n")


def test_environment_arguments_and_directory_arrive_as_they_are(tmp_path: Path) -> None:
    request = ProcessRequest(
        (sys.executable, "-c", "import os, sys; print(os.environ, sys.argv[1:], os.getcwd())", "", "a b\n", "\udcff"),
        {"ONLY": "a=b\n"}, tmp_path,
    )  # fmt: skip
    environment = {"ONLY": "a=b\n", "LC_CTYPE": "C.UTF-8"}
    expected = f"environ({environment!r}) {['', 'a b' + chr(10), chr(0xDCFF)]!r} {tmp_path}\n"
    assert LocalRunner().run(request).stdout == expected


def test_large_environments_and_command_lines(tmp_path: Path) -> None:
    environment = {f"VARIABLE_{number}": "v" * 1000 for number in range(500)}
    arguments = ["a" * 1000] * 500
    request = ProcessRequest(("/bin/sh", "-c", 'echo $# "$VARIABLE_499"', "sh", *arguments), environment, tmp_path)
    assert LocalRunner().run(request).stdout == f"500 {'v' * 1000}\n"


def test_a_program_is_searched_in_its_own_path(tmp_path: Path) -> None:
    for name, mode in (("denied", 0o644), ("good", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tool").write_text("#!/bin/sh\necho found\n")
        (tmp_path / name / "tool").chmod(mode)
    path = f"/nonexistent:{tmp_path / 'denied'}:{tmp_path / 'good'}"
    assert LocalRunner().run(ProcessRequest(("tool",), {"PATH": path}, tmp_path)).stdout == "found\n"


def test_a_path_of_a_program_is_relative_to_its_directory(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\necho found\n")
    (tmp_path / "tool").chmod(0o755)
    assert run("./tool", cwd=tmp_path).stdout == "found\n"


@pytest.mark.parametrize(
    ("program", "directory", "reason"),
    [
        ("no-such-program", ".", "No such file or directory"),
        ("/nonexistent/program", ".", "No such file or directory"),
        ("true", "absent", "No such file or directory"),
        ("./text", ".", "Permission denied"),
    ],
)
def test_a_program_that_cannot_be_started(tmp_path: Path, program: str, directory: str, reason: str) -> None:
    (tmp_path / "text").write_text("text")
    with pytest.raises(EnvironmentMissingError, match=f"cannot start {program}: {reason}"):
        run(program, cwd=tmp_path / directory)


def test_null_characters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        run("echo", "a\0b", cwd=tmp_path)


def test_a_signal_is_a_negative_status(tmp_path: Path) -> None:
    assert run("/bin/sh", "-c", "kill -SEGV $$", cwd=tmp_path).status == -signal.SIGSEGV


def test_signals_that_python_ignores_are_not_ignored(tmp_path: Path) -> None:
    script = "grep SigIgn /proc/self/status"
    assert int(run("/bin/sh", "-c", script, cwd=tmp_path).stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_no_descriptor_is_inherited(tmp_path: Path) -> None:
    runner = LocalRunner()
    slow = threading.Thread(target=runner.run, args=(ProcessRequest(("sleep", "1"), dict(os.environ), tmp_path),))
    slow.start()
    listing = ProcessRequest(("/bin/sh", "-c", "ls /proc/$$/fd"), dict(os.environ), tmp_path)
    assert runner.run(listing).stdout.split() == ["0", "1", "2"]
    slow.join()


@pytest.mark.parametrize("handling", ["", "trap '' TERM;"])
def test_a_timeout_ends_the_whole_group(tmp_path: Path, handling: str) -> None:
    script = f"{RECORD}{handling} sleep 600 & record $!; wait; wait"
    result = run("/bin/sh", "-c", script, cwd=tmp_path, timeout=1)
    assert result.timed_out
    wait_for(lambda: not any(map(alive, recorded(tmp_path))))


def test_programs_run_at_the_same_time(tmp_path: Path) -> None:
    runner = LocalRunner()
    results: list[ProcessResult] = []

    def work(number: int) -> None:
        script = f"echo {number}; read line; echo $line; exit {number}"
        request = ProcessRequest(("/bin/sh", "-c", script), dict(os.environ), tmp_path, stdin=f"line {number}\n")
        results.append(runner.run(request))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted((each.status, each.stdout) for each in results) == [(n, f"{n}\nline {n}\n") for n in range(40)]


def test_no_zombies_remain_of_programs_and_their_orphans(tmp_path: Path) -> None:
    runner = LocalRunner()
    before = set(children(os.getpid()))
    script = f"{RECORD} (sh -c 'sleep 0.2' & record $!); exit 0"
    assert runner.run(ProcessRequest(("/bin/sh", "-c", script), dict(os.environ), tmp_path)).ok
    (supervisor,) = set(children(os.getpid())) - before
    wait_for(lambda: children(supervisor) == [])  # zombies are children too
    del runner
    assert set(children(os.getpid())) == before


def test_what_programs_left_ends_with_the_runner(tmp_path: Path) -> None:
    runner = LocalRunner()
    script = f"{RECORD} setsid sleep 600 >/dev/null 2>&1 & record $!"
    assert runner.run(ProcessRequest(("/bin/sh", "-c", script), dict(os.environ), tmp_path)).ok
    wait_for(lambda: recorded(tmp_path))
    assert all(map(alive, recorded(tmp_path)))
    del runner
    assert not any(map(alive, recorded(tmp_path)))


def test_a_killed_supervisor_is_an_error_and_replaced(tmp_path: Path) -> None:
    runner = LocalRunner()
    before = set(children(os.getpid()))
    with pytest.raises(EnvironmentMissingError, match="supervises"):
        runner.run(ProcessRequest(("/bin/sh", "-c", "kill -KILL $PPID; sleep 1"), dict(os.environ), tmp_path))
    wait_for(lambda: set(children(os.getpid())) == before or not any(map(alive, set(children(os.getpid())) - before)))
    assert runner.run(ProcessRequest(("true",), dict(os.environ), tmp_path)).ok


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
@pytest.mark.parametrize("kind", DESCENDANTS)
def test_nothing_is_left_after_sigkill(tmp_path: Path, kind: str, kill) -> None:
    driver = start_driver(tmp_path, DESCENDANTS[kind])
    try:
        started = recorded(tmp_path)
        assert started
        assert all(map(alive, started))
        below = [pid for child in children(driver.pid) for pid in (child, *children(child))]
        assert len(below) >= 2
        kill(driver.pid, signal.SIGKILL)
        driver.wait()
        wait_for(lambda: not any(map(alive, [*started, *below])))
    finally:
        driver.kill()
        driver.wait()


def test_a_program_that_forks_without_end_is_killed(tmp_path: Path) -> None:
    driver = start_driver(
        tmp_path,
        "chain() { sleep 0.02; (setsid sh -c 'while :; do sleep 0.01 & done' & record $!); wait; }; chain; sleep 600",
    )
    (looping,) = recorded(tmp_path)
    driver.kill()
    driver.wait()
    wait_for(lambda: not alive(looping))
