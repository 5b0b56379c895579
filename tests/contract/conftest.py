"""What contract tests share."""

from unavailable import _skip_without_debian, _skip_without_network, pytest_runtest_makereport

__all__ = ["_skip_without_debian", "_skip_without_network", "pytest_runtest_makereport"]
