"""A miniature of Apple's SDK: two frameworks, of which one passes on what others have, and a library."""

from __future__ import annotations

from pathlib import Path

_STUB = """--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
install-name:    '{name}'
current-version: 1.0
{passed_on}exports:
  - targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
    symbols:         [ _{symbol} ]
...
"""
_PASSED_ON = """reexported-libraries:
  - targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
    libraries:       [ {names} ]
"""
FRAMEWORKS = "/System/Library/Frameworks"
TINY = f"{FRAMEWORKS}/Tiny.framework/Versions/A/Tiny"
INNER = f"{FRAMEWORKS}/Outer.framework/Versions/A/Frameworks/Inner.framework/Versions/A/Inner"
LIBRARY = "/usr/lib/libtiny.1.dylib"


def stub(name: str, symbol: str, *passed_on: str) -> str:
    """A .tbd file of one symbol."""
    names = ", ".join(f"'{other}'" for other in passed_on)
    return _STUB.format(name=name, symbol=symbol, passed_on=_PASSED_ON.format(names=names) if passed_on else "")


def made_sdk(place: Path) -> Path:
    """The SDK in a directory."""
    files = {
        "SDKSettings.json": '{"Version": "1.0"}',
        "usr/include/tiny.h": "int tiny_answer(void);\n",
        "usr/lib/libtiny.1.tbd": stub(LIBRARY, "tiny_answer"),
        "usr/lib/libtiny.tbd": stub(LIBRARY, "tiny_answer"),
        f"{TINY}.tbd": stub(TINY, "TinyAnswer", LIBRARY, INNER),
        f"{FRAMEWORKS}/Tiny.framework/Versions/A/Headers/Tiny.h": "int TinyAnswer(void);\nint InnerAnswer(void);\n",
        f"{INNER}.tbd": stub(INNER, "InnerAnswer"),
    }
    for name, text in files.items():
        path = place / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    framework = place / FRAMEWORKS.lstrip("/") / "Tiny.framework"
    for name in ("Tiny.tbd", "Headers"):
        (framework / name).symlink_to(f"Versions/A/{name}")
    return place
