"""Which libraries every macOS has: delocate's policy, by directory."""

from __future__ import annotations

_SYSTEM = ("/usr/lib/", "/System/Library/")


def is_of_system(library: str) -> bool:
    """Whether a library, by the name modules need it under, is part of macOS."""
    return library.startswith(_SYSTEM)
