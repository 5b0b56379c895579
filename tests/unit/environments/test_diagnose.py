"""The first real error in a log."""

from __future__ import annotations

import pytest

from crosswheel.environments.diagnose import diagnose


@pytest.mark.parametrize(
    ("log", "what", "hint"),
    [
        ("x.c:1:10: fatal error: 'ffi.h' file not found\n", "needs libffi for the target", "libffi"),
        ("x.c:1:10: fatal error: zlib.h: No such file or directory\n", "needs zlib for the target", "zlib"),
        ("ld.lld: error: unable to find library -lssl\n", "needs openssl for the target", "openssl"),
        ("x.c:1:10: fatal error: 'own.h' file not found\n", "own.h is missing", "build machine's does not count"),
        ("warning: w\nx.c:3:1: error: unknown type name 'foo'\nmore\n", "unknown type name 'foo'", None),
        ("Traceback\nModuleNotFoundError: No module named 'x'\n", "No module named 'x'", None),
        ("only this\n", "only this", None),
        ("", "it said nothing", None),
    ],
)
def test_first_error(log: str, what: str, hint: str | None) -> None:
    found = diagnose(log)
    assert what in found.what
    assert (hint or "") in (found.hint or "")
