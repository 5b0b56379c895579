"""Modules for a running WebAssembly program, whatever compiles them: rules for calls, the proof of what is linked."""

OLDEST_ABI = (2024, 0)
"""The oldest ABI of Pyodide that modules can be linked for."""
