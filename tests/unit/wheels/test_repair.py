"""Directories of the build machine in generated text."""

from __future__ import annotations

from crosswheel.wheels.archive import WheelContents, WheelName
from crosswheel.wheels.repair.repair_wheel import NEUTRAL, _replace_paths


def test_text_is_made_neutral_and_compiled_files_are_left_to_the_audit() -> None:
    name = WheelName.parse("x-1.0-cp313-cp313-linux_riscv64.whl")
    files = {
        "x/config.py": b"cc = '/tmp/b1/tools/bin/cc'",
        "x/m.c": b'"depends": ["/tmp/b1/cache/pythons/a/Python.h", "/tmp/b1/x.h", "/tmp/b/y.h"]',
        "x/m.so": b"\x7fELF\0/tmp/b1/x.c",
    }
    contents = _replace_paths(WheelContents(name, files), ("/tmp/b1", "/tmp/b1/cache"))
    assert contents.files["x/config.py"] == f"cc = '{NEUTRAL}/tools/bin/cc'".encode()
    depends = [f"{NEUTRAL}/pythons/a/Python.h", f"{NEUTRAL}/x.h", "/tmp/b/y.h"]
    assert contents.files["x/m.c"] == f'"depends": {depends}'.replace("'", '"').encode()
    assert contents.files["x/m.so"] == files["x/m.so"]
