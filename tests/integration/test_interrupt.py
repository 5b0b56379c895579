"""Ctrl-C and its relatives: what was started ends, and nothing half-made remains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import PATIENCE, alive, marked, wait_for

from crosswheel.host.process import LocalRunner, ProcessRequest

HEEDING = """
import signal, sys
from crosswheel.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
"""Whoever is started in the background by a shell ignores Ctrl-C, and so does all that it starts; not this."""


def test_stopping_a_runner_ends_programs_that_other_threads_wait_for(tmp_path: Path) -> None:
    runner = LocalRunner()
    ready = tmp_path / "ready"
    script = f"sleep 600 & echo $! > {ready}.part && mv {ready}.part {ready}; wait"
    outcomes = []
    request = ProcessRequest(("/bin/sh", "-c", script), dict(os.environ), tmp_path)
    thread = threading.Thread(target=lambda: outcomes.append(runner.run(request)))
    thread.start()
    wait_for(ready.exists)
    runner.stop()
    thread.join(PATIENCE)
    assert outcomes[0].status == -signal.SIGTERM
    wait_for(lambda: not alive(int(ready.read_text())))


def test_stopping_an_idle_runner_does_nothing() -> None:
    LocalRunner().stop()


@pytest.mark.network
@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_ends_with_all_it_started(packages: Path, tmp_path: Path, wish: signal.Signals) -> None:
    mark, out, scratch = f"SLEEPY={tmp_path.name}-{os.getpid()}", tmp_path / "out", tmp_path / "scratch"
    scratch.mkdir()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [
        sys.executable, "-c", HEEDING, "build", str(packages / "sleepy"), "-p", python, "-o", str(out),
        "--env", mark,
    ]  # fmt: skip
    environment = {**os.environ, "TMPDIR": str(scratch), "CROSSWHEEL_LOG_DIR": str(tmp_path / "logs")}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            # A sealed build cannot tell the test of its processes, whose numbers it does not know either.
            wait_for(lambda: any("sleep 600" in text for text in marked(mark).values()) or process.poll() is not None)
            process.send_signal(wish)
            _, said = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 130, said
    assert "interrupted" in said
    wait_for(lambda: not marked(mark))
    assert not out.exists()
    assert list(scratch.iterdir()) == []
