import json

import pytest

from crosswheel.errors import CrosswheelError, ExitStatus, SourceError


def every_error(base=CrosswheelError):
    yield base
    for child in base.__subclasses__():
        yield from every_error(child)


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_error_becomes_a_message_and_its_status(run, services, kind):
    services.answers["build"] = kind("it went wrong", where="there", hint="do this")
    status, out, err = run("build", "ujson")
    assert status == kind.status != 0
    assert err == "error: it went wrong\n  where: there\n  next:  do this\n"
    assert out == ""


@pytest.mark.parametrize("status", [status for status in ExitStatus if status not in {0, 1, 2, 130}])
def test_every_status_has_an_error(status):
    assert status in {kind.status for kind in every_error()}


def test_an_interrupt_ends_with_130(run, services):
    services.answers["build"] = KeyboardInterrupt()
    status, _, err = run("build", "ujson")
    assert status == 130
    assert "interrupted" in err


def test_a_crash_leaves_its_traceback_in_a_file(run, services, tmp_path):
    services.answers["build"] = ZeroDivisionError("by nothing")
    status, _, err = run("build", "ujson")
    assert status == 1
    assert "crosswheel itself failed: ZeroDivisionError: by nothing" in err
    assert "Traceback" not in err
    (log,) = (tmp_path / "logs").glob("crash-*.txt")
    assert f"log:   {log}" in err
    assert "ZeroDivisionError: by nothing" in log.read_text(encoding="utf-8")


def test_a_crash_that_leaves_no_file_shows_its_traceback(run, services, tmp_path):
    (tmp_path / "logs").write_text("a file in the directory's place", encoding="utf-8")
    services.answers["build"] = ZeroDivisionError("by nothing")
    status, _, err = run("build", "ujson")
    assert status == 1
    assert "Traceback (most recent call last)" in err


def test_a_crash_is_a_json_document_too(run, services):
    services.answers["build"] = RuntimeError("oh")
    status, out, _ = run("build", "--json", "ujson")
    assert status == 1
    assert "RuntimeError: oh" in json.loads(out)["error"]["what"]


def test_no_command_shows_the_commands_and_is_a_mistake(run):
    status, _, err = run()
    assert status == 2
    for command in ("build", "test", "audit", "index", "targets", "doctor", "config"):
        assert command in err


def test_an_unknown_command_is_refused(run):
    status, _, err = run("bake")
    assert status == 2
    assert "bake" in err


@pytest.mark.parametrize("command", ["build", "test", "audit", "index", "targets", "doctor", "config"])
def test_every_command_has_help_and_no_side_effect(run, services, command):
    status, out, _ = run(command, "--help")
    assert status == 0
    assert out.startswith(f"Usage: crosswheel {command}")
    assert services.asked == {}


def test_the_version_is_told(run):
    status, out, _ = run("--version")
    assert status == 0
    assert out.startswith("crosswheel, version ")


def test_a_library_error_names_its_place(run, services):
    services.answers["build"] = SourceError("hash mismatch", where="https://example.org/x.tar.gz")
    assert "where: https://example.org/x.tar.gz" in run("build", "x")[2]
