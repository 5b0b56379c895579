"""A minimal copy of Apple's SDK: two frameworks, one of which re-exports the symbols of others, and a library."""

from __future__ import annotations

from pathlib import Path

_STUB = """--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
install-name:    '{name}'
current-version: 1.0
{reexported}exports:
  - targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
    symbols:         [ _{symbol} ]
...
"""
_REEXPORTED = """reexported-libraries:
  - targets:         [ x86_64-macos, arm64-macos, arm64e-macos ]
    libraries:       [ {names} ]
"""
FRAMEWORKS = "/System/Library/Frameworks"
TINY = f"{FRAMEWORKS}/Tiny.framework/Versions/A/Tiny"
INNER = f"{FRAMEWORKS}/Outer.framework/Versions/A/Frameworks/Inner.framework/Versions/A/Inner"
LIBRARY = "/usr/lib/libtidy.1.dylib"


def stub(name: str, symbol: str, *reexported: str) -> str:
    """Return a .tbd file with one symbol, and re-exported libraries."""
    names = ", ".join(f"'{other}'" for other in reexported)
    return _STUB.format(name=name, symbol=symbol, reexported=_REEXPORTED.format(names=names) if reexported else "")


def made_sdk(place: Path) -> Path:
    """Write the SDK into a directory."""
    files = {
        "SDKSettings.json": '{"Version": "1.0"}',
        "usr/include/tiny.h": "int tiny_answer(void);\n",
        "usr/lib/libtidy.1.tbd": stub(LIBRARY, "tiny_answer"),
        "usr/lib/libtidy.tbd": stub(LIBRARY, "tiny_answer"),
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
