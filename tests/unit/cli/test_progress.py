import io
from itertools import count

import pytest
from rich.console import Console

from crosswheel.cli.progress import LineProgress, LiveProgress
from crosswheel.host.progress import LabelledProgress


def progress(*, terminal=False, verbose=False, clock=None):
    stream = io.StringIO()
    clock = clock or (lambda: 0.0)
    if not terminal:
        return stream, LineProgress(stream, verbose=verbose, clock=clock)
    console = Console(file=stream, force_terminal=True, width=200, color_system=None)
    return stream, LiveProgress(console, verbose=verbose, clock=clock)


def seconds(*values):
    answers = iter(values)
    return lambda: next(answers)


def test_in_a_log_a_step_is_a_line_when_it_begins():
    stream, watcher = progress()
    with watcher.step("building"):
        assert stream.getvalue() == "building ...\n"
    assert stream.getvalue() == "building ...\n"


def test_a_long_step_leaves_its_time():
    stream, watcher = progress(clock=seconds(10.0, 13.25))
    with watcher.step("building"):
        pass
    assert stream.getvalue().splitlines() == ["building ...", "done: building (3.2 s)"]


def test_a_step_that_fails_says_so_however_short():
    stream, watcher = progress()
    with pytest.raises(ValueError, match="no"), watcher.step("building"):
        raise ValueError("no")
    assert stream.getvalue().splitlines() == ["building ...", "failed: building (0.0 s)"]


def test_details_are_for_those_who_ask():
    stream, watcher = progress()
    watcher.detail("$ cc -c x.c")
    assert stream.getvalue() == ""
    stream, watcher = progress(verbose=True)
    watcher.detail("$ cc -c x.c")
    watcher.detail("$ python -c 'import sys\nsys.exit()'")
    assert stream.getvalue() == "$ cc -c x.c\n$ python -c 'import sys ...\n"


def test_markup_is_not_interpreted_and_long_lines_are_not_broken():
    stream, watcher = progress()
    text = "[tool.crosswheel] " + "x" * 300
    watcher.note(text)
    assert stream.getvalue() == f"note: {text}\n"


def test_on_a_terminal_what_runs_is_shown_with_its_time_and_goes_away():
    stream, watcher = progress(terminal=True, clock=count(step=5.0).__next__)
    with watcher.step("outer"), watcher.step("inner"):
        pass
    shown = stream.getvalue()
    assert "outer" in shown
    assert "inner" in shown
    assert "done: inner (" in shown
    with watcher.step("again"):  # the picture can begin anew
        pass
    assert "done: again (" in stream.getvalue()


def test_steps_may_end_in_another_order_than_they_began():
    stream, watcher = progress(terminal=True, clock=count(step=5.0).__next__)
    first, second = watcher.step("first"), watcher.step("second")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    shown = stream.getvalue()
    assert shown.index("done: first (") < shown.index("done: second (")


def test_jobs_side_by_side_are_told_apart():
    stream, watcher = progress(verbose=True)
    job = LabelledProgress(watcher, "ujson riscv64")
    with job.step("building"):
        job.note("odd")
        job.detail("more")
    assert stream.getvalue().splitlines() == [
        "ujson riscv64: building ...", "note: ujson riscv64: odd", "ujson riscv64: more",
    ]  # fmt: skip
