"""The command line: one file per command, without logic of its own."""

from crosswheel.cli.program import main

__all__ = ["main"]
