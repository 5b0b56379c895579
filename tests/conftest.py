"""What every run of tests ends with: what was skipped for want of what."""

from __future__ import annotations

import pytest
from unavailable import skipped_for


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := skipped_for(terminalreporter.getreports("skipped")):
        terminalreporter.section("tests skipped, by what is missing")
        for line in lines:
            terminalreporter.write_line(line)
