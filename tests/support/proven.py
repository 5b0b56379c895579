"""Which checks of the audit are proven by which faults, since three files make those."""

from __future__ import annotations

OF_MACHO = frozenset({"file-type", "flat-lookups", "install-names", "mac-libraries", "signature", "system-symbols"})
"""Those that only files for macOS can fail; tests/integration/test_macos.py breaks wheels for each."""
OF_PE = frozenset({"debug-file", "dll", "dlls", "pyd-suffix", "python-dll", "python-symbols", "time-stamp"})
"""Those that only files for Windows can fail; tests/integration/test_windows_audit.py breaks wheels for each."""
WARNINGS = frozenset({"deployment-target"})
"""Those that refuse nothing."""
