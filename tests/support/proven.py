"""Which checks of the audit are proven by which faults, since two files make those."""

from __future__ import annotations

OF_MACHO = frozenset({"file-type", "flat-lookups", "install-names", "mac-libraries", "signature", "system-symbols"})
"""Those that only files for macOS can fail; tests/integration/test_macos.py breaks wheels for each."""
WARNINGS = frozenset({"deployment-target"})
"""Those that refuse nothing."""
