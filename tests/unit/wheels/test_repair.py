"""The build directory in generated text."""

from __future__ import annotations

from crosswheel.wheels.archive import WheelContents, WheelName
from crosswheel.wheels.repair.run import NEUTRAL, _without_directory


def test_text_is_made_neutral_and_compiled_files_are_left_to_the_audit() -> None:
    name = WheelName.parse("x-1.0-cp313-cp313-linux_riscv64.whl")
    files = {"x/config.py": b"cc = '/tmp/b1/tools/bin/cc'", "x/m.so": b"\x7fELF\0/tmp/b1/x.c"}
    contents = _without_directory(WheelContents(name, files), "/tmp/b1")
    assert contents.files["x/config.py"] == f"cc = '{NEUTRAL}/tools/bin/cc'".encode()
    assert contents.files["x/m.so"] == files["x/m.so"]


def test_without_a_directory_nothing_changes() -> None:
    contents = WheelContents(WheelName.parse("x-1.0-py3-none-any.whl"), {"x.py": b"/tmp/b1"})
    assert _without_directory(contents, None) is contents
