"""The command line: one file per command, no logic."""

from crosswheel.cli.program import main

__all__ = ["main"]
