"""Which test files contain the faults that each audit check finds."""

from __future__ import annotations

OF_MACHO = frozenset({"file-type", "flat-lookups", "install-names", "mac-libraries", "signature", "system-symbols"})
"""Checks of Mach-O files; tests/integration/test_macos.py has a faulty wheel for each."""
OF_PE = frozenset(
    {
        "debug-file", "dll", "dll-directory", "dlls", "pyd-suffix", "python-dll", "python-symbols", "subsystem",
        "time-stamp",
    }
)  # fmt: skip
"""Checks of PE files; tests/integration/test_windows_audit.py has a faulty wheel for each."""
WARNINGS = frozenset({"data-files", "deployment-target"})
"""Checks that only warn or inform."""
