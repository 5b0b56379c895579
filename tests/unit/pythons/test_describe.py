"""Asking a Python what it is."""

import contextlib
import errno
import io
import json

from crosswheel.pythons.c_values import constant_table
from crosswheel.pythons.discovery import _SCRIPT, describe


def test_the_script_s_answer_is_understood(make_host, tmp_path):
    """The script is run here by the Python that runs the test, which is as good as any."""
    program = tmp_path / "python3"
    program.write_text("", "utf-8")

    def answer(request):
        assert request.argv[1:4] == ("-I", "-S", "-c")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(request.argv[4], "script", "exec"), {})
        return 0, printed.getvalue(), ""

    import sys

    found = describe(make_host(answer), program)
    assert found is not None
    assert found.version == sys.version_info[:2]
    assert found.implementation == sys.implementation.name
    assert found.full_version.startswith("3.")
    assert found.config_vars["EXT_SUFFIX"]
    assert found.constants["errno"]["ENOENT"] == errno.ENOENT
    assert found.constants["signal"]["SIGTERM"] == 15
    assert found.constants.keys() == constant_table().names.keys()


def test_damage_in_the_cache_is_repaired(make_host, tmp_path):
    program = tmp_path / "python3"
    program.write_text("", "utf-8")
    answer = json.dumps(
        {"implementation": "cpython", "version": [3, 13], "full_version": "3.13.1", "abiflags": "",
         "executable": str(program), "includes": ["/nowhere"], "config_vars": {}, "constants": {}}
    )  # fmt: skip
    host = make_host(lambda _request: (0, answer, ""))
    first = describe(host, program)
    (kept,) = host.cache.glob("build-pythons/*.json")
    kept.write_text('{"implementation": "cpy', "utf-8")
    assert describe(host, program) == first
    assert json.loads(kept.read_text("utf-8")) == json.loads(answer)


def test_no_answer_is_kept_of_a_program_that_gives_none(make_host, tmp_path):
    program = tmp_path / "python3"
    program.write_text("", "utf-8")
    for outcome in ((1, "", ""), (0, "Python 3", ""), (0, "[]", ""), (0, '{"version": 3}', "")):
        host = make_host(lambda _request, outcome=outcome: outcome)
        assert describe(host, program) is None
        assert not list(host.cache.glob("build-pythons/*"))
    assert describe(make_host(), tmp_path / "absent") is None


def test_the_script_is_valid_for_the_oldest_python():
    import ast

    ast.parse(_SCRIPT, feature_version=(3, 10))
