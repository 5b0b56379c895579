"""Modules for Pyodide, for the zig and emcc toolchains: rules for compiler calls, and the check of linked modules."""

OLDEST_ABI = (2024, 0)
"""The oldest Pyodide ABI (PEP 783) that modules can be linked for."""
